"""Accounts: for directors."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlite_utils import Database
from wtforms import SelectField, StringField

from kanikko.settings import Settings
from web.access import ROLE_WORDS, ROLES, Role
from web.clock import now
from web.data import Row, request_db, writing
from web.forms import SiteForm, at_most, clean_email, email_address, needed
from web.language import Text, day_words
from web.links import address
from web.mail import post
from web.staff.accounts import AccountError, account, add, all_accounts, change_role, deactivate, reactivate, reset_totp
from web.staff.blueprint import blueprint
from web.staff.invitations import VALID, forget_mails, invite
from web.staff.sessions import signed_in

STATES = {"active": "使用中", "invited": "招待中", "none": "招待の期限切れ", "closed": "停止"}
_ROLES = [(role, Text(ROLE_WORDS[role])) for role in ROLES]


class InviteForm(SiteForm):
    login = StringField(
        Text("メールアドレス（IDになります）"), [needed(), at_most(), email_address()], filters=[clean_email], render_kw={"type": "email"}
    )
    name = StringField(Text("名前"), [needed(), at_most()])
    role = SelectField(Text("役割"), [needed()], choices=_ROLES)


class RoleForm(SiteForm):
    role = SelectField(Text("役割"), [needed()], choices=_ROLES)


def _settings() -> Settings:
    settings: Settings = current_app.config["SITE"].settings
    return settings


@blueprint.route("/staff/accounts", methods=["GET", "POST"])
def accounts() -> ResponseReturnValue:
    db, form = request_db(), InviteForm()
    if request.method == "POST" and form.validate():
        try:
            with writing(db):
                login, name = form.login.data or "", form.name.data or ""
                staff, token = add(db, _settings(), login, name, cast(Role, form.role.data), signed_in()["id"])
                _mail_invitation(db, staff, login, name, token)
        except AccountError as error:
            form.login.errors = [Text(f"{error.message}{error.remedy}")]
        else:
            flash(f"{name}さんに招待を送りました。{VALID.days}日のうちに準備してもらってください。", "success")
            return redirect(url_for("staff.account_page", staff=staff), 303)
    status = 422 if request.method == "POST" else 200
    return render_template("staff/accounts.html", rows=all_accounts(db), form=form, states=STATES), status


def _mail_invitation(db: Database, staff: str, login: str, name: str, token: str) -> None:
    link = address("staff.invitation", "ja", token=token)
    values = {"name": name, "link": link, "until": day_words((now() + VALID).date())}
    post(db, "staff/invited", login, "ja", key=f"invited:{staff}:{token[:6]}", values=values, about=("staff", staff))


@blueprint.get("/staff/accounts/<staff>")
def account_page(staff: str) -> str:
    row = _account(staff)
    return render_template("staff/account.html", row=row, form=RoleForm(formdata=None, role=row["role"]), states=STATES)


@blueprint.post("/staff/accounts/<staff>/role")
def account_role(staff: str) -> ResponseReturnValue:
    row, form = _account(staff), RoleForm()
    if not form.validate():
        return render_template("staff/account.html", row=row, form=form, states=STATES), 422
    return _do(row, lambda db, actor: change_role(db, row["id"], cast(Role, form.role.data), actor), "役割を変えました。")


@blueprint.post("/staff/accounts/<staff>/close")
def account_close(staff: str) -> ResponseReturnValue:
    row = _account(staff)
    return _do(row, lambda db, actor: deactivate(db, row["id"], actor), "アカウントを停止しました。")


@blueprint.post("/staff/accounts/<staff>/invite")
def account_invite(staff: str) -> ResponseReturnValue:
    """Invite again: an unused invitation is replaced, both factors of an account in use are taken away, a closed one is opened."""
    row = _account(staff)

    def again(db: Database, actor: str) -> None:
        if row["state"] == "closed":
            token = reactivate(db, _settings(), row["id"], actor)
        elif row["state"] == "active":
            token = reset_totp(db, _settings(), row["id"], actor)
        else:
            forget_mails(db, row["id"])
            token = invite(db, _settings(), row["id"])
        _mail_invitation(db, row["id"], row["login"], row["name"], token)

    return _do(row, again, "新しい招待を送りました。")


def _account(staff: str) -> Row:
    row = account(request_db(), staff)
    if row is None:
        abort(404)
    return row


def _do(row: Row, change: Callable[[Database, str], None], done: str) -> ResponseReturnValue:
    """Make the change in one transaction and say so; or say why it cannot be."""
    db = request_db()
    try:
        with writing(db):
            change(db, signed_in()["id"])
    except AccountError as error:
        flash(f"{error.message}{error.remedy}", "error")
    else:
        flash(done, "success")
    return redirect(url_for("staff.account_page", staff=row["id"]), 303)
