"""What the other rooms get to see of the roster."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["student", "teacher", "operator"]
ROLES: tuple[Role, ...] = ("student", "teacher", "operator")

OPERATORS_GROUP = "operators"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may have an account. Names stay out of ``repr``, so that no log line holds one by accident."""

    account: str
    role: Role
    family_name: str = field(repr=False)
    given_name: str = field(repr=False)
    family_kana: str = field(repr=False)
    given_kana: str = field(repr=False)
    grade: int | None
    """School year 1 to 9 (7 to 9: junior high school); None for adults."""
    email: str | None = field(repr=False)
    active: bool
    """False: has left; may not sign in, and nothing of theirs is deleted."""

    @property
    def name(self) -> str:
        return f"{self.family_name} {self.given_name}".strip()

    @property
    def kana(self) -> str:
        return f"{self.family_kana} {self.given_kana}".strip()


@dataclass(frozen=True, slots=True)
class SchoolClass:
    """A class: what nbgrader calls a course."""

    course: str
    title: str
    school: str
    """The school's name."""
    grade: int | None
    """The lowest school year in the class, so that furigana suits all of it."""
    signin_code: str
    active: bool


def pupils_group(course: str) -> str:
    """The hub's group of a class's pupils, as nbgrader's JupyterHubAuthPlugin expects it."""
    return f"nbgrader-{course}"


def teachers_group(course: str) -> str:
    """The hub's group of a class's teachers, as nbgrader's JupyterHubAuthPlugin expects it."""
    return f"formgrade-{course}"


def tidy_email(email: str | None) -> str | None:
    """An address as we compare it: without surrounding space, in lower case; None for an empty one."""
    return (email or "").strip().casefold() or None
