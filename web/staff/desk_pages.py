"""The desk: what is on today and what waits for somebody."""

from __future__ import annotations

from flask import render_template

from web.clock import now
from web.data import request_db
from web.staff.blueprint import blueprint
from web.staff.sessions import signed_in
from web.staff.waiting import todays_sessions, waiting_for


@blueprint.get("/staff/")
def desk() -> str:
    db, at, role = request_db(), now(), signed_in()["role"]
    return render_template("staff/desk.html", today=todays_sessions(db, at), waiting=waiting_for(db, role, at))
