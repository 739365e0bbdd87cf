"""What a lottery is made of, as plain values. All of it is published: numbers and rules, never a person."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

MOST_ENTRIES = 20_000

Number = Annotated[int, Field(ge=1, le=999_999_999)]
Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""256 bits: a seed, or a SHA-256."""
ClassId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Line = Annotated[str, Field(pattern=r"^[^\p{C}\p{Zl}\p{Zp}]{1,200}$")]
Digits = Annotated[str, Field(pattern=r"^[0-9]{4,40}$")]
Mode = Literal["all", "any"]
"""A sibling group is admitted whole or not at all (``all``), or each child for itself (``any``)."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Rules(_Record):
    residents_first: bool = False
    not_drawn_first: bool = False
    """Who was not drawn last time comes before the others (after residents, if those come first too)."""


class PublicNumber(_Record):
    """A figure that nobody knows yet when the entries close, named beforehand: 12 digits of a state lottery, a closing price."""

    name: Line
    digits: Annotated[int, Field(ge=4, le=40)]
    """It is written with exactly so many digits and nothing else, so that there is one way to write it."""


class Promise(_Record):
    """What is fixed, with the sealed seed, before the entries close."""

    class_id: ClassId = Field(alias="class")
    rules: Rules
    public_number: PublicNumber | None = None


class Entry(_Record):
    """One child. ``group``: siblings of one application share it; a child alone has a group of its own."""

    number: Number
    group: Number
    mode: Mode
    resident: bool
    not_drawn: bool
    """Was not drawn last time. This and ``resident`` are false where the rules do not ask for them."""


class DrawList(_Record):
    """The frozen entries, in order of their numbers whatever order they came in."""

    format: Literal["kanikko-lottery-list/1"] = "kanikko-lottery-list/1"
    class_id: ClassId = Field(alias="class")
    capacity: Annotated[int, Field(ge=0, le=100_000)]
    entries: Annotated[tuple[Entry, ...], Field(max_length=MOST_ENTRIES)]

    @field_validator("entries")
    @classmethod
    def _sorted(cls, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        return tuple(sorted(entries, key=lambda entry: entry.number))


class Result(_Record):
    """Entry numbers: who is drawn, in the order they were drawn, and who waits, in waiting order."""

    drawn: Annotated[tuple[Number, ...], Field(max_length=MOST_ENTRIES)]
    waiting: Annotated[tuple[Number, ...], Field(max_length=MOST_ENTRIES)]


class Publication(_Record):
    """The one file that families get. It grows: promise, then the list, then seed and result; what is not yet there is null."""

    format: Literal["kanikko-lottery/1"] = "kanikko-lottery/1"
    promise: Promise
    commitment: Hex
    list: DrawList | None = None
    list_hash: Hex | None = None
    public_value: Digits | None = None
    seed: Hex | None = None
    result: Result | None = None
