"""Signing in with password and code, the first visit by invitation, signing out."""

from __future__ import annotations

import math
import secrets
from datetime import timedelta

import segno
from flask import abort, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlite_utils import Database
from werkzeug.wrappers import Response
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import EqualTo

from kanikko.settings import Settings
from web.clock import now
from web.data import Row, one, request_db
from web.forms import SiteForm, at_most, clean, needed
from web.language import Text
from web.links import sign, signed
from web.staff.audit import audit
from web.staff.blueprint import blueprint
from web.staff.credentials import LONGEST, password_fault, right_password, totp_address, use_recovery_code, use_totp
from web.staff.invitations import UsedUp, WrongCode, accept, find, totp_of
from web.staff.limits import ACCOUNT, ADDRESS, Key, admit, forgive, key, start_afresh
from web.staff.redirects import safe_next
from web.staff.sessions import current_staff, end_session, give_cookie, half_signed_in, open_session, session_token, signed_in

KNOWN = "kanikko-desk"
"""Cookie of a browser in which this account has signed in: others' wrong answers elsewhere do not lock its owner out."""
KNOWN_FOR = timedelta(days=180)

WRONG = Text("IDかパスワードが違います。")
WRONG_CODE = Text("数字が違うか、一度使った数字です。アプリに次の数字が出てから入力してください。")
STALE = "時間がたったので、もう一度パスワードから入力してください。"


class PasswordForm(SiteForm):
    login = StringField(
        Text("ID（メールアドレス）"), [needed(), at_most()], render_kw={"autocomplete": "username", "autocapitalize": "none"}
    )
    password = PasswordField(Text("パスワード"), [needed(), at_most(LONGEST)], render_kw={"autocomplete": "current-password"})
    next = HiddenField()


class CodeForm(SiteForm):
    code = StringField(
        Text("6けたの数字"),
        [needed(), at_most(20)],
        description=Text("認証アプリに出ている数字。アプリがないときは、回復コードを1つ入力してください。"),
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "none"},
    )
    next = HiddenField()


class InvitationForm(SiteForm):
    password = PasswordField(
        Text("新しいパスワード"),
        [needed()],
        description=Text("12文字以上。いくつかの言葉をつなげると、長くて覚えやすくなります。"),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        Text("もう一度 同じパスワード"),
        [needed(), EqualTo("password", Text("2つのパスワードが同じではありません"))],
        render_kw={"autocomplete": "new-password"},
    )
    code = StringField(
        Text("アプリに出ている6けたの数字"), [needed(), at_most(20)], render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"}
    )


def _settings() -> Settings:
    settings: Settings = current_app.config["SITE"].settings
    return settings


def _address() -> Key:
    return key(_settings(), "address", request.remote_addr or "", ADDRESS)


def _account(login: str, staff: str) -> Key:
    """What wrong answers for this login count against: the account, or a browser that it knows."""
    mark = request.cookies.get(KNOWN, "")
    known = bool(staff) and (signed("desk", mark) or "").startswith(f"{staff}:")
    return key(_settings(), "browser", mark, ACCOUNT) if known else key(_settings(), "account", login.lower(), ACCOUNT)


def _wait_words(wait: timedelta) -> Text:
    seconds = math.ceil(wait.total_seconds())
    words = f"{seconds}秒" if seconds <= 90 else f"{math.ceil(seconds / 60)}分"
    return Text(f"間違いが続いたため、あと {words} は試せません。お急ぎのときは、責任者に新しい招待を頼んでください。")


def _refuse(template: str, form: SiteForm, why: Text, status: int, **values: object) -> ResponseReturnValue:
    form.form_errors.append(why)
    return render_template(template, form=form, **values), status


