"""Whatever families do in whatever order: the places are as a plain list in memory says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kanikko.settings import Settings
from tests.web.make import make_class, make_family, make_participant
from web.apply import places, standing
from web.apply.errors import TooLate
from web.clock import now
from web.data import every, open_database
from web.ids import new_id

HOURS = 48


@dataclass
class Group:
    """Children who are admitted together, as a plain list knows them."""

    entries: list[str]
    whole: bool


@dataclass
class Book:
    """The class as a clerk with a pencil would keep it."""

    capacity: int
    states: dict[str, str] = field(default_factory=dict)
    row: list[Group] = field(default_factory=list)
    answered_together: dict[str, list[str]] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)

    @property
    def free(self) -> int:
        return self.capacity - sum(state in ("accepted", "offered") for state in self.states.values())

    def arrive(self, entries: list[str], whole: bool) -> None:
        for group in [entries] if whole else [[entry] for entry in entries]:
            fits = len(group) <= self.free
            for entry in group:
                self.states[entry] = "accepted" if fits else "waiting"
                self.answered_together[entry] = entries if whole else [entry]
            if not fits:
                self.row.append(Group(list(group), whole))

    def leave_row(self, entry: str) -> None:
        for group in self.row:
            if entry in group.entries:
                group.entries.remove(entry)
        self.row = [group for group in self.row if group.entries]

    def hand_on(self, hour: int) -> None:
        for group in list(self.row):
            if len(group.entries) <= self.free:
                self.row.remove(group)
                for entry in group.entries:
                    self.states[entry], self.ends[entry] = "offered", hour + HOURS


class AnyOrder(RuleBasedStateMachine):
    app: Flask
    place: Path
    children = Bundle("children")

    def __init__(self) -> None:
        super().__init__()
        self.context = self.app.app_context()
        self.context.push()
        self.db = open_database(self.place)
        self.hour = 0
        self.start = now()

    @property
    def moment(self) -> datetime:
        return self.start + timedelta(hours=self.hour)

    @initialize(capacity=st.integers(1, 4))
    def open(self, capacity: int) -> None:
        self.of_class = make_class(self.db, capacity=capacity, offer_hours=HOURS, starts=self.start + timedelta(days=900))
        self.book = Book(capacity)

    @rule(target=children, size=st.integers(1, 3), whole=st.booleans())
    def a_family_applies(self, size: int, whole: bool) -> list[str]:
        size = min(size, self.book.capacity) if whole else size
        family = make_family(self.db, email=None)
        named = [make_participant(self.db, family) for _ in range(size)]
        mode = "all" if whole else "any"
        made = places.add_application(
            self.db, self.of_class, family, named, mode=mode, via="web", key=new_id("application"), moment=self.moment
        )  # type: ignore[arg-type]
        entries = [entry["id"] for entry in made.entries]
        self.book.arrive(entries, whole)
        return entries

    @rule(entries=children, number=st.integers(0, 2))
    def a_child_is_withdrawn(self, entries: list[str], number: int) -> None:
        entry = entries[number % len(entries)]
        if self.book.states[entry] in ("accepted", "waiting", "offered"):
            self.book.states[entry] = "withdrawn"
            self.book.leave_row(entry)
            self.book.hand_on(self.hour)
        places.withdraw(self.db, entry, "system", self.moment)

    @rule(entries=children, number=st.integers(0, 2), accepts=st.booleans())
    def an_offer_is_answered(self, entries: list[str], number: int, accepts: bool) -> None:
        entry = entries[number % len(entries)]
        together = [one for one in self.book.answered_together[entry] if self.book.states[one] == "offered"]
        before = self.book.states[entry]
        late = accepts and any(self.book.ends[one] <= self.hour for one in together)
        answer = places.accept_offer if accepts else places.decline_offer
        try:
            answer(self.db, entry, "system", self.moment)
        except TooLate:
            assert before != "offered" or late
            return
        if before == "offered":
            for one in together:
                self.book.states[one] = "accepted" if accepts else "declined"
            if not accepts:
                self.book.hand_on(self.hour)

    @rule(hours=st.integers(1, 60))
    def time_goes_by(self, hours: int) -> None:
        self.hour += hours
        for entry, ends in self.book.ends.items():
            if self.book.states[entry] == "offered" and ends <= self.hour:
                self.book.states[entry] = "expired"
        self.book.hand_on(self.hour)
        places.expire_offers(self.db, self.moment)

    @rule()
    def staff_adds_a_place(self) -> None:
        self.book.capacity += 1
        self.book.hand_on(self.hour)
        self.db.execute("update classes set capacity = ? where id = ?", (self.book.capacity, self.of_class["id"]))
        places.promote(self.db, self.of_class["id"], self.moment)

    @invariant()
    def the_book_is_right(self) -> None:
        if not hasattr(self, "book"):
            return
        rows = every(self.db, "select id, state, waiting_order from entries where class = ?", (self.of_class["id"],))
        assert {row["id"]: row["state"] for row in rows} == self.book.states
        waiting = sorted((row for row in rows if row["state"] == "waiting"), key=lambda row: row["waiting_order"])
        assert [row["id"] for row in waiting] == [entry for group in self.book.row for entry in group.entries], "the order was kept"
        assert standing.taken(self.db, self.of_class["id"]) <= self.book.capacity, "more children than places"
        assert all(len(group.entries) > self.book.free for group in self.book.row), "a place is free while somebody who fits waits"

    def teardown(self) -> None:
        self.db.close()
        self.context.pop()


def test_places_are_right_whatever_families_do_in_whatever_order(site: Flask, site_settings: Settings) -> None:
    AnyOrder.app, AnyOrder.place = site, site_settings.site_db
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(max_examples=25, stateful_step_count=20, deadline=None, database=None, suppress_health_check=list(HealthCheck)),
    )
