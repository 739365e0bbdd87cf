"""A whole site with a row of everything, every personal column marked, and a way to fill the path of any route."""

from __future__ import annotations

import html
import itertools
import re
import shutil
from collections.abc import Iterator
from contextvars import Context
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlite_utils import Database
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, Rule
from werkzeug.test import TestResponse

from kanikko.settings import Settings
from tests.web import make
from tests.web.safety.forms import Form, forms_in
from web.access import ROLES, Role, may
from web.app import create_app
from web.clock import now, stamp
from web.data import Row, every, open_database, value
from web.ids import new_id
from web.links import family_token, mentor_token
from web.lottery import book
from web.staff.audit import audit
from web.staff.sessions import COOKIE, open_session

NAME, KANA, ADDRESS, PHONE, BIRTH = "ひみつ花子", "ヒミツハナコ", "himitsu", "0769998888", "2016-11-17"
MARKS = (NAME, KANA, ADDRESS, PHONE, BIRTH)
"""What stands in the personal columns of this world and must never be seen by the public."""

PERSONAL: dict[str, dict[str, str]] = {
    "families": {
        "guardian_name": NAME, "guardian_kana": KANA, "email": "{a}f", "phone": PHONE, "emergency_name": NAME, "emergency_phone": PHONE,
    },
    "participants": {"name": NAME, "kana": KANA, "birth_date": BIRTH, "care_note": NAME},
    "answers": {"text": NAME},
    "reviews": {"comment": NAME},
    "mentors": {"name": NAME, "kana": KANA, "email": "{a}m", "phone": PHONE, "notes": NAME},
    "qualifications": {"note": NAME},
    "staff": {"login": "{a}s", "name": NAME},
    "outreach_requests": {"contact_name": NAME, "email": "{a}o", "phone": PHONE, "notes": NAME},
    "reservations": {"borrower_name": NAME, "borrower_contact": PHONE, "borrower_email": "{a}r", "purpose": NAME},
    "mails": {"recipient": "{a}l", "subject": NAME, "body": NAME},
    "bounces": {"address": "{a}b", "reason": NAME},
}  # fmt: skip
"""Table → column → mark; ``{a}``: a mail address of its own a row."""

PEOPLE = ("families", "participants", "mentors", "staff", "applications", "entries")
"""Tables whose ids the public never sees either."""

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
TRIES = 80


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
        return [str(row["id"]) for row in every(self.db, f"select id from {table} order by rowid")]

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
        choices = [[(name, one) for one in self._candidates(rule, name)] for name in sorted(rule.arguments)]
        paths = [self._build(rule, dict(chosen)) for chosen in itertools.islice(itertools.product(*choices), TRIES)]
        found = [path for path in paths if path is not None]
        if len(found) > 1 and "GET" in (rule.methods or ()):
            client = self.clients[self.someone_allowed(rule.endpoint)]
            return next((path for path in found if (answer := self._look(client, path)) and answer.status_code < 400), found[0])
        return found[0] if found else rule.rule.replace("<", "").replace(">", "")

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

    def revive(self) -> None:
        """After hostile hands were here: everybody works here again, and every link is good."""
        for role, client in self.clients.items():
            if role is not None:
                self.db.execute("update staff set role = ?, active = 1 where id = ?", (role, self.members[role]))
                client.set_cookie(COOKIE, open_session(self.db, self.members[role], totp_done=True))
        for table in ("families", "mentors"):
            self.db.execute(f"update {table} set link_version = 1, erased_at = null")

    def _keep(self, adapter: MapAdapter, link: str) -> None:
        path = link.partition("?")[0]
        for method in ("GET", "POST"):
            try:
                rule, _ = adapter.match(path, method, return_rule=True)
            except HTTPException:
                continue
            self.filled.setdefault(f"{rule.endpoint} {rule.rule}", path)

    def _build(self, rule: Rule, values: dict[str, str]) -> str | None:
        converted = {
            name: int(one) if type(rule._converters[name]).__name__ == "IntegerConverter" and one.isdigit() else one
            for name, one in values.items()
        }
        try:
            return self.app.url_map.bind("localhost").build(rule.endpoint, converted)
        except Exception:
            return None

    def _candidates(self, rule: Rule, name: str) -> list[str]:
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
        tables += [other for other in dict.fromkeys(_KIND_OF_NAME.values()) if other not in tables]
        return [one for each in tables for one in self.ids(each)]

    def every_url(self, method: str) -> Iterator[tuple[Rule, str]]:
        for rule in self.rules(method):
            yield rule, self.path(rule)


