"""What visitors see of classes: the search and each class's page."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import abort, current_app, render_template, request, url_for
from werkzeug.wrappers import Response

from web.classes.blueprint import blueprint
from web.classes.event_data import event_data
from web.classes.feeds import MEDIA_TYPE, calendar_of, entries_of
from web.classes.queries import ClassView, is_public, load_class, published
from web.classes.queries import search as find
from web.classes.searching import SearchForm
from web.clock import now, stamp
from web.data import Row, every, request_db
from web.language import current_language
from web.paging import paging

A_PAGE = 12
KEPT_IN_FEED = timedelta(days=366)
"""Sessions that ended longer ago leave the whole site's feed."""
MAP = "https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=17/{latitude}/{longitude}"


@blueprint.get("/classes/")
def search() -> tuple[str, int]:
    db = request_db()
    form = SearchForm(request.args, meta={"csrf": False})
    form.fill_choices(db)
    good = form.validate()
    found = find(db, form.asked(), now())
    page, pages, skip = paging(len(found), A_PAGE)
    html = render_template(
        "classes/search.html",
        form=form,
        found=found,
        shown=found[skip : skip + A_PAGE],
        page=page,
        pages=pages,
        page_url=_page_url,
        asked=any(request.args.values()),
    )
    return html, 200 if good else 422


def _page_url(page: int) -> str:
    asked = {name: value for name, value in request.args.items() if value and name != "page"}
    return url_for("classes.search", **asked, page=page)  # type: ignore[arg-type]


@blueprint.get("/classes/<class_id>")
def show(class_id: str) -> str:
    return class_page(public_class(class_id), now())


@blueprint.get("/classes/<class_id>.ics")
def class_feed(class_id: str) -> Response:
    return feed([public_class(class_id)], f"{class_id}.ics")


@blueprint.get("/calendar.ics")
def whole_feed() -> Response:
    since = stamp(now() - KEPT_IN_FEED)
    views = published(request_db())
    return feed(
        [replace(view, sessions=[one for one in view.sessions if one.row["ends_at"] > since]) for view in views], "calendar.ics", whole=True
    )


def public_class(class_id: str) -> ClassView:
    """The class that visitors may see; 404 for any other."""
    view = load_class(request_db(), class_id)
    if view is None or not is_public(view.row):
        abort(404)
    return view


def class_page(view: ClassView, moment: datetime, *, preview: bool = False) -> str:
    """A class's page; ``preview``: as staff sees it before it is published, without a way to apply."""
    return render_template(
        "classes/show.html",
        view=view,
        row=view.row,
        window=view.window(moment),
        questions=questions_of(view.id),
        places=_places(view),
        event=event_data(view, moment),
        apply_url=None if preview else url_of("apply.start", view.id),
        lottery_url=None if preview or view.row["admission"] != "lottery" else url_of("lottery.show", view.id),
        preview=preview,
    )


def questions_of(class_id: str) -> list[Row]:
    return every(request_db(), "select * from class_questions where class = ? order by position, id", (class_id,))


def _places(view: ClassView) -> list[dict[str, Any]]:
    """The places of a class, each once, with the address of a map."""
    places = {session.place["id"]: session.place for session in view.live or view.sessions}
    return [{**place, "map": map_url(place)} for place in places.values()]


def map_url(place: Row) -> str | None:
    """A map to look at elsewhere; nothing is loaded from there."""
    return None if place["latitude"] is None or place["longitude"] is None else MAP.format(**place)


def url_of(endpoint: str, class_id: str) -> str | None:
    """Another room's page about a class, when there is one."""
    rule = next(iter(current_app.url_map.iter_rules(endpoint)), None) if endpoint in current_app.view_functions else None
    return url_for(endpoint, **dict.fromkeys(rule.arguments, class_id)) if rule else None  # type: ignore[arg-type]


def feed(views: list[ClassView], name: str, *, whole: bool = False) -> Response:
    """The sessions of classes as a calendar's file; ``whole``: it is the site's, not one class's."""
    settings = current_app.config["SITE"].settings
    title = settings.site_name if whole else views[0].title.plain(current_language())
    language = current_language()
    entries = [entry for view in views for entry in entries_of(view, language=language)]
    body = calendar_of(entries, settings=settings, name=title, language=language, own=request.base_url)
    response = Response(body, content_type=MEDIA_TYPE)
    response.headers["Content-Disposition"] = f"inline; filename={name}"
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
