"""One's own account: sessions, password, recovery codes."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from wtforms import PasswordField
from wtforms.validators import EqualTo

from web.clock import now
from web.data import one, request_db, writing
from web.forms import SiteForm, at_most, needed
from web.language import Text
from web.staff.audit import audit
from web.staff.blueprint import blueprint
from web.staff.credentials import LONGEST, hash_password, new_recovery_codes, password_fault, recovery_codes_left, right_password
from web.staff.limits import ACCOUNT, admit, forgive, key
from web.staff.sessions import end_session, end_sessions, give_cookie, open_session, session_token, sessions_of, signed_in

WRONG = Text("いまのパスワードが違います。続けて間違えたときは、少し待ってください")


class OwnPassword(SiteForm):
    """What must be typed again before the account itself changes: a tablet left open must not give it away."""

    now = PasswordField(Text("いまのパスワード"), [needed(), at_most(LONGEST)], render_kw={"autocomplete": "current-password"})


class NewPassword(OwnPassword):
    new = PasswordField(
        Text("新しいパスワード"),
        [needed()],
        description=Text("12文字以上。いくつかの言葉をつなげると、長くて覚えやすくなります。"),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        Text("もう一度 新しいパスワード"),
        [needed(), EqualTo("new", Text("2つのパスワードが同じではありません"))],
        render_kw={"autocomplete": "new-password"},
    )


def _page(password: NewPassword | None = None, codes: OwnPassword | None = None) -> ResponseReturnValue:
    db, staff = request_db(), signed_in()
    page = render_template(
        "staff/own.html",
        sessions=sessions_of(db, staff["id"]),
        left=recovery_codes_left(db, staff["id"]),
        password=password or NewPassword(formdata=None),
        codes=codes or OwnPassword(formdata=None, prefix="codes-"),
    )
    return page, 422 if password or codes else 200


def _typed_right(form: OwnPassword) -> bool:
    """Is it this account's password? Wrong answers count as they do at sign-in."""
    db, staff = request_db(), signed_in()
    keys = [key(current_app.config["SITE"].settings, "own", staff["id"], ACCOUNT)]
    stored = one(db, "select password_hash from staff where id = ?", (staff["id"],))
    right = not admit(db, keys, now()) and right_password(stored["password_hash"] if stored else None, form.now.data or "")
    if right:
        forgive(db, keys)
    else:
        form.now.errors = [WRONG]
    return right


@blueprint.get("/staff/me")
def me() -> ResponseReturnValue:
    return _page()


@blueprint.post("/staff/me/password")
def new_password() -> ResponseReturnValue:
    db, staff, form = request_db(), signed_in(), NewPassword()
    if not form.validate():
        return _page(password=form)
    fault = password_fault(form.new.data or "", (staff["login"], staff["name"]))
    if fault:
        form.new.errors = [fault]
        return _page(password=form)
    if not _typed_right(form):
        return _page(password=form)
    password_hash = hash_password(form.new.data or "")
    with writing(db):
        db.execute("update staff set password_hash = ? where id = ?", (password_hash, staff["id"]))
        end_sessions(db, staff["id"])
        audit(db, staff["id"], "staff.new_password", "staff", staff["id"])
    session.clear()
    flash("パスワードを新しくしました。ほかの場所ではサインアウトしました。", "success")
    return give_cookie(redirect(url_for("staff.me"), 303), open_session(db, staff["id"], totp_done=True))


@blueprint.post("/staff/me/recovery-codes")
def new_codes() -> ResponseReturnValue:
    db, staff, form = request_db(), signed_in(), OwnPassword(prefix="codes-")
    if not form.validate() or not _typed_right(form):
        return _page(codes=form)
    with writing(db):
        codes = new_recovery_codes(db, current_app.config["SITE"].settings, staff["id"])
        audit(db, staff["id"], "staff.new_codes", "staff", staff["id"])
    return render_template("staff/recovery_codes.html", codes=codes, first=False)


@blueprint.post("/staff/me/sessions")
def end_own_sessions() -> ResponseReturnValue:
    """End the other sessions, or (``all``) this one too."""
    db, staff = request_db(), signed_in()
    everywhere = request.form.get("which") == "all"
    with writing(db):
        ended = end_sessions(db, staff["id"], but="" if everywhere else session_token())
        audit(db, staff["id"], "staff.end_sessions", "staff", staff["id"], ended=ended)
    if everywhere:
        end_session(db, session_token())
        session.clear()
        flash("すべてサインアウトしました。", "success")
        return give_cookie(redirect(url_for("staff.sign_in"), 303), "")
    flash("ほかの場所ではサインアウトしました。", "success")
    return redirect(url_for("staff.me"), 303)
