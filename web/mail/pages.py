"""The desk's view of the mail: what waits, what went, what did not get through."""

from __future__ import annotations

import re
from typing import NamedTuple

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from sqlite_utils import Database
from werkzeug.wrappers import Response

from kanikko.settings import Settings
from web.clock import stamp
from web.data import Row, every, one, request_db, value, writing
from web.mail.bounces import unseen
from web.mail.outbox import unpacked
from web.paging import paging
from web.staff.audit import audit
from web.staff.sessions import current_staff

blueprint = Blueprint("mail", __name__, template_folder="templates", static_folder="static", static_url_path="/static/mail")

PAGE = 50


class Look(NamedTuple):
    """A state in words, and its badge."""

    words: str
    kind: str
    icon: str


STATES = {
    "queued": Look("送信待ち", "info", "clock"),
    "sending": Look("送信中", "info", "clock"),
    "sent": Look("送信済み", "success", "check"),
    "failed": Look("送れませんでした", "error", "error"),
    "bounced": Look("宛先に届きません", "error", "error"),
}
_LINK = re.compile(r"(https?://[^/\s]+/(?:(?:easy|en)/)?[a-z-]+/)\S+")


@blueprint.get("/staff/mail/")
def desk() -> str:
    """The outbox by state, and addresses that mail does not reach."""
    db = request_db()
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    counts = {row["state"]: row["n"] for row in every(db, "select state, count(*) as n from mails group by state")}
    total = counts.get(state, 0) if state else sum(counts.values())
    page, pages, skip = paging(total, PAGE)
    mails = every(
        db,
        "select * from mails where :state in ('', state) order by queued_at desc, rowid desc limit :most offset :skipped",
        {"state": state, "most": PAGE, "skipped": skip},
    )
    audit(db, _actor(), "mail.list", "mail", state or "all", page=page)
    return render_template(
        "mail/desk.html", mails=mails, bounces=unseen(db), counts=counts, state=state, page=page, pages=pages, states=STATES,
        oldest=value(db, "select min(queued_at) from mails where state = 'queued'"), sends=bool(_settings().smtp_host),
        page_url=lambda number: url_for("mail.desk", state=state or None, page=number),
    )  # fmt: skip


@blueprint.get("/staff/mail/<mail_id>")
def show(mail_id: str) -> str:
    """One mail's text. The families' and mentors' own links in it are hidden, unless they can reach nobody any other way."""
    db = request_db()
    mail = _mail(db, mail_id)
    audit(db, _actor(), "mail.see", "mail", mail_id)
    hidden = bool(_settings().smtp_host)
    return render_template(
        "mail/show.html", mail=mail, look=STATES[mail["state"]], attachments=unpacked(mail["attachments_json"]),
        body=_LINK.sub(r"\1…", mail["body"]) if hidden else mail["body"], links_hidden=hidden,
    )  # fmt: skip


@blueprint.post("/staff/mail/<mail_id>/resend")
def resend(mail_id: str) -> Response:
    """Send a mail now, or anew. Asked twice, it goes once: the second time it waits already."""
    with writing(request_db()) as db:
        mail = _mail(db, mail_id)
        if mail["state"] == "queued":
            db.execute("update mails set next_try_at = ? where id = ?", (stamp(), mail_id))
        elif mail["state"] != "sending":
            db.execute(
                "update mails set state = 'queued', tries = 0, resent = resent + 1, next_try_at = ? where id = ?", (stamp(), mail_id)
            )
            audit(db, _actor(), "mail.resend", "mail", mail_id, was=mail["state"])
    flash("送信待ちにしました。まもなく送られます。", "success")
    return redirect(url_for("mail.show", mail_id=mail_id), 303)


@blueprint.post("/staff/mail/bounces/<bounce_id>/seen")
def bounce_seen(bounce_id: str) -> Response:
    """Somebody takes care of an address that mail does not reach."""
    with writing(request_db()) as db:
        if not one(db, "select id from bounces where id = ?", (bounce_id,)):
            abort(404)
        changed = db.execute("update bounces set seen_by = ?, seen_at = ? where id = ? and seen_at is null", (_actor(), stamp(), bounce_id))
        if changed.rowcount:
            audit(db, _actor(), "bounce.seen", "bounce", bounce_id)
    flash("確認済みにしました。", "success")
    return redirect(url_for("mail.desk"), 303)


def _mail(db: Database, mail_id: str) -> Row:
    """The mail; an invitation of staff opens an account, so the director alone may look at it."""
    mail = one(db, "select * from mails where id = ?", (mail_id,)) or abort(404)
    staff = current_staff()
    if mail["about_kind"] == "staff" and (staff is None or staff["role"] != "director"):
        abort(403)
    return mail


def _actor() -> str:
    staff = current_staff()
    assert staff is not None  # noqa: S101 (the gate let nobody else in)
    return str(staff["id"])


def _settings() -> Settings:
    settings: Settings = current_app.config["SITE"].settings
    return settings