# ---------------------------------------------------------------------- password, then code
@blueprint.route("/staff/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    form = PasswordForm()
    if request.method == "GET":
        if current_staff():
            return redirect(safe_next(request.args.get("next"), url_for("staff.desk")))
        form.next.data = request.args.get("next")
        return render_template("staff/sign_in.html", form=form)
    if not form.validate():
        return render_template("staff/sign_in.html", form=form), 422
    db, login, password = request_db(), form.login.data or "", form.password.data or ""
    found = one(db, "select id, password_hash from staff where login = ? and active", (login,))
    keys = [_account(login, found["id"] if found else ""), _address()]
    wait = admit(db, keys, now())
    if wait:
        return _refuse("staff/sign_in.html", form, _wait_words(wait), 429)
    if not right_password(found["password_hash"] if found else None, password) or found is None:
        return _refuse("staff/sign_in.html", form, WRONG, 422)
    forgive(db, keys)
    end_session(db, session_token())
    token = open_session(db, found["id"], totp_done=False)
    return give_cookie(redirect(url_for("staff.sign_in_code", next=safe_next(form.next.data, "") or None), 303), token)


@blueprint.route("/staff/sign-in/code", methods=["GET", "POST"])
def sign_in_code() -> ResponseReturnValue:
    db, half = request_db(), half_signed_in()
    form = CodeForm()
    address = request.args.get("next") if request.method == "GET" else form.next.data
    if half is None:
        if not current_staff():
            flash(STALE, "warning")
        return redirect(url_for("staff.sign_in", next=safe_next(address, "") or None), 303)
    if request.method == "GET":
        form.next.data = address
        return render_template("staff/sign_in_code.html", form=form)
    if not form.validate():
        return render_template("staff/sign_in_code.html", form=form), 422
    keys = [_account(half["login"], half["id"]), _address()]
    wait = admit(db, keys, now())
    if wait:
        return _refuse("staff/sign_in_code.html", form, _wait_words(wait), 429)
    how = _second_factor(db, half["id"], clean(form.code.data) or "")
    if not how:
        audit(db, half["id"], "staff.wrong_code", "staff", half["id"])
        return _refuse("staff/sign_in_code.html", form, WRONG_CODE, 422)
    forgive(db, keys)
    start_afresh(db, keys[0])
    return _let_in(db, half["id"], how, safe_next(address, url_for("staff.desk")))


def _second_factor(db: Database, staff: str, code: str) -> str:
    """``totp`` or ``recovery``, whichever the code is; '' for neither."""
    row = one(db, "select id, totp_sealed from staff where id = ?", (staff,))
    if row and code.replace(" ", "").isascii() and use_totp(db, _settings(), row, code.replace(" ", "")):
        return "totp"
    return "recovery" if use_recovery_code(db, _settings(), staff, code) else ""


def _let_in(db: Database, staff: str, how: str, address: str) -> Response:
    """A new session (the one before the code is over), a new form token, and on."""
    end_session(db, session_token())
    session.clear()
    audit(db, staff, "staff.sign_in", "staff", staff, by=how)
    if how == "recovery":
        flash("回復コードを1つ使いました。認証アプリをなくしたときは、責任者に新しい招待を頼んでください。", "warning")
    response = give_cookie(redirect(address, 303), open_session(db, staff, totp_done=True))
    return _know(response, staff)


def _know(response: Response, staff: str) -> Response:
    response.set_cookie(
        KNOWN,
        sign("desk", f"{staff}:{secrets.token_urlsafe(9)}"),
        max_age=KNOWN_FOR,
        path="/staff/sign-in",
        httponly=True,
        samesite="Lax",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )
    return response


# ---------------------------------------------------------------------- the first visit
@blueprint.route("/staff/invitation/<token>", methods=["GET", "POST"])
def invitation(token: str) -> ResponseReturnValue:
    db = request_db()
    invited = find(db, token)
    if invited is None:
        abort(404)
    try:
        secret = totp_of(_settings(), invited)
    except UsedUp:
        abort(404)
    form = InvitationForm()
    if request.method == "GET" or not form.validate() or not _good_password(form, invited):
        return _invitation_page(form, invited, secret), 200 if request.method == "GET" else 422
    code = (clean(form.code.data) or "").replace(" ", "")
    try:
        staff, codes = accept(db, _settings(), token, form.password.data or "", code)
    except WrongCode as error:
        form.code.errors = [Text(f"{error.message}{error.remedy}")]
        return _invitation_page(form, invited, secret), 422
    except UsedUp:
        abort(404)
    audit(db, staff, "staff.accept_invitation", "staff", staff)
    session.clear()
    response = Response(render_template("staff/recovery_codes.html", codes=codes, first=True), mimetype="text/html")
    return _know(give_cookie(response, open_session(db, staff, totp_done=True)), staff)


def _good_password(form: InvitationForm, invited: Row) -> bool:
    fault = password_fault(form.password.data or "", (invited["login"], invited["name"]))
    if fault:
        form.password.errors = [fault]
    return fault is None


def _invitation_page(form: InvitationForm, invited: Row, secret: str) -> str:
    qr = segno.make(totp_address(secret, invited["login"]), error="m", micro=False).svg_data_uri(
        scale=5, border=4, dark="#000", light="#fff"
    )
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return render_template("staff/invitation.html", form=form, invited=invited, qr=qr, secret=spaced)


# ---------------------------------------------------------------------- out
@blueprint.post("/staff/sign-out")
def sign_out() -> ResponseReturnValue:
    db, staff = request_db(), signed_in()
    end_session(db, session_token())
    audit(db, staff["id"], "staff.sign_out", "staff", staff["id"])
    session.clear()
    flash("サインアウトしました。", "success")
    return give_cookie(redirect(url_for("staff.sign_in"), 303), "")
