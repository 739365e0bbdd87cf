"""The addresses of a filled site's pages: of every route that shows one."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from werkzeug.routing import Rule

from kanikko.settings import Settings
from tests.web import make
from tests.web.safety import world as worlds
from tests.web.safety.world import World
from web.access import ROLES
from web.apply import confirmations
from web.clock import now, stamp
from web.data import one, value
from web.demo.cli import ensure
from web.links import mentor_token
from web.lottery import book
from web.mentors import letters
from web.staff.invitations import invite
from web.staff.sessions import open_session

REDIRECTS = ("classes.this_month",)
"""Pages whose whole work is to lead elsewhere."""
ROWS, TRIES = 20, 300
"""So many rows of a table, and so many fillings of a route, are tried."""


@dataclass(frozen=True)
class Address:
    """One page. ``desk``: staff's, signed in. ``cookie``: another session that it needs. ``status``: what it answers."""

    endpoint: str
    path: str
    desk: bool
    cookie: str = ""
    status: int = 200


@dataclass
class Filled:
    """A site, its pages, and the endpoints that could not be opened, with why."""

    world: World
    pages: list[Address]
    shut: list[str]

    def of(self, *, desk: bool) -> list[Address]:
        return [page for page in self.pages if page.desk is desk]


def small_site(settings: Settings, most: int) -> Filled:
    """One row of everything, and of the classes one in each state. ``most``: so many pages of a route that are made of different parts."""
    world = worlds.build(settings)
    with world.app.test_request_context():
        _more_classes(world)
        special = [*_special(world)]
    return _look_through(world, special, most)


def demo_year(settings: Settings) -> Filled:
    """The demo year, with the pages that its own pages lead to."""
    settings.var.mkdir(parents=True, exist_ok=True)
    ensure(settings)
    world = worlds._open(settings, csrf=True)
    world.members = {role: str(value(world.db, "select id from staff where role = ?", (role,))) for role in ROLES}
    world.revive()
    worlds._tokens(world)
    world.discover()
    adapter = world.app.url_map.bind("localhost")
    found = [(adapter.match(path.partition("?")[0], "GET")[0], path) for path in world.pages]
    return Filled(world, [Address(endpoint, path, _is_desk(world, endpoint)) for endpoint, path in found], [])


def _more_classes(world: World) -> None:
    db, place = world.db, one(world.db, "select * from places")
    db.execute("update classes set apply_to = ? where admission = 'selection'", (stamp(now() - timedelta(hours=1)),))  # reviewers may begin
    make.make_class(db, place=place, admission="selection")
    make.make_class(db, place=place, state="cancelled", cancelled_reason="講師の病気のため")
    make.make_class(db, place=place, apply_from=stamp(now() + timedelta(days=3)))
    make.make_class(db, place=place, apply_to=stamp(now() - timedelta(hours=1)))
    make.make_class(db, place=place, audience="seniors", title="おやこ かに教室 " * 4, description="とてもながいせつめい\n\n" * 9)
    for steps in range(3):
        made = make.make_class(db, place=place, admission="lottery", capacity=1, apply_to=stamp(now() - timedelta(hours=1)))
        for _ in range(2):
            family = make.make_family(db)
            make.make_application(db, made, family, [make.make_participant(db, family)], state="applied")
        book.commit(db, world.settings, made["id"], "system")
        if steps > 0:
            book.freeze(db, made["id"], "system")
        if steps > 1:
            book.preview(db, world.settings, made["id"], "system")


def _special(world: World) -> Iterator[Address]:
    """Pages behind secrets that only a mail or an earlier page names; and what the site says when something is wrong."""
    db = world.db
    of_class = one(db, "select * from classes where admission = 'first_come' and state = 'published' order by rowid")
    mentor, member = one(db, "select * from mentors order by rowid"), make.make_staff(db, role="clerk")
    assert of_class and mentor
    link = confirmations.make(db, of_class, "new@example.jp", "ja", now())
    yield Address("apply.form", f"/apply/{of_class['id']}/form/{link}", False)
    yield Address("apply.form", f"/apply/{of_class['id']}/form/over", False, status=410)
    yield Address("staff.invitation", f"/staff/invitation/{invite(db, world.settings, member['id'])}", False)
    yield Address("staff.sign_in_code", "/staff/sign-in/code", False, cookie=open_session(db, member["id"], totp_done=False))
    letters.confirm_email(db, mentor, "moved@example.jp")
    body = value(db, "select body from mails where template = 'mentors/email'")
    switch = re.search(r"/email(\?new=\S+)", body)
    assert switch, body
    yield Address("mentors.email", f"/mentor/{mentor_token(mentor)}/email{switch[1]}", False)
    yield Address("front.home", "/nowhere", False, status=404)
    yield Address("staff.desk", "/staff/nowhere", True, status=404)


def _is_desk(world: World, endpoint: str) -> bool:
    return world.someone_allowed(endpoint) is not None


def _look_through(world: World, special: list[Address], most: int) -> Filled:
    filled = Filled(world, special, [])
    known = {address.endpoint for address in special if address.status == 200}
    for rule in world.rules("GET"):
        if rule.endpoint not in known:
            found, why = _pages_of(world, rule, most)
            filled.pages += found
            if why:
                filled.shut.append(f"{rule.endpoint} {why}")
    return filled


def _pages_of(world: World, rule: Rule, most: int) -> tuple[list[Address], str]:
    """The route's page, and further ones that are made of other parts; or why none opens. Files have no pages, and need none."""
    desk = _is_desk(world, rule.endpoint)
    client = world.clients["director" if desk else None]
    pages, parts, why = list[Address](), set[str](), ""
    for path in _paths(world, rule):
        answer = client.get(path)
        if answer.status_code == 200 and answer.mimetype != "text/html":
            return [], ""
        if answer.status_code == 200:
            made_of = set(re.findall(r'<\w+(?: class="[^"]*")?', answer.text))
            if not pages or len(made_of - parts) > 1:
                pages.append(Address(rule.endpoint, path, desk))
                parts |= made_of
        elif not why and not (answer.location and rule.endpoint in REDIRECTS):
            why = f"{path}: {answer.status}"
        if len(pages) == most:
            break
    return pages, "" if pages else why


def _paths(world: World, rule: Rule) -> Iterator[str]:
    """The likeliest path first."""
    yield world.path(rule)
    choices = [[(name, one) for one in world._candidates(rule, name)[:ROWS]] for name in sorted(rule.arguments)]
    paths = (world._build(rule, dict(chosen)) for chosen in itertools.islice(itertools.product(*choices), TRIES if choices else 0))
    yield from (path for path in paths if path is not None)
