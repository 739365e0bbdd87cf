"""Things that are data: TOML files that come with Kanikko and are called by name, or somebody's own file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from kanikko.errors import KanikkoError

Thing = TypeVar("Thing", bound=BaseModel)

NAME = re.compile(r"[a-z0-9-]+")


class Shelf(Generic[Thing]):
    """The files ``folder/*.toml``, each a ``model``. ``error`` is raised, with the place and the remedy; ``what`` they are, in words."""

    def __init__(self, folder: Path, model: type[Thing], error: type[KanikkoError], what: str) -> None:
        self._folder, self._model, self._error, self._what = folder, model, error, what

    def names(self) -> list[str]:
        """All that come with Kanikko."""
        return sorted(path.stem for path in self._folder.glob("*.toml"))

    def read(self, facts: Mapping[str, object], name: str) -> Thing:
        """One thing from what a file (or a program) says; ``name`` is for the error."""
        try:
            return self._model.model_validate(facts)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            message = f"{name}: {place + ': ' if place else ''}{first['msg']}"
            raise self._error(message, remedy="Mend that line of the file.") from None

    def load(self, place: str | Path) -> Thing:
        """One thing by its name, or by the path of a file that ends in ``.toml``."""
        is_file = str(place).endswith(".toml")
        path = Path(place) if is_file else self._folder / f"{place}.toml"
        known = f"Known are: {', '.join(self.names())}."
        if not is_file and not NAME.fullmatch(str(place)):
            raise self._error(f"that is no name of {self._what}", remedy=known)
        try:
            with path.open("rb") as file:
                return self.read(tomllib.load(file), path.name)
        except FileNotFoundError:
            raise self._error(f"no {self._what} {place}", remedy=known) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise self._error(f"{path.name}: {error}", remedy="Mend that line of the file.") from None