def build(settings: Settings) -> World:
    """A site on which everything was looked at once. The caller has set the clock."""
    world = _open(settings, csrf=True)
    with world.app.app_context():
        _rows(world)
        _mark(world.db)
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


def _rows(world: World) -> None:
    db, soon, ago = world.db, now() + timedelta(days=14), now() - timedelta(days=40)
    staff = {role: make.make_staff(db, role=role) for role in ROLES}
    place, skill = make.make_place(db), make.make_skill(db)
    mentors = [make.make_mentor(db, skills=(skill["id"],)) for _ in range(3)]
    db.execute("update staff set mentor = ? where id = ?", (mentors[0]["id"], staff["mentor"]["id"]))
    kit = make.make_kit(db)
    classes = {
        admission: make.make_class(db, admission=admission, sessions=2, place=place, capacity=3)
        for admission in ("first_come", "lottery", "selection")
    }
    past = make.make_class(db, starts=ago, place=place)
    make.make_session(db, past, place, now().replace(hour=8, minute=30), number=2)
    make.make_class(db, state="draft", title="したがき")
    question = {
        "id": new_id("question"),
        "class": classes["first_come"]["id"],
        "position": 1,
        "kind": "text",
        "text": "すきな色",
        "reason": "色を決めます",
    }
    db["class_questions"].insert(question)
    for made in classes.values():
        db["class_mentors"].insert({"class": made["id"], "skill": skill["id"], "role": "lead", "count": 1})
        db["class_kits"].insert({"class": made["id"], "kind": kit["id"], "count": 1})
    for number, state in enumerate(("accepted", "waiting", "offered")):
        family = make.make_family(db)
        children = [make.make_participant(db, family, gender="female", birth_date=BIRTH) for _ in range(2)]
        _, entries = make.make_application(db, classes["first_come"], family, children, state=state)
        for each in entries:
            db["answers"].insert({"entry": each["id"], "question": question["id"], "text": NAME})
            if state == "offered":
                db.execute("update entries set offered_until = ? where id = ?", (stamp(soon), each["id"]))
            if state == "waiting":
                db.execute("update entries set waiting_order = ? where id = ?", (number, each["id"]))
        make.make_application(db, classes["lottery"], family, children, state="applied")
        _, selected = make.make_application(db, classes["selection"], family, children[:1], state="applied")
        make.make_application(db, past, family, children)
        if number == 0:
            criterion = {"id": new_id("criterion"), "class": classes["selection"]["id"], "position": 1, "name": "やる気", "most": 5}
            db["criteria"].insert(criterion)
            db["reviewers"].insert({"class": classes["selection"]["id"], "staff": staff["reviewer"]["id"]})
            review = {
                "entry": selected[0]["id"],
                "reviewer": staff["reviewer"]["id"],
                "criterion": criterion["id"],
                "points": 3,
                "at": stamp(),
            }
            db["reviews"].insert({**review, "comment": NAME})
        for session in every(db, "select id from sessions where class = ?", (past["id"],)):
            for child in children:
                db["attendances"].insert(
                    {"session": session["id"], "participant": child["id"], "state": "present", "at": stamp(), "via": "qr",
                     "by": staff["duty"]["id"], "key": new_id("entry")}
                )  # fmt: skip
            db["headcounts"].insert(
                {"id": new_id("headcount"), "session": session["id"], "age_band": "preschool", "count": 4, "key": new_id("entry"),
                 "by": staff["duty"]["id"], "at": stamp()}
            )  # fmt: skip
    make.make_family(db, email=None, via="phone")
    db["reviewers"].insert({"class": classes["selection"]["id"], "staff": staff["director"]["id"]})
    audit(db, "public", "family.ask_erasure", "family", world.ids("families")[0])
    _draws(world, classes["lottery"], place)
    _work(world, classes, mentors, kit, staff)


