"""The audit log: for directors."""

from __future__ import annotations

import json
from typing import Any

from flask import render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField, StringField

from web.clock import now
from web.data import request_db
from web.forms import SiteForm, at_most, optional
from web.language import Text
from web.paging import paging
from web.staff.audit import audit, broken_line
from web.staff.blueprint import blueprint
from web.staff.log import PER_PAGE, Filter, actors, as_csv, count, kinds, lines
from web.staff.sessions import signed_in

SHORT = 24
_NO_DAY = Text("日付の形になっていません（例: 2026-12-05）")


class LogForm(SiteForm):
    """A form sent by GET: it changes nothing and needs no token."""

    class Meta(SiteForm.Meta):
        csrf = False

    actor = SelectField(Text("だれが"), [optional()], validate_choice=False)
    kind = SelectField(Text("何を"), [optional()], validate_choice=False)
    subject = StringField(Text("番号（ID）"), [optional(), at_most(40)])
    from_day = DateField(Text("いつから"), [optional()])
    to_day = DateField(Text("いつまで"), [optional()])

    def filter(self) -> Filter:
        return Filter(self.actor.data or "", self.kind.data or "", self.subject.data or "", "", self.from_day.data, self.to_day.data)


def _form() -> LogForm:
    db, form = request_db(), LogForm(request.args)
    who = [(row["id"], row["name"]) for row in actors(db)]
    form.actor.choices = _choices([("", "すべて"), ("system", "自動"), ("public", "一般の人"), *who], form.actor.data)
    form.kind.choices = _choices([("", "すべて"), *((kind, kind) for kind in kinds(db))], form.kind.data)
    if not form.validate():
        for day in (form.from_day, form.to_day):
            day.errors = [_NO_DAY] if day.errors else []
    return form


def _choices(known: list[tuple[str, str]], chosen: str | None) -> list[tuple[str, str]]:
    """With what was asked for, when it is none of them: a family, a mentor."""
    return known if not chosen or chosen in dict(known) else [*known, (chosen, chosen[:40])]


@blueprint.get("/staff/log")
def log() -> str | tuple[str, int]:
    db, form = request_db(), _form()
    wanted = Filter() if form.errors else form.filter()
    total = count(db, wanted)
    page, pages, skip = paging(total, PER_PAGE)
    kept: dict[str, Any] = {name: given for name, given in request.args.items() if name in form.data and given}
    check = "check" in request.args
    html = render_template(
        "staff/log.html",
        form=form,
        lines=lines(db, wanted, skip),
        total=total,
        page=page,
        pages=pages,
        address=lambda number: url_for("staff.log", page=number, **kept),
        csv=url_for("staff.log_csv", **kept),
        detail=_detail,
        check=check,
        broken=broken_line(db) if check else None,
    )
    return (html, 422) if form.errors else html


def _detail(kept: str) -> str:
    """A line's detail for reading: long values (hashes, lists) cut short; the CSV has them whole."""
    try:
        pairs = json.loads(kept).items()
    except (ValueError, AttributeError):
        return kept[:SHORT]
    return "、 ".join(f"{name}: {str(given) if len(str(given)) <= SHORT else str(given)[:SHORT] + '…'}" for name, given in pairs)


@blueprint.get("/staff/log.csv")
def log_csv() -> Response | tuple[str, int]:
    db, form = request_db(), _form()
    if form.errors:
        return "日付の形になっていません。", 422
    audit(db, signed_in()["id"], "log.export", "audit", "all", filters=sorted(name for name, given in request.args.items() if given))
    name = f"log-{now():%Y%m%d}.csv"
    return Response(
        "\ufeff" + as_csv(db, form.filter()),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
