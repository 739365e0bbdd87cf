"""What can be wrong with a roster file, said by file, line and column, in words for the operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kanikko.errors import KanikkoError

SHOWN = 20
"""Problems that ``str(error)`` spells out; all of them are in ``problems``."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to put right in one cell (or row, or file). Holds no name of a person.

    ``line`` counts from 1 as an editor shows it (the header is line 1); 0 means the whole file.
    """

    file: str
    line: int
    column: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = self.file
        if self.line:
            place += f" {self.line}行目"
        if self.column:
            place += f" {self.column}"
        return f"{place}: {self.message} → {self.remedy}"


class RosterError(KanikkoError):
    """The roster was not changed, and why. ``problems`` holds every bad row of a refused file."""

    def __init__(self, message: str, *, remedy: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.problems = tuple(problems)

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> RosterError:
        """One error for a whole file's problems, sorted by place."""
        return cls(
            f"名簿に直すところが {len(problems):,} か所あります。名簿は変わっていません。",
            remedy="下の行を直して、もういちど取り込んでください。",
            problems=sorted(problems),
        )

    @classmethod
    def about(cls, file: str, message: str, remedy: str) -> RosterError:
        """An error that concerns a whole file."""
        return cls.of([Problem(file, 0, "", message, remedy)])

    def __str__(self) -> str:
        lines = [super().__str__(), *(f"  {problem}" for problem in self.problems[:SHOWN])]
        if len(self.problems) > SHOWN:
            lines.append(f"  ほかに {len(self.problems) - SHOWN:,} か所")
        return "\n".join(lines)
