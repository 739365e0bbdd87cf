"""What tests of applications share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlite_utils import Database

from tests.web.make import make_family, make_participant
from web.apply import places
from web.apply.places import Outcome
from web.data import Row
from web.ids import new_id

Apply = Callable[..., Outcome]


@pytest.fixture
def apply(db: Database) -> Apply:
    """``apply(of_class, children=1, mode="any")``: a new family applies."""

    def make(of_class: Row, children: int = 1, mode: str = "any", **more: Any) -> Outcome:
        family = make_family(db)
        named = [make_participant(db, family) for _ in range(children)]
        return places.add_application(db, of_class, family, named, mode=mode, via="web", key=new_id("application"), **more)  # type: ignore[arg-type]

    return make


def form_data(without: str = "", **more: str) -> dict[str, str]:
    """What a guardian types for one child; fields whose name begins with ``without`` are left out."""
    data = {
        "key": "the-key",
        "guardian_name": "加賀 花子",
        "guardian_kana": "かが はなこ",
        "phone": "076-220-0000",
        "resident": "yes",
        "consent": "y",
        "children-0-name": "加賀 太郎",
        "children-0-kana": "かが たろう",
        "children-0-birth_year": "2017",
        "children-0-birth_month": "6",
        "children-0-birth_day": "15",
        **more,
    }
    return {name: given for name, given in data.items() if not without or not name.startswith(without)}
