"""A whole site with a row of everything, every personal column marked, and a way to fill the path of any route."""

from __future__ import annotations

import html
import itertools
import re
import shutil
from collections.abc import Iterator
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlite_utils import Database
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, Rule
from werkzeug.test import TestResponse

from kanikko.settings import Settings
from tests.web.safety.forms import Form, forms_in
from tests.web.safety.rows import MARKS, PEOPLE, ids, make_rows
from web.access import ROLES, Role, may
from web.app import create_app
from web.data import every, open_database, value
from web.links import family_token, mentor_token
from web.staff.sessions import COOKIE, open_session

_KIND_OF_NAME = {
    "class": "classes", "session": "sessions", "programme": "programmes", "place": "places", "question": "class_questions",
    "outreach": "outreach_requests", "request": "outreach_requests", "ask": "outreach_requests", "family": "families",
    "participant": "participants", "child": "participants", "application": "applications", "entry": "entries", "criterion": "criteria",
    "mentor": "mentors", "qualification": "qualifications", "availability": "availability", "plan": "plans", "assignment": "assignments",
    "offer": "assignments", "skill": "skills", "kit": "kit_kinds", "kind": "kit_kinds", "unit": "kit_units", "reservation": "reservations",
    "loan": "loans", "headcount": "headcounts", "count": "headcounts", "mail": "mails", "letter": "mails", "message": "mails",
    "bounce": "bounces", "figure": "hand_figures", "staff": "staff", "reviewer": "staff",
}  # fmt: skip
_VALUES: dict[str, tuple[str, ...]] = {
    "month": ("2026-12",), "year": ("2026",), "fiscal_year": ("2026",), "day": ("2026-12-15",), "number": ("1",), "filename": ("x.js",),
}  # fmt: skip
LIKELY, TRIES = 12, 200


@dataclass
class World:
    """The site, its database and a client for everybody."""

    app: Flask
    db: Database
    settings: Settings
    clients: dict[Role | None, FlaskClient] = field(default_factory=dict)
    members: dict[Role, str] = field(default_factory=dict)
    filled: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, list[str]] = field(default_factory=dict)
    forms: dict[str, dict[str, str]] = field(default_factory=dict)
    """``METHOD endpoint`` → the fields of the form that a page shows for it, filled as a browser would send it."""
    pages: dict[str, str] = field(default_factory=dict)
    """Path → HTML of the pages that the director saw."""

    def ids(self, table: str) -> list[str]:
        return ids(self.db, table)

    def rules(self, method: str | None = None) -> Iterator[Rule]:
        """Every route but the folders of static files."""
        for rule in self.app.url_map.iter_rules():
            if not rule.endpoint.endswith(".static") and (method is None or method in (rule.methods or ())):
                yield rule

    def someone_allowed(self, endpoint: str) -> Role | None:
        """Somebody who may open it; None where everybody may."""
        return next((role for role in (None, *ROLES) if may(role, endpoint)), None)

    def path(self, rule: Rule) -> str:
        """The route's path with rows that are there: the first filling under which the page opens, else the most plausible."""
        key = f"{rule.endpoint} {rule.rule}"
        if key not in self.filled:
            self.filled[key] = self._fill(rule)
        return self.filled[key]

    def _fill(self, rule: Rule) -> str:
        names = sorted(rule.arguments)
        likely = itertools.product(*([(name, one) for one in self._candidates(rule, name)[:LIKELY]] for name in names))
        others = itertools.product(*([(name, one) for one in self._candidates(rule, name, everything=True)] for name in names))
        tried = (self._build(rule, dict(chosen)) for chosen in itertools.islice(itertools.chain(likely, others), TRIES))
        paths = [path for path in tried if path is not None]
        if len(paths) > 1 and "GET" in (rule.methods or ()):
            client = self.clients[self.someone_allowed(rule.endpoint)]
            return next((path for path in paths if (answer := self._look(client, path)) and answer.status_code < 400), paths[0])
        return paths[0] if paths else rule.rule.replace("<", "").replace(">", "")

    def discover(self) -> None:
        """Walk the pages as the director and the owners of links do, and keep for each route the first address that a page names."""
        adapter = self.app.url_map.bind("localhost")
        starts = [rule.rule for rule in self.rules("GET") if not rule.arguments]
        links = [f"/my/{token}/" for token in self.tokens["family"][:2]] + [f"/mentor/{token}/" for token in self.tokens["mentor"][:2]]
        seen, waiting = dict[str, int](), [*starts, *links]
        while waiting:
            path = waiting.pop(0)
            try:
                endpoint = adapter.match(path.partition("?")[0], "GET")[0]
            except HTTPException:
                continue
            if endpoint.endswith(".static") or seen.get(endpoint, 0) >= 2 or re.search(r"\.[a-z]{2,5}$", path):
                continue
            seen[endpoint] = seen.get(endpoint, 0) + 1
            answer = self._look(self.clients["director"], path)
            if answer and answer.status_code == 200 and answer.mimetype == "text/html":
                self.pages[path] = answer.text
                for form in forms_in(answer.text):
                    self._remember(adapter, path, form)
                for link in re.findall(r'(?:href|action)="(/[^"#]*)', answer.text):
                    self._keep(adapter, html.unescape(link))
                    waiting.append(html.unescape(link))

    @staticmethod
    def _look(client: FlaskClient, path: str) -> TestResponse | None:
        """None where the page itself fails: the tests that open every page say so."""
        try:
            return client.get(path)
        except Exception:
            return None

    def _remember(self, adapter: MapAdapter, page: str, form: Form) -> None:
        try:
            endpoint = adapter.match((form.action or page).partition("?")[0], form.method)[0]
        except HTTPException:
            return
        self.forms.setdefault(f"{form.method} {endpoint}", {}).update(form.fields)

    def _keep(self, adapter: MapAdapter, link: str) -> None:
        path = link.partition("?")[0]
        for method in ("GET", "POST"):
            try:
                rule, _ = adapter.match(path, method, return_rule=True)
            except HTTPException:
                continue
            self.filled.setdefault(f"{rule.endpoint} {rule.rule}", path)

    def revive(self) -> None:
        """After hostile hands were here: everybody works here again, and every link is good."""
        for role, client in self.clients.items():
            if role is not None:
                self.db.execute("update staff set role = ?, active = 1 where id = ?", (role, self.members[role]))
                client.set_cookie(COOKIE, open_session(self.db, self.members[role], totp_done=True))
        for table in ("families", "mentors"):
            self.db.execute(f"update {table} set link_version = 1, erased_at = null")

    def _build(self, rule: Rule, values: dict[str, str]) -> str | None:
        converted = {
            name: int(one) if type(rule._converters[name]).__name__ == "IntegerConverter" and one.isdigit() else one
            for name, one in values.items()
        }
        try:
            return self.app.url_map.bind("localhost").build(rule.endpoint, converted)
        except Exception:
            return None

    def _candidates(self, rule: Rule, name: str, *, everything: bool = False) -> list[str]:
        if type(rule._converters[name]).__name__ == "IntegerConverter":
            return list(_VALUES.get(name, ("2026", "1")))
        if hasattr(rule._converters[name], "items"):
            return sorted(rule._converters[name].items)
        if name in _VALUES:
            return list(_VALUES[name])
        if name in ("token", "link"):
            return self.tokens["mentor"] if rule.rule.startswith("/mentor") else self.tokens["family"] + self.tokens["mentor"]
        if name == "code":
            return [str(row["checkin_code"]) for row in every(self.db, "select checkin_code from entries")]
        bare = name.removesuffix("_").removesuffix("_id").removeprefix("of_")
        room = rule.endpoint.partition(".")[0]
        table = _KIND_OF_NAME.get(bare) or _KIND_OF_NAME.get(room) or room
        tables = [table] if table in self.db.table_names() else []
        if everything or not tables:
            tables += [other for other in dict.fromkeys(_KIND_OF_NAME.values()) if other not in tables]
        return [one for each in tables for one in self.ids(each)]

    def every_url(self, method: str) -> Iterator[tuple[Rule, str]]:
        for rule in self.rules(method):
            yield rule, self.path(rule)


