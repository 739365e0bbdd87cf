"""Open data: the list of data sets, and each as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime

from flask import Blueprint, abort, current_app, render_template, request, url_for
from sqlite_utils import Database
from werkzeug.wrappers import Response

from kanikko.settings import Settings
from kanikko.spreadsheet import safe
from web.clock import moment, stamp
from web.data import request_db, value
from web.opendata.datasets import DATA_SETS, DataSet

LICENCE = "CC BY 4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/deed.ja"
KEPT_SECONDS = 300

blueprint = Blueprint("opendata", __name__, template_folder="templates", static_folder="static", static_url_path="/static/opendata")


@blueprint.get("/opendata/")
def listing() -> str:
    return render_template(
        "opendata/listing.html", data_sets=DATA_SETS, licence=LICENCE, licence_url=LICENCE_URL, updated=stamp(_updated(request_db()))
    )


@blueprint.get("/opendata/<name>.csv")
def as_csv(name: str) -> Response:
    chosen, db = _chosen(name), request_db()
    rows, _ = chosen.rows(db, _settings())
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(chosen.columns())
    writer.writerows([safe(cell) for cell in row.values()] for row in rows)
    return _published(out.getvalue(), "text/csv", f"{name}.csv", db)


@blueprint.get("/opendata/<name>.json")
def as_json(name: str) -> Response:
    chosen, db = _chosen(name), request_db()
    rows, _ = chosen.rows(db, _settings())
    told = {
        "title": chosen.title.ja,
        "publisher": _settings().site_organiser or _settings().city,
        "license": LICENCE_URL,
        "modified": stamp(_updated(db)),
        "source": url_for("opendata.listing", _external=True),
        "columns": chosen.columns(),
        "rows": rows,
    }
    return _published(json.dumps(told, ensure_ascii=False, indent=1), "application/json", f"{name}.json", db)


def _settings() -> Settings:
    settings: Settings = current_app.config["SITE"].settings
    return settings


def _chosen(name: str) -> DataSet:
    chosen = {data_set.name: data_set for data_set in DATA_SETS}.get(name)
    return chosen or abort(404)


def _updated(db: Database) -> datetime:
    """When anything that is published was changed last."""
    newest = value(db, "select max(at) from (select max(updated_at) as at from classes union all select max(entered_at) from hand_figures)")
    return moment(newest) if newest else moment("2026-04-01T00:00:00+09:00")


def _published(text: str, media_type: str, name: str, db: Database) -> Response:
    response = Response(text, mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    response.headers["Link"] = f'<{LICENCE_URL}>; rel="license"'
    response.last_modified = _updated(db)
    response.add_etag()
    return response.make_conditional(request)
