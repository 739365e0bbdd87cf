"""Plans in the database: made, looked at, adopted. What becomes of each assignment afterwards is :mod:`web.mentors.assignments`'."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlite_utils import Database

from kanikko.errors import KanikkoError
from web.clock import now, stamp
from web.data import Row, every, one, writing
from web.dispatch.gather import basis, gather
from web.dispatch.problem import Assignment, Plan, Problem, Role
from web.ids import new_id
from web.language import Text, span_words, text_of
from web.mentors import assignments as kept
from web.staff.audit import audit

MOVED = Text("派遣の計画を組み直しました。", "{予定|よてい}が {変|か}わりました。", "The plan was made anew.")


class PlanError(KanikkoError):
    """The plan cannot be adopted, in words for the desk."""


class Named:
    """The words of sessions and skills, for explanations. A session without people in it: explanations are kept."""

    def __init__(self, db: Database) -> None:
        self._sessions = {
            row["id"]: row
            for row in every(
                db,
                "select sessions.id, starts_at, ends_at, number, title, title_easy, title_en from sessions"
                " join classes on classes.id = sessions.class",
            )
        }
        self._skills = {row["id"]: text_of(row, "name") for row in every(db, "select * from skills")}

    def session(self, session: str) -> Text:
        row = self._sessions[session]
        when, title = span_words(row["starts_at"], row["ends_at"]), text_of(row, "title")
        return Text(f"{when.ja} {title.ja}", "", f"{when.en} {title.in_language('en')}")

    def skill(self, skill: str) -> Text:
        return self._skills.get(skill, Text(skill))


# ---------------------------------------------------------------------- making
def begin(db: Database, first: date, last: date, actor: str) -> str:
    """A new plan that is being made; its id. Earlier previews are dropped: there is one to decide about."""
    with writing(db):
        db.execute("update plans set state = 'dropped' where state in ('preview', 'running')")
        key = new_id("plan")
        span = {"from_day": first.isoformat(), "to_day": last.isoformat()}
        db.table("plans").insert({"id": key, "made_at": stamp(), "made_by": actor, **span, "status": "running", "state": "running"})
        audit(db, actor, "dispatch.plan", "plan", key, **span)
    return key


def problem_of(db: Database, plan: Row) -> Problem:
    """The problem as it stands now for the days of a plan."""
    return gather(db, date.fromisoformat(plan["from_day"]), date.fromisoformat(plan["to_day"]), now())


def keep(db: Database, plan_id: str, problem: Problem, plan: Plan, explained: list[Text], notes: list[Text]) -> None:
    """What the search found, for staff to look at."""
    made: dict[str, Any] = {
        "status": plan.status,
        "gap": plan.gap,
        "seconds": plan.seconds,
        "basis": basis(problem),
        "assignments_json": json.dumps([asdict(each) for each in plan.assignments if _is_open(problem, each)]),
        "unfilled_json": json.dumps([each.ja for each in explained], ensure_ascii=False),
        "notes_json": json.dumps([each.ja for each in notes], ensure_ascii=False),
        "state": "preview",
    }
    with writing(db):
        if one(db, "select 1 from plans where id = ? and state = 'running'", (plan_id,)):
            db.table("plans").update(plan_id, made)


def _is_open(problem: Problem, assignment: Assignment) -> bool:
    """Of a session that the plan was asked for (those beside it only count for limits)."""
    return any(session.needs for session in problem.sessions if session.id == assignment.session)


def drop(db: Database, plan_id: str) -> None:
    with writing(db):
        db.execute("update plans set state = 'dropped' where id = ? and state in ('running', 'preview')", (plan_id,))


def people_of(plan: Row) -> list[Assignment]:
    return [Assignment(each["session"], each["mentor"], Role(each["role"]), each["skill"]) for each in json.loads(plan["assignments_json"])]


# ---------------------------------------------------------------------- comparing and adopting
def live(db: Database, first: str, last: str) -> list[Row]:
    """Assignments of sessions in these days that have not begun."""
    return every(
        db,
        "select assignments.* from assignments join sessions on sessions.id = assignments.session"
        " where assignments.state in ('planned', 'offered', 'accepted') and substr(sessions.starts_at, 1, 10) between ? and ?"
        " and sessions.starts_at > ?",
        (first, last, stamp()),
    )


def compare(db: Database, plan: Row) -> tuple[list[Assignment], list[Row]]:
    """What adopting would add, and whom it would take back."""
    wanted = people_of(plan)
    there = live(db, plan["from_day"], plan["to_day"])
    same = {(each.session, each.mentor, str(each.role), each.skill) for each in wanted}
    had = {(row["session"], row["mentor"], row["role"], row["skill"]) for row in there}
    new = [each for each in wanted if (each.session, each.mentor, str(each.role), each.skill) not in had]
    gone = [row for row in there if not row["fixed"] and (row["session"], row["mentor"], row["role"], row["skill"]) not in same]
    return new, gone


def adopt(db: Database, plan_id: str, actor: str, *, problem: Callable[[Database, Row], Problem] = problem_of) -> int:
    """Make the plan true: new assignments are planned (nobody is asked yet), those it leaves out are taken back. How many are new.

    Raises PlanError where it was adopted before, or where what it rests on has changed since.
    """
    with writing(db):
        plan = one(db, "select * from plans where id = ?", (plan_id,))
        if plan is None or plan["state"] != "preview":
            raise PlanError("この計画は もう使えません。", remedy="新しい計画を作ってください。")
        if basis(problem(db, plan)) != plan["basis"]:
            raise PlanError("計画を作ったあとに、教室・メンター・返事のどれかが変わりました。", remedy="計画を作り直してください。")
        new, gone = compare(db, plan)
        for row in gone:
            kept.cancel(db, row["id"], actor, MOVED)
        for each in new:
            add(db, each, actor, plan=plan_id)
        db.execute("update plans set state = 'adopted' where id = ?", (plan_id,))
        audit(db, actor, "dispatch.adopt", "plan", plan_id, new=len(new), gone=len(gone))
    return len(new)


def add(db: Database, wanted: Assignment, actor: str, *, plan: str | None = None, fixed: bool = False) -> str:
    """One assignment, planned; its id. A live one of the same person at the same session is taken back first."""
    with writing(db):
        before = "select id from assignments where session = ? and mentor = ? and state in ('planned', 'offered', 'accepted')"
        for row in every(db, before, (wanted.session, wanted.mentor)):
            kept.cancel(db, row["id"], actor, MOVED)
        key = new_id("assignment")
        seat = {"session": wanted.session, "mentor": wanted.mentor, "role": str(wanted.role), "skill": wanted.skill}
        db.table("assignments").insert({"id": key, **seat, "state": "planned", "fixed": int(fixed), "plan": plan, "created_at": stamp()})
        audit(
            db,
            actor,
            "assignment.make",
            "assignment",
            key,
            mentor=wanted.mentor,
            session=wanted.session,
            role=str(wanted.role),
            fixed=fixed,
        )
    return key


def fix(db: Database, assignment: str, fixed: bool, actor: str) -> None:
    """A fixed assignment stays in every plan."""
    with writing(db):
        db.execute(
            "update assignments set fixed = ? where id = ? and state in ('planned', 'offered', 'accepted')", (int(fixed), assignment)
        )
        audit(db, actor, "assignment.fix" if fixed else "assignment.unfix", "assignment", assignment)
