"""What a program finds when it runs in CPython as if on a board: its own modules, its own files, its own ``print``.

Nothing it does to them outlives the run or reaches who called. This is no fence against malice: that is the room's around the process.
"""

from __future__ import annotations

import ast
import builtins
import cmath
import collections
import errno
import gc
import importlib
import io
import math
import sys
from array import array
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

from robots.board.payload import LIBRARY
from robots.board.profile import Profile
from robots.simulator import onboard
from robots.simulator.yasmarang import NAMES, Yasmarang

PROGRAM = "program"
FILE = "program.py"
MOST_PRINTED = 65_536
"""Letters of a program's output that are kept."""

CUT = "\n……（ここから さきは おおすぎるので けずりました）\n"

_connect: Any = onboard.connect  # MicroPython runs that file too, so it has no types
_Module: Any = onboard.Module

_ALIVE = "kani alive"  # no program can use a name with a space

_REAL: dict[str, Callable[[], dict[str, Any]]] = {  # modules that the board has too, by what both have
    "math": lambda: vars(math),
    "cmath": lambda: vars(cmath),
    "json": lambda: _some("json", "loads", "dumps", "load", "dump"),
    "re": lambda: _some("re", "compile", "match", "search", "sub"),
    "struct": lambda: _some("struct", "pack", "unpack", "calcsize", "pack_into", "unpack_from"),
    "heapq": lambda: _some("heapq", "heappush", "heappop", "heapify"),
    "binascii": lambda: _some("binascii", "hexlify", "unhexlify", "a2b_base64", "b2a_base64", "crc32"),
    "hashlib": lambda: _some("hashlib", "sha256", "sha1", "md5"),
    "collections": lambda: {name: getattr(collections, name) for name in ("OrderedDict", "deque", "namedtuple")},
    "array": lambda: {"array": array},
    "io": lambda: {"StringIO": io.StringIO, "BytesIO": io.BytesIO},
    "errno": lambda: vars(errno),
    "gc": lambda: {"collect": lambda: 0, "mem_free": lambda: 100_000, "mem_alloc": lambda: 50_000, "enable": gc.enable},
    "micropython": lambda: {"const": lambda value: value, "native": lambda function: function, "viper": lambda function: function},
}


def _some(module: str, *names: str) -> dict[str, Any]:
    real = importlib.import_module(module)
    return {name: getattr(real, name) for name in names}


class Output:
    """What the program printed, up to a limit; looks like a text file."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._left = MOST_PRINTED

    def write(self, text: str) -> int:
        """Add ``text``, or what of it still has room."""
        if self._left > 0:
            self._parts.append(text[: self._left])
            if len(text) > self._left:
                self._parts.append(CUT)
            self._left -= len(text)
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""

    def text(self) -> str:
        """All of it."""
        return "".join(self._parts)


class _Files:
    """The board's own little file system, empty at first. Only text."""

    MOST = 262_144

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def module(self) -> SimpleNamespace:
        """What ``os`` has on the board."""
        return SimpleNamespace(listdir=lambda place="/": sorted(self._kept), remove=self._remove, rename=self._rename, sync=lambda: None)

    def _remove(self, name: str) -> None:
        if self._kept.pop(name, None) is None:
            raise OSError(errno.ENOENT, "no such file")

    def _rename(self, old: str, new: str) -> None:
        if old not in self._kept:
            raise OSError(errno.ENOENT, "no such file")
        self._kept[new] = self._kept.pop(old)

    def open(self, name: str, mode: str = "r", *arguments: object, **more: object) -> io.StringIO:
        """As the builtin, for these files."""
        if "b" in mode or "+" in mode:
            raise OSError(errno.EINVAL, "text files only")
        if "r" in mode:
            if name not in self._kept:
                raise OSError(errno.ENOENT, "no such file")
            return io.StringIO(self._kept[name])
        return _Written(self._kept, name, self._kept.get(name, "") if "a" in mode else "")


class _Written(io.StringIO):
    def __init__(self, kept: dict[str, str], name: str, before: str) -> None:
        super().__init__()
        self._kept, self._name = kept, name
        self._kept[name] = before
        super().write(before)

    def write(self, text: str) -> int:
        if self.tell() + len(text) > _Files.MOST:
            raise OSError(errno.ENOSPC, "no space left")
        return super().write(text)

    def close(self) -> None:
        if not self.closed:
            self._kept[self._name] = self.getvalue()
        super().close()


