"""A mentor's own page behind the signed link: what is to come, answers, what was done, the calendar, resting and leaving."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlite_utils import Database

from web.classes.feeds import MEDIA_TYPE
from web.clock import now, stamp
from web.data import Row, one, request_db
from web.language import Language, Text, current_language, say, span_words, text_of
from web.links import address, sign, signed
from web.mentors import assignments, letters, records, sheets
from web.mentors.room import actor_of, blueprint, own_mentor
from web.mentors.rules import OWN_AFTER, MentorState, Standing, best_kind, refuses, runs_out
from web.mentors.words import ASSIGNMENT_LOOKS, ASSIGNMENT_STATES, KIND_WORDS, ROLES, STATE_LOOKS, STATES, WEEKDAYS

FEED = "mentor-calendar"
"""The purpose of a calendar's own token: programmes that subscribe hand the address to strangers, and it opens nothing else."""


def back(token: str, endpoint: str = "mentors.own") -> ResponseReturnValue:
    return redirect(url_for(endpoint, token=token), 303)


@blueprint.get("/mentor/<token>/")
def own(token: str) -> str:
    """Offers first, then what is to come."""
    db, mentor = request_db(), own_mentor(token)
    rows = [row for row in letters.sessions_of(db, mentor["id"], states=("offered", "accepted")) if row["ends_at"] > stamp()]
    qualifications = records.qualifications_of(db, mentor["id"])
    kind = best_kind(qualifications, now().date())
    times = records.availability_rows(db, mentor["id"], stamp()[:10])
    chosen = set(records.skills_of(db, mentor["id"]))
    return render_template(
        "mentors/own.html",
        token=token,
        mentor=mentor,
        offers=[row for row in rows if row["assignment_state"] == "offered" and _live(row)],
        ahead=[row for row in rows if row["assignment_state"] == "accepted" or not _live(row)],
        may_answer=lambda row, accept: refuses(_standing(row), stamp(), accept=accept) is None,
        live=_live,
        kind=KIND_WORDS[kind] if kind else None,
        until=runs_out(qualifications, now().date()),
        week=[(words, [row for row in times if row["weekday"] == day]) for day, words in enumerate(WEEKDAYS)],
        days=[row for row in times if row["day"]],
        after=OWN_AFTER[mentor["state"]],
        span_words=span_words,
        feed=address("mentors.feed", current_language(), feed=feed_token(mentor)),
        feed_path=url_for("mentors.feed", feed=feed_token(mentor)),
        own_skills=_names([row for row in records.skills(db) if row["id"] in chosen]),
        states=STATES, state_looks=STATE_LOOKS, roles=ROLES, assignment_states=ASSIGNMENT_STATES, assignment_looks=ASSIGNMENT_LOOKS,
    )  # fmt: skip


def _names(rows: Sequence[Row]) -> Text:
    names = [text_of(row, "name") for row in rows]
    return Text(*(separator.join(name.in_language(language) for name in names) or "–" for language, separator in _LISTED))


_LISTED: tuple[tuple[Language, str], ...] = (("ja", "、"), ("easy", "、"), ("en", ", "))


def _live(row: Row) -> bool:
    return "cancelled" not in (row["session_state"], row["class_state"])


def _standing(row: Row) -> Standing:
    return Standing(row["assignment_state"], row["starts_at"], _live(row))


@blueprint.post("/mentor/<token>/sessions/<assignment>/answer")
def answer(token: str, assignment: str) -> ResponseReturnValue:
    """Yes or no. Only a button answers: mail programmes open links by themselves."""
    db, mentor = request_db(), own_mentor(token)
    row = assignments.assignment_of(db, assignment)
    if row is None or row["mentor"] != mentor["id"]:
        abort(404)
    said = request.form.get("answer")
    if said not in ("accept", "decline"):
        abort(400)
    try:
        assignments.answer(db, assignment, said == "accept", actor_of(mentor))
    except assignments.AssignmentError:
        abort(404)  # gone meanwhile
    except assignments.AnswerRefused as refused:
        flash(say(refused.words), "warning")
    else:
        flash(say(YES if said == "accept" else NO), "success")
    return back(token)


YES = Text(
    "ありがとうございます。お待ちしています。", "ありがとうございます。{待|ま}っています。", "Thank you. We look forward to seeing you."
)
NO = Text(
    "お返事ありがとうございます。ほかの方を探します。",
    "{返事|へんじ}を ありがとう。ほかの {人|ひと}を さがします。",
    "Thank you for telling us. We will ask somebody else.",
)


