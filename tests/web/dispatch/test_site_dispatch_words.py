"""What cannot be filled is explained: each mentor has one true reason, and a competition is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.web.dispatch.small import ASSISTANT, SATURDAY, TRAINEE, mentor, seated, session
from web.dispatch.problem import Breach, Group, Instead, Limits, Need, Problem, Role, Seats, Unfilled, Why
from web.dispatch.solve import Effort, dispatch
from web.dispatch.travel import Point, Travel, kilometres, minutes, travel
from web.dispatch.words import BREACHES, STAGES, WHYS, explain, status
from web.language import Text

LEAD_OF_S = Seats("s", Role.LEAD, "robots")


class Names:
    def session(self, session: str) -> Text:
        return Text(f"土曜日 {session}", en=f"Saturday {session}")

    def skill(self, skill: str) -> Text:
        return Text({"robots": "RP2040"}[skill], en="RP2040")


def only(problem: Problem) -> Unfilled:
    plan = dispatch(problem)
    assert len(plan.unfilled) == 1
    return plan.unfilled[0]


def test_everybody_has_the_first_reason_that_is_true() -> None:
    one_a_day = Limits(day=1)
    people = (
        mentor("01-unskilled", skills="scratch"),
        mentor("02-assistant", ASSISTANT),
        mentor("03-trainee", TRAINEE),
        mentor("04-ended", until=SATURDAY - timedelta(days=1)),
        mentor("05-declined"),
        mentor("06-away", hours="18:00-20:00"),
        mentor("07-here"),
        mentor("08-fixed"),
        mentor("09-fixed-limit", limits=one_a_day),
    )
    sessions = (
        session("s", "10:00-12:00", Need(Role.LEAD, "robots"), Need(ASSISTANT, None)),
        session("fixed", "11:00-13:00"),
        session("early", "08:00-09:00"),
    )
    fixed = (seated("s", "07-here", ASSISTANT, None), seated("fixed", "08-fixed"), seated("early", "09-fixed-limit"))
    found = only(Problem(people, sessions, fixed, declined=frozenset({("05-declined", "s")})))
    assert (found.seats, found.wanted, found.instead) == (LEAD_OF_S, 1, Instead(False))
    assert found.groups == (
        Group(Why.UNSKILLED, ("01-unskilled",)),
        Group(Why.UNQUALIFIED, ("02-assistant", "03-trainee")),
        Group(Why.EXPIRED, ("04-ended",)),
        Group(Why.DECLINED, ("05-declined",)),
        Group(Why.AWAY, ("06-away",)),
        Group(Why.HERE, ("07-here",), ("s",)),
        Group(Why.FIXED, ("08-fixed", "09-fixed-limit"), ("early", "fixed")),
    )


@pytest.mark.parametrize(
    ("other", "limits", "why"),
    [
        (session("x", "11:00-13:00"), Limits(), Why.BOOKED),
        (session("x", "12:10-13:00", place="school"), Limits(), Why.TRAVEL),
        (session("x", "13:00-14:00"), Limits(day=1), Why.DAY),
        (session("x", day=SATURDAY + timedelta(days=1)), Limits(week=1), Why.WEEK),
        (session("x", day=SATURDAY + timedelta(days=9)), Limits(month=1), Why.MONTH),
    ],
)
def test_a_competition_is_called_one_and_names_the_session_that_would_be_empty(other: object, limits: Limits, why: Why) -> None:
    problem = Problem((mentor("a", limits=limits),), (session("s"), other), current=(seated("x", "a"),))  # type: ignore[arg-type]
    found = only(problem)
    assert found.groups == (Group(why, ("a",), ("x",)),)
    assert found.instead == Instead(True, (Seats("x", Role.LEAD, "robots"),))


def test_a_competition_over_three_corners_names_what_would_really_be_empty() -> None:
    # a could come from x; b would then take x; and only y, which nobody else can lead, would be empty
    people = (mentor("a", hours="09:00-12:00"), mentor("b", hours="10:00-13:00"))
    sessions = (session("s", "09:00-10:30"), session("x", "10:00-11:00"), session("y", "10:45-12:30"))
    problem = Problem(people, sessions, current=(seated("x", "a"), seated("y", "b")))
    found = only(problem)
    assert found.seats.session == "s"
    assert found.groups == (Group(Why.AWAY, ("b",)), Group(Why.BOOKED, ("a",), ("x",)))
    assert found.instead.emptied in ((Seats("x", Role.LEAD, "robots"),), (Seats("y", Role.LEAD, "robots"),))


def test_without_time_it_does_not_pretend_to_know() -> None:
    problem = Problem((mentor("a"),), (session("s"), session("x", "11:00-13:00")))
    plan = dispatch(problem, Effort(seconds=0))
    assert [one.instead for one in plan.unfilled] == [Instead(None)]
    assert "最善との差" in status(plan)


# ------------------------------------------------------------------ words
BOOKED = Unfilled(
    LEAD_OF_S,
    1,
    (Group(Why.UNSKILLED, ("z",)), Group(Why.AWAY, ("a",)), Group(Why.BOOKED, ("b", "c"), ("x",))),
    Instead(True, (Seats("x", Role.LEAD, "robots"),)),
)


def test_a_missing_lead_in_words() -> None:
    said = explain(BOOKED, Names())
    assert said == (
        "土曜日 s: RP2040のリーダーがいません。"
        "この分野を担当するメンター3人のうち、1人はこの時間はお休みです、2人は同じ時間にほかの回があります。"
        "うめることはできますが、すると「土曜日 x」のRP2040のリーダーがいなくなります。"
    )
    assert said.en == (
        "Saturday s: no lead for RP2040. Of 3 who teach this: 1 unavailable, 2 booked at the same time. "
        "It could be filled, but then this would be empty: lead for RP2040 at Saturday x."
    )


def test_some_of_several_and_nobody_at_all_in_words() -> None:
    some = replace(BOOKED, seats=Seats("s", Role.ASSISTANT, None, 1), wanted=3, instead=Instead(False))
    assert "アシスタントがあと1人足りません。メンター3人のうち、" in explain(some, Names())
    assert "1 of 3 missing: assistant." in explain(some, Names()).en
    nobody = replace(BOOKED, groups=(Group(Why.UNSKILLED, ("z",)),), instead=Instead(None))
    assert "この分野を担当するメンターがいません。" in explain(nobody, Names())
    assert "2人" in explain(replace(BOOKED, instead=Instead(True, (Seats("x", Role.ASSISTANT, None, 2),))), Names())


def test_there_are_words_for_everything_in_both_languages() -> None:
    for table, keys in ((WHYS, Why), (BREACHES, Breach), (STAGES, ("fill", "changes", "points", "explain"))):
        assert set(table) == set(keys)
        assert all(words and words.en for words in table.values())
    plan = dispatch(Problem((), ()))
    assert "証明" in status(plan)
    assert "proven" in status(plan).en
    assert "止め" in status(replace(plan, status="cancelled"))


# ------------------------------------------------------------------ travel
def test_ways_are_as_long_as_they_are_in_the_city() -> None:
    station, musashi, yuwaku = Point(36.5780, 136.6480), Point(36.5713, 136.6545), Point(36.4930, 136.7520)
    assert 0.9 < kilometres(station, musashi) < 1.0
    assert 13.2 < kilometres(station, yuwaku) < 13.3
    assert 20 <= minutes(station, musashi) <= 27, "twenty minutes on foot, and a few to pack and to find the room"
    assert 80 <= minutes(station, yuwaku) <= 90, "an hour and more by bus"
    assert minutes(station, yuwaku) == minutes(yuwaku, station)
    assert minutes(None, station) == minutes(station, None) == 45


def test_a_table_knows_every_pair_and_guesses_the_rest() -> None:
    table = travel({"a": Point(36.57, 136.65), "b": Point(36.58, 136.65), "c": None})
    assert table.between("a", "a") == 0
    assert 0 < table.between("a", "b") < 45
    assert table.between("a", "c") == table.between("a", "nowhere") == table.between(None, "a") == 45
    assert Travel().between("a", "b") == 45