def _draws(world: World, open_class: Row, place: Row) -> None:
    """A lottery that families can still enter, and one that was drawn."""
    db, settings = world.db, world.settings
    over = make.make_class(db, admission="lottery", place=place, capacity=1, apply_to=stamp(now() - timedelta(hours=1)))
    for _ in range(2):
        family = make.make_family(db)
        make.make_application(db, over, family, [make.make_participant(db, family)], state="applied")
    for of_class in (open_class, over):
        book.commit(db, settings, of_class["id"], "system")
    book.freeze(db, over["id"], "system")
    book.preview(db, settings, over["id"], "system")
    book.confirm(db, settings, over["id"], "system")


def _work(world: World, classes: dict[str, Any], mentors: list[Any], kit: Any, staff: dict[Role, Any]) -> None:
    db, soon = world.db, now() + timedelta(days=14)
    plan = {
        "id": new_id("plan"),
        "made_at": stamp(),
        "made_by": staff["director"]["id"],
        "from_day": "2026-12-01",
        "to_day": "2027-01-31",
        "status": "OPTIMAL",
        "state": "adopted",
    }
    db["plans"].insert(plan)
    for session, mentor, state in zip(
        world.ids("sessions"), itertools.cycle(mentors), itertools.cycle(("offered", "accepted")), strict=False
    ):
        db["assignments"].insert(
            {"id": new_id("assignment"), "session": session, "mentor": mentor["id"], "skill": "scratch", "role": "lead", "state": state,
             "plan": plan["id"], "offered_at": stamp(), "created_at": stamp()}
        )  # fmt: skip
    for state in ("new", "accepted"):
        db["outreach_requests"].insert(
            {"id": new_id("outreach"), "kind": "kindergarten", "organisation": "さくら幼稚園", "contact_name": NAME,
            "email": "x@example.jp",
             "address": "広坂1-1-1", "topic": "ロボット", "wishes": "12月の午前", "people": 20, "state": state, "received_at": stamp()}
        )  # fmt: skip
    reservation = {
        "id": new_id("reservation"), "kind": kit["id"], "count": 1, "from_at": stamp(), "until": stamp(soon), "borrower_name": NAME,
        "borrower_contact": PHONE, "borrower_email": "y@example.jp", "state": "reserved", "made_by": "public", "created_at": stamp(),
    }  # fmt: skip
    db["reservations"].insert(reservation)
    db["reservations"].insert(reservation | {"id": new_id("reservation"), "state": "asked"})
    out = reservation | {
        "id": new_id("reservation"),
        "state": "out",
        "from_at": stamp(now() - timedelta(days=9)),
        "until": stamp(now() - timedelta(days=1)),
    }
    db["reservations"].insert(out)
    db["loans"].insert(
        {
            "id": new_id("loan"),
            "reservation": out["id"],
            "unit": world.ids("kit_units")[0],
            "out_at": stamp(),
            "out_by": staff["clerk"]["id"],
        }
    )
    for number, state in enumerate(("queued", "sent", "failed")):
        db["mails"].insert(
            {"id": new_id("mail"), "key": f"k{number}", "recipient": "z@example.jp", "language": "ja", "template": "apply/received",
            "subject": NAME,
             "body": NAME, "state": state, "next_try_at": stamp(), "queued_at": stamp()}
        )  # fmt: skip
    db["bounces"].insert({"id": new_id("bounce"), "address": "b@example.jp", "at": stamp(), "permanent": 1, "reason": "550"})
    db["hand_figures"].insert(
        {
            "id": new_id("figure"),
            "programme": "7-6",
            "fiscal_year": 2026,
            "value": 12,
            "source": "学校の報告",
            "entered_by": "system",
            "entered_at": stamp(),
        }
    )
    db["programme_years"].insert({"programme": "7-6", "fiscal_year": 2026, "target": 300})


def _mark(db: Database) -> None:
    for table, columns in PERSONAL.items():
        for column, mark in columns.items():
            given = f"'{ADDRESS}{mark[-1]}' || rowid || '@example.jp'" if mark.startswith("{a}") else f"'{mark}'"
            db.execute(f"update {table} set {column} = {given} where {column} is not null")


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