# ---------------------------------------------------------------------- the calendar
def feed_token(mentor: Row) -> str:
    """It opens the calendar and nothing else, and ends with the mentor's links."""
    return sign(FEED, f"{mentor['id']}:{mentor['link_version']}")


def _feed_owner(db: Database, feed: str) -> Row:
    owner, _, version = (signed(FEED, feed) or "").partition(":")
    return (
        one(db, "select * from mentors where id = ? and link_version = ? and erased_at is null", (owner, int(version) if version else 0))
        or abort(404)
    )  # fmt: skip


@blueprint.get("/mentor/<feed>/calendar.ics")
def feed(feed: str) -> Response:
    """Sessions that the mentor said yes to, and those cancelled since, for a calendar programme."""
    db = request_db()
    mentor, language = _feed_owner(db, feed), current_language()
    rows = letters.sessions_of(db, mentor["id"], states=("accepted", "done"))
    own_address = address("mentors.feed", language, feed=feed)
    return Response(letters.calendar(rows, language, own_address), content_type=MEDIA_TYPE)


# ---------------------------------------------------------------------- what was done
@blueprint.get("/mentor/<token>/past")
def past(token: str) -> str:
    """Sessions given, with the travel allowance of each."""
    db, mentor = request_db(), own_mentor(token)
    lines = sheets.lines(db, mentor["id"])
    return render_template("mentors/past.html", token=token, mentor=mentor, months=sheets.by_month(lines), roles=ROLES)


# ---------------------------------------------------------------------- resting, leaving, the link
@blueprint.post("/mentor/<token>/state")
def own_state(token: str) -> ResponseReturnValue:
    """Take a rest, come back from it, or come back after having left."""
    db, mentor = request_db(), own_mentor(token)
    wanted: MentorState | None = next((state for state in _CHANGED if state == request.form.get("state")), None)
    if wanted is None:
        abort(400)
    if records.set_state(db, mentor["id"], wanted, actor_of(mentor), own=True):
        flash(say(_CHANGED[wanted]), "success")
    return back(token)


_CHANGED: dict[MentorState, Text] = {
    "resting": Text(
        "お休みにしました。新しいお願いは届きません。",
        "{休|やす}みに しました。{新|あたら}しい おねがいは しません。",
        "You are taking a rest: we will not ask you for new sessions.",
    ),
    "active": Text("お帰りなさい。またお願いします。", "おかえりなさい。また おねがいします。", "Welcome back!"),
    "applied": Text(
        "もう一度のお申し込み、ありがとうございます。", "もう{一度|いちど} {申|もう}し{込|こ}みました。", "Thank you for applying again."
    ),
}


@blueprint.route("/mentor/<token>/leave", methods=["GET", "POST"])
def leave(token: str) -> ResponseReturnValue:
    """Asks once more; then everything to come is given back. Erasure too, where it is ticked."""
    db, mentor = request_db(), own_mentor(token)
    if request.method == "GET":
        ahead = [row for row in letters.sessions_of(db, mentor["id"], states=("accepted",)) if row["starts_at"] > stamp()]
        return render_template("mentors/leave.html", token=token, mentor=mentor, ahead=ahead)
    records.set_state(db, mentor["id"], "left", actor_of(mentor), own=True)
    if request.form.get("erase") == "y":
        records.ask_erasure(db, mentor["id"], actor_of(mentor))
    flash(
        say(
            "登録をやめる手続きをしました。これまでありがとうございました。",
            "やめました。いままで ありがとうございました。",
            "You have left. Thank you for everything.",
        ),
        "success",
    )
    return back(token)


@blueprint.post("/mentor/<token>/new-link")
def new_link(token: str) -> ResponseReturnValue:
    """A new link goes to the mentor's address; the ones before end, the calendar's too."""
    db, mentor = request_db(), own_mentor(token)
    if not mentor["email"]:
        flash(
            say(
                "メールアドレスの登録がないので、お電話ください。",
                "メールアドレスが ないので、{電話|でんわ}してください。",
                "We have no e-mail address of yours. Please call us.",
            ),
            "warning",
        )
        return back(token)
    records.new_link(db, mentor, actor_of(mentor))
    return redirect(url_for("mentors.ask_link", sent=1), 303)