def build(settings: Settings) -> World:
    """A site on which everything was looked at once. The caller has set the clock."""
    world = _open(settings, csrf=True)
    with world.app.app_context():
        make_rows(world.db, settings)
    world.members = {role: str(value(world.db, "select id from staff where role = ?", (role,))) for role in ROLES}
    world.revive()
    _tokens(world)
    world.discover()
    return world


def copy(world: World, settings: Settings, *, csrf: bool) -> World:
    """The same site on files of its own, for tests that change it. ``csrf``: forms need their token, as on the real site."""
    shutil.copytree(world.settings.var, settings.var)
    made = _open(settings, csrf=csrf)
    for name in ("members", "filled", "tokens", "forms", "pages"):
        setattr(made, name, dict(getattr(world, name)))
    made.revive()
    return made


def _open(settings: Settings, *, csrf: bool) -> World:
    app = create_app(settings, testing=True)
    app.config["WTF_CSRF_ENABLED"] = csrf
    inner: Any = app.wsgi_app
    app.wsgi_app = lambda environ, start: Context().run(inner, environ, start)  # type: ignore[method-assign]
    clients: dict[Role | None, FlaskClient] = {who: app.test_client() for who in (None, *ROLES)}
    return World(app, open_database(settings.site_db), settings, clients)


def _tokens(world: World) -> None:
    with world.app.test_request_context():
        world.tokens["family"] = [family_token(row) for row in every(world.db, "select * from families order by rowid")]
        world.tokens["mentor"] = [mentor_token(row) for row in every(world.db, "select * from mentors order by rowid")]


def secrets_of(world: World) -> list[str]:
    """Marks, ids of people, check-in codes and links: none of it is for the public."""
    ids = [one for table in PEOPLE for one in world.ids(table)]
    codes = [row["checkin_code"] for row in every(world.db, "select checkin_code from entries")]
    return [*MARKS, *ids, *codes, *world.tokens["family"], *world.tokens["mentor"]]


def refuses(access: object) -> bool:
    """Does this line of the table keep the public out?"""
    return not isinstance(access, str)