class _Awake(ast.NodeTransformer):
    """Puts a look at the run's end where a program could swallow it: behind ``except`` and ``finally``, and in ``__exit__``."""

    def _look(self, place: ast.AST) -> ast.stmt:
        call = ast.Expr(ast.Call(ast.Name(_ALIVE, ast.Load()), [], []))
        ast.copy_location(call, place)
        return ast.fix_missing_locations(call)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, self._look(node.body[0]))
        return node

    def visit_Try(self, node: ast.Try) -> ast.AST:
        self.generic_visit(node)
        if node.finalbody:
            node.finalbody.insert(0, self._look(node.finalbody[0]))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        if node.name.startswith("__"):
            node.body.insert(0, self._look(node.body[0]))
        return node


@cache
def _library() -> CodeType:
    return compile(Path(LIBRARY).read_text(encoding="utf-8"), "kani.py", "exec")


class Board:
    """The modules of one run. :meth:`load` them with ``kani``; what is printed goes to ``output``.

    ``op``: the hardware's; ``alive``: raises if the run is over; ``seed``: of ``random``, where no program sets one.
    """

    def __init__(
        self, source: str, profile: Profile, op: Callable[..., Any], alive: Callable[[], None], *, seed: int, output: Output
    ) -> None:
        self.output = output
        self._source = source
        machine, clock = _connect(op)
        dice = Yasmarang(seed)
        draw = SimpleNamespace(**{name: getattr(dice, name) for name in NAMES})
        self._modules: dict[str, Any] = {"machine": machine, "time": clock, "utime": clock, "random": draw, "urandom": draw}
        files = _Files()
        self._modules["os"] = self._modules["uos"] = files.module()
        base = SimpleNamespace(maxsize=sys.maxsize, byteorder="little", implementation=sys.implementation, version=sys.version)
        out = {"stdout": self.output, "stderr": self.output}
        self._modules["sys"] = _Module(base, modules=self._modules, exit=sys.exit, platform=profile.name, **out)
        # A micro:bit's own module is not simulated; its pins are, by the words that other boards use.
        self._board_source = profile.model_copy(update={"port": "machine"}).module_source()
        self._builtins = dict(vars(builtins))
        for gone in ("exit", "quit", "copyright", "credits", "license", "breakpoint", "help"):
            self._builtins.pop(gone, None)
        self._builtins |= {"__import__": self._import, "print": self._print, "open": files.open, "input": _no_input, _ALIVE: alive}

    def load(self, name: str) -> Any:
        """The module of this name, made if need be. Raises ImportError, or what its code raises."""
        if name in self._modules:
            return self._modules[name]
        if name == "kani":
            return self._make(name, _library())
        if name == "kani_board":
            return self._make(name, compile(self._board_source, "kani_board.py", "exec"))
        if name == PROGRAM:
            return self._make(name, compile(_Awake().visit(ast.parse(self._source, FILE)), FILE, "exec"))
        plain = name[1:] if name.startswith("u") and name[1:] in _REAL else name
        if plain in _REAL:
            made = ModuleType(plain)
            made.__dict__.update({key: value for key, value in _REAL[plain]().items() if not key.startswith("__")})
            self._modules[name] = made
            return made
        raise ImportError(f"no module named '{name}'")

    def _make(self, name: str, code: CodeType) -> ModuleType:
        made = ModuleType(name)
        made.__dict__["__builtins__"] = self._builtins
        self._modules[name] = made
        try:
            exec(code, made.__dict__)  # noqa: S102
        except BaseException:
            self._modules.pop(name, None)
            raise
        return made

    def _import(self, name: str, globals: object = None, locals: object = None, fromlist: object = (), level: int = 0) -> Any:
        if level:
            raise ImportError("no package here")
        return self.load(name)

    def _print(self, *values: object, sep: str | None = " ", end: str | None = "\n", file: Any = None, flush: bool = False) -> None:
        text = (" " if sep is None else sep).join([str(value) for value in values]) + ("\n" if end is None else end)
        (file or self.output).write(text)


def _no_input(prompt: object = "") -> str:
    raise EOFError("nobody types on the field")
