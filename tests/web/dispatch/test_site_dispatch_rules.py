"""One rule a test, on problems so small that anybody sees the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.web.dispatch.checker import faults
from tests.web.dispatch.small import ASSISTANT, LEAD, SATURDAY, TRAINEE, mentor, seated, session, span
from web.dispatch.cost import cost, points
from web.dispatch.problem import Breach, Limits, Need, Note, Plan, Problem, ProblemError, Qualification, Wish
from web.dispatch.rules import Frame
from web.dispatch.solve import dispatch
from web.dispatch.travel import Travel

HALF_AN_HOUR = Travel({("library", "school"): 30, ("school", "library"): 30})


def who(plan: Plan, at: str) -> list[str]:
    return [one.mentor for one in plan.assignments if one.session == at]


def test_nobody_leads_without_the_skill_the_qualification_or_the_time() -> None:
    candidates = [
        mentor("other-skill", skills="scratch"),
        mentor("assistant", ASSISTANT),
        mentor("ended", until=SATURDAY - timedelta(days=1)),
        mentor("leaves-early", hours="08:00-11:30"),
        mentor("last-day", until=SATURDAY),
    ]
    plan = dispatch(Problem(tuple(candidates), (session("s"),)))
    assert who(plan, "s") == ["last-day"]


def test_two_spans_that_touch_are_one_stretch_of_time() -> None:
    split = replace(mentor("a"), available=(span(SATURDAY, "11:00-12:00"), span(SATURDAY, "09:00-11:00")))
    assert who(dispatch(Problem((split,), (session("s"),))), "s") == ["a"]
    gap = replace(split, available=(span(SATURDAY, "11:05-12:00"), span(SATURDAY, "09:00-11:00")))
    assert who(dispatch(Problem((gap,), (session("s"),))), "s") == []


@pytest.mark.parametrize(("second", "both"), [("12:29-13:00", False), ("12:30-13:00", True), ("11:00-13:00", False)])
def test_there_is_time_to_travel_between_two_places(second: str, both: bool) -> None:
    problem = Problem((mentor("a"),), (session("first"), session("then", second, place="school")), travel=HALF_AN_HOUR)
    assert (len(dispatch(problem).assignments) == 2) is both


def test_at_one_place_a_session_may_follow_at_once() -> None:
    assert len(dispatch(Problem((mentor("a"),), (session("first"), session("then", "12:00-13:00")))).assignments) == 2


@pytest.mark.parametrize(
    ("limits", "served"), [(Limits(day=1), 4), (Limits(week=2), 6), (Limits(month=3), 5), (Limits(1, 1, 1), 2), (Limits(), 8)]
)
def test_nobody_serves_more_than_he_said(limits: Limits, served: int) -> None:
    # two sessions on each of Saturday 3, Sunday 4 (the same week), Monday 5 October (the next) and 2 November
    days = [SATURDAY + timedelta(days=n) for n in (0, 1, 2, 30)]
    sessions = [session(f"{day}{hours}", hours, day=day) for day in days for hours in ("09:00-10:00", "11:00-12:00")]
    plan = dispatch(Problem((mentor("a", limits=limits),), tuple(sessions)))
    assert len(plan.assignments) == served


def test_a_trainee_comes_beside_a_lead_and_never_instead_of_one() -> None:
    young = mentor("young", TRAINEE)
    alone = dispatch(Problem((young,), (session("s", trainees=1),)))
    assert (alone.assignments, alone.cost.leads_missing) == ((), 1)
    beside = dispatch(Problem((young, mentor("old")), (session("s", trainees=1),)))
    assert [(one.mentor, one.role) for one in beside.assignments] == [("old", LEAD), ("young", TRAINEE)]
    needs = (Need(LEAD, "robots"), Need(ASSISTANT, None))
    short = dispatch(Problem((young, mentor("old")), (session("s", "10:00-12:00", *needs, trainees=0),)))
    assert (who(short, "s"), short.cost.assistants_missing) == (["old"], 1)


def test_on_the_day_his_qualification_begins_a_trainee_is_an_assistant() -> None:
    grown = replace(mentor("a"), qualifications=(Qualification(TRAINEE, SATURDAY - timedelta(days=9)), Qualification(ASSISTANT, SATURDAY)))
    plan = dispatch(
        Problem((grown, mentor("old")), (session("s", "10:00-12:00", Need(LEAD, "robots"), Need(ASSISTANT, None), trainees=1),))
    )
    assert [(one.mentor, one.role) for one in plan.assignments] == [("a", ASSISTANT), ("old", LEAD)]


def test_a_lead_is_worth_more_than_any_number_of_assistants() -> None:
    many = session("many", "10:00-12:00", Need(ASSISTANT, "robots", 1), place="hall")
    more = session("more", "12:10-13:00", Need(ASSISTANT, "robots", 1), place="hall")
    led = session("led", "11:30-12:30", place="school")
    plan = dispatch(Problem((mentor("a"),), (many, more, led)))
    assert [one.session for one in plan.assignments] == ["led"]


def test_who_has_declined_is_not_asked_again() -> None:
    problem = Problem((mentor("a"), mentor("b")), (session("s"),), declined=frozenset({("s", "a"), ("a", "s")}))
    assert who(dispatch(problem), "s") == ["b"]


# ------------------------------------------------------------------ fixed
def test_what_staff_fixed_stays_even_where_somebody_else_would_be_better() -> None:
    far, near = mentor("far", home="far"), mentor("near", home="near")
    ways = Travel({("far", "library"): 90, ("near", "library"): 5})
    free = Problem((far, near), (session("s"),), travel=ways)
    assert who(dispatch(free), "s") == ["near"]
    assert who(dispatch(replace(free, fixed=(seated("s", "far"),))), "s") == ["far"]


def test_what_fixed_people_break_is_told_and_they_stay() -> None:
    people = (
        mentor("away", hours=""),
        mentor("unskilled", skills=""),
        mentor("ended", until=SATURDAY - timedelta(days=3)),
        mentor("busy"),
        mentor("young", TRAINEE),
    )
    sessions = [session(name) for name in ("s1", "s2", "s3", "s4", "s5", "s6")]
    fixed = [
        seated("s1", "away"),
        seated("s2", "unskilled"),
        seated("s3", "ended"),
        seated("s4", "busy"),
        seated("s5", "busy"),
        seated("s6", "young"),
    ]
    problem = Problem(people, tuple(sessions), tuple(fixed), declined=frozenset({("ended", "s3")}))
    plan = dispatch(problem)
    assert not faults(problem, plan.assignments)
    assert len(plan.assignments) == 6
    assert plan.cost.leads_missing == 1, "a trainee never counts as a lead"
    assert set(plan.notes) == {
        Note(Breach.AWAY, "away", "s1"),
        Note(Breach.UNSKILLED, "unskilled", "s2"),
        Note(Breach.UNQUALIFIED, "ended", "s3"),
        Note(Breach.DECLINED, "ended", "s3"),
        Note(Breach.CLASH, "busy", "s4"),
        Note(Breach.CLASH, "busy", "s5"),
        Note(Breach.TRAINEE, "young", "s6"),
        Note(Breach.NO_LEAD, "young", "s6"),
    }


def test_a_session_that_is_over_counts_for_the_limits() -> None:
    held = replace(session("held", "08:00-09:00"), needs=())
    problem = Problem((mentor("a", limits=Limits(day=1)),), (held, session("s")), fixed=(seated("held", "a"),))
    assert who(dispatch(problem), "s") == []
    assert who(dispatch(replace(problem, fixed=())), "s") == ["a"]


def test_fixed_and_told_people_of_a_session_that_is_gone_are_left_out() -> None:
    problem = Problem((mentor("a"),), (session("s"),), fixed=(seated("gone", "a"),), current=(seated("s", "left"), seated("gone", "a")))
    assert (dispatch(problem).assignments, dispatch(problem).cost.changes) == ((seated("s", "a"),), 0)


# ------------------------------------------------------------------ points
def test_the_load_is_shared_by_what_each_offered() -> None:
    days = [SATURDAY + timedelta(days=7 * n) for n in range(9)]
    often, seldom = mentor("often"), replace(mentor("seldom"), available=tuple(span(day, "08:00-20:00") for day in days[:3]))
    plan = dispatch(Problem((often, seldom), tuple(session(f"s{n}", day=day) for n, day in enumerate(days[:7] + days[7:8]))))
    served = [one.mentor for one in plan.assignments]
    assert (served.count("often"), served.count("seldom")) == (6, 2)


def test_wishes_for_places_programmes_and_colleagues_are_heard() -> None:
    likes, dislikes = (Wish("place", "school", 2),), (Wish("place", "school", -2),)
    at_school, at_hall = session("school", place="school"), session("hall", place="hall")
    people = (mentor("a", wishes=dislikes), mentor("b", wishes=likes))
    plan = dispatch(Problem(people, (at_school, at_hall)))
    assert (who(plan, "school"), who(plan, "hall")) == (["b"], ["a"])

    needs = (Need(LEAD, "robots"), Need(ASSISTANT, None))
    pairs = (
        mentor("a", wishes=(Wish("mentor", "d", 1),)),
        mentor("b"),
        mentor("c", ASSISTANT, wishes=(Wish("mentor", "a", -1),)),
        mentor("d", ASSISTANT),
    )
    plan = dispatch(Problem(pairs, (session("s", "10:00-12:00", *needs), session("t", "10:00-12:00", *needs))))
    assert sorted(map(tuple, (who(plan, "s"), who(plan, "t")))) == [("a", "d"), ("b", "c")]


def test_a_wish_costs_the_steps_it_is_missed_by() -> None:
    wishes = (
        Wish("place", "hall", 2),
        Wish("area", "south", -1),
        Wish("programme", "7-5", 1),
        Wish("mentor", "b", 1),
        Wish("mentor", "c", -2),
    )
    problem = Problem((mentor("a", wishes=wishes), mentor("b"), mentor("c")), (session("s"), session("h", place="hall", programme="7-5")))
    south = replace(problem, sessions=tuple(replace(one, area="south") for one in problem.sessions))

    def steps(where: Problem, at: str, *others: str) -> int:
        return points(Frame(where), (seated(at, "a"), *(seated(at, other) for other in others)))["wishes"] // where.weights.wish

    assert steps(problem, "h") == 1, "all he wished for but his colleague"
    assert steps(problem, "h", "b") == 0
    assert steps(problem, "h", "b", "c") == 2
    assert steps(problem, "s") == 2 + 1 + 1
    assert steps(south, "s", "b") == 3 + 1, "an area he would rather not"
    assert steps(south, "h", "b") == 0, "the place itself comes before its area"


def test_two_who_would_rather_not_meet_are_kept_apart_but_a_seat_is_filled_all_the_same() -> None:
    needs = (Need(LEAD, "robots"), Need(ASSISTANT, None))
    people = (mentor("a", wishes=(Wish("mentor", "c", -2),)), mentor("b"), mentor("c", ASSISTANT), mentor("d", ASSISTANT))
    for seed in range(4):  # whoever comes first in the order of names
        names = dict(zip("acbd"[seed:] + "acbd"[:seed], "wxyz", strict=True))
        renamed = [replace(one, id=names[one.id], wishes=tuple(replace(w, target=names[w.target]) for w in one.wishes)) for one in people]
        plan = dispatch(Problem(tuple(renamed), (session("s", "10:00-12:00", *needs), session("t", "10:00-12:00", *needs))))
        assert {names["a"], names["c"]} not in (set(who(plan, "s")), set(who(plan, "t")))
    must = dispatch(Problem((people[0], people[2]), (session("s", "10:00-12:00", *needs),)))
    assert len(must.assignments) == 2


def test_two_sessions_at_one_place_on_a_day_are_one_way() -> None:
    ways = Travel({("home", "library"): 40, ("home2", "library"): 40})
    people = (mentor("a", home="home"), mentor("b", home="home2"))
    one_way = [seated("s", "a"), seated("t", "a")]
    problem = Problem(people, (session("s"), session("t", "13:00-14:00")), travel=ways)
    assert cost(problem, [seated("s", "a"), seated("t", "b")]).points - cost(problem, one_way).points == 40 + (60 // 2 * 2 - (30 + 90))


# ------------------------------------------------------------------ what makes no sense
@pytest.mark.parametrize(
    "broken",
    [
        {"sessions": (session("s"), session("s"))},
        {"mentors": (mentor("a"), mentor("a"))},
        {"sessions": (replace(session("s"), end=session("s").start),)},
        {"sessions": (session("s", "10:00-12:00", Need(TRAINEE, None)),)},
        {"fixed": (seated("s", "a"), seated("s", "a", ASSISTANT))},
    ],
)
def test_a_problem_that_contradicts_itself_is_refused_with_words(broken: dict[str, object]) -> None:
    with pytest.raises(ProblemError) as refused:
        replace(Problem((mentor("a"),), (session("s"),)), **broken)
    assert refused.value.remedy
