"""After a cancellation, and while a plan is being made: few changes, the same answer twice, an end whenever somebody wants one."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import replace

import pytest

from tests.web.dispatch.checker import faults
from tests.web.dispatch.small import ASSISTANT, LEAD, drawn, mentor, seated, session
from web.dispatch.cost import GONE, cost
from web.dispatch.greedy import greedy
from web.dispatch.problem import Need, Problem
from web.dispatch.sample import Term, term
from web.dispatch.solve import Effort, Progress, dispatch
from web.dispatch.travel import Travel

WORK = Effort(seconds=120, work=2)


def test_when_one_cannot_come_the_others_keep_their_sessions() -> None:
    problem = term(Term(mentors=25, sessions=25, seed=3))
    told = dispatch(problem, WORK).assignments
    ill = next(one for one in told if one.role is LEAD)
    again = replace(problem, current=told, declined=frozenset({(ill.mentor, ill.session)}))
    plan = dispatch(again, WORK)
    assert not faults(again, plan.assignments)
    assert ill not in plan.assignments
    assert plan.cost.changes <= GONE + 2, "his place, and at most one other moves up"
    free = dispatch(replace(again, current=()), WORK)
    assert cost(replace(again), free.assignments).changes >= plan.cost.changes


def test_a_seat_is_filled_even_if_somebody_has_to_move_for_it() -> None:
    # b could lead the first session only; a, who was told to lead it, is the only one for the second
    problem = Problem(
        (mentor("a"), mentor("b", hours="10:00-12:00")), (session("s"), session("late", "11:00-13:00")), current=(seated("s", "a"),)
    )
    plan = dispatch(problem)
    assert (set(plan.assignments), plan.cost.changes) == ({seated("late", "a"), seated("s", "b")}, GONE)


def test_promises_come_before_wishes_and_ways() -> None:
    ways = Travel({("far", "library"): 90, ("near", "library"): 5})
    problem = Problem((mentor("far", home="far"), mentor("near", home="near")), (session("s"),), current=(seated("s", "far"),), travel=ways)
    assert dispatch(problem).assignments == (seated("s", "far"),)


def test_another_role_at_the_same_session_is_less_of_a_change() -> None:
    needs = (Need(LEAD, "robots"), Need(ASSISTANT, "robots"))
    told = (seated("s", "a"), seated("s", "b", ASSISTANT))
    problem = Problem((mentor("b"), mentor("c", ASSISTANT)), (session("s", "10:00-12:00", *needs),), current=told)
    plan = dispatch(problem)
    assert plan.assignments == (seated("s", "b"), seated("s", "c", ASSISTANT))
    assert plan.cost.changes == 1, "a is not there any more; b leads"


def test_the_same_plan_twice_and_whatever_the_order_of_the_rows() -> None:
    problem = term(Term(mentors=20, sessions=25, seed=5))
    shuffled = replace(
        problem, mentors=problem.mentors[::-1], sessions=tuple(random.Random(1).sample(problem.sessions, len(problem.sessions)))
    )
    first, again = dispatch(problem, WORK), dispatch(shuffled, WORK)
    assert replace(first, seconds=0) == replace(again, seconds=0)


def test_an_empty_term_and_a_term_without_mentors() -> None:
    assert dispatch(Problem((), ())).status == "optimal"
    nobody = dispatch(Problem((), (session("s"),)))
    assert (nobody.status, nobody.cost.leads_missing, nobody.unfilled[0].instead.possible) == ("optimal", 1, False)


def test_without_time_there_is_the_plan_made_by_hand_and_it_says_so() -> None:
    problem = term(Term(mentors=20, sessions=25, seed=5))
    plan = dispatch(problem, Effort(seconds=0))
    assert plan.assignments == greedy(problem)
    assert (plan.status, plan.gap) == ("feasible", 100.0)
    assert not faults(problem, plan.assignments)


def test_staff_see_it_move_and_can_end_it() -> None:
    problem = term(Term(mentors=60, sessions=100, seed=1))
    heard: list[Progress] = []
    enough = threading.Event()

    def listen(news: Progress) -> None:
        heard.append(news)
        if news.stage == "points" and news.bound is not None:
            enough.set()

    began = time.monotonic()
    plan = dispatch(problem, Effort(seconds=100), listen, enough.is_set)
    assert plan.status == "cancelled"
    assert time.monotonic() - began < 90, "it did not wait for its time to end"
    assert not faults(problem, plan.assignments)
    assert heard[-1].stage == "points"
    assert [news.seconds for news in heard] == sorted(news.seconds for news in heard)
    assert all(0 <= news.share <= 1 for news in heard)


def test_a_page_that_fails_while_it_listens_ends_the_search_with_its_own_fault() -> None:
    def listen(news: Progress) -> None:
        raise OSError("the line is gone")

    with pytest.raises(OSError, match="the line is gone"):
        dispatch(term(Term(mentors=60, sessions=100, seed=1)), Effort(seconds=100), listen)


def test_progress_of_small_problems_does_no_harm() -> None:
    plan = dispatch(drawn(random.Random(4), 4, 4), progress=lambda news: None, cancelled=lambda: False)
    assert plan.status == "optimal"
