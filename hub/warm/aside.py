"""Modules that a warm process has imported and that a child gets the moment it asks for one of them.

Imported under their names they would stand before a pupil's own files; imported in each room they make a class of 40 that runs its first
``%%kani`` together wait for three seconds instead of one (two cores).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from copy import copy
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from hub.warm.importing import import_listed

LIGHT = ("robots", "robots.notebook")
"""Not kept: importing them costs next to nothing, and every kernel does it as it starts. That must not bring all the others."""
SHARED = "kanikko"
"""What is kept works with these modules of ours; where they have been forgotten, the same ones come back."""


def put_aside(name: str) -> None:
    """Import the modules of ``imported/NAME.txt`` with all they need, and have them found only when one is asked for."""
    before = set(sys.modules)
    import_listed(name)
    new = {each for each in sys.modules if each not in before and _top(each) not in sys.stdlib_module_names}
    kept = {each: module for each, module in sys.modules.items() if (each in new or _top(each) == SHARED) and each not in LIGHT}
    aside = _Aside(kept)
    for each in new:
        del sys.modules[each]
    sys.meta_path.insert(0, aside)


class _Aside(MetaPathFinder, Loader):
    """Gives what is kept all at once, as importing it would leave it; but nothing that a file of the pupil's own stands before."""

    def __init__(self, kept: dict[str, ModuleType]) -> None:
        self._kept = kept
        self._specs = {name: module.__spec__ for name, module in kept.items()}
        self._places = {top: _place(sys.modules[top].__spec__) for top in map(_top, kept)}

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in self._kept or not self._is_found(_top(name)):
            return None
        self._give()
        spec = copy(self._specs[name])
        if spec is not None:
            spec.loader = self
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return sys.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """It was executed long ago; the import system has only put our copy in the place of its spec."""
        if module.__spec__ is not None:
            module.__spec__ = self._specs[module.__spec__.name]

    def _give(self) -> None:
        found = {top for top in self._places if self._is_found(top)}
        given = {name: module for name, module in self._kept.items() if _top(name) in found}
        for name, module in given.items():
            sys.modules.setdefault(name, module)
        for name, module in given.items():
            parent, _, child = name.rpartition(".")
            if parent in LIGHT and parent in sys.modules:  # a new one
                setattr(sys.modules[parent], child, module)
        self._kept = {}  # at the end: a second thread that asks meanwhile gets the same modules

    def _is_found(self, top: str) -> bool:
        """Whether Python would find what is kept under this name, and not a file of the pupil's."""
        specs = (finder.find_spec(top, None) for finder in sys.meta_path if finder is not self)
        return _place(next(filter(None, specs), None)) == self._places[top]


def _top(name: str) -> str:
    return name.partition(".")[0]


def _place(spec: ModuleSpec | None) -> object:
    return spec and (spec.origin or list(spec.submodule_search_locations or ()))
