"""The role matrix: every route × every role, allowed or refused exactly as the table in ``web.access`` says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from flask import request
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.web.safety.world import World, refuses
from web.access import ACCESS, ROLES, Role, may
from web.data import every, value
from web.staff.sessions import COOKIE, open_session

QUICK = {"Accept": "application/json"}
"""A refusal without its page."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
WHO: tuple[Role | None, ...] = (None, *ROLES)
SERVED = {200, 201, 202, 204, 206, 301, 302, 303, 304, 308, 400, 404, 405, 409, 410, 413, 415, 422, 423, 425, 429}
"""What a page may answer to whom it serves; 403 too where the page itself looks closer (a reviewer of another class)."""


@contextmanager
def _only_the_gate(world: World) -> Iterator[None]:
    """Whoever passes the gate gets 204 instead of the page: nothing happens."""
    hooks = world.app.before_request_funcs.setdefault(None, [])
    hooks.append(lambda: ("", 204, {"X-Passed": request.endpoint or ""}))
    try:
        yield
    finally:
        hooks.pop()


def _cases(world: World) -> Iterator[tuple[Rule, str, str]]:
    for rule in world.rules():
        for method in METHODS:
            if method in (rule.methods or ()):
                yield rule, method, world.path(rule)


def _fault(rule: Rule, method: str, who: Role | None, answer: TestResponse) -> str:
    """What is wrong with the gate's answer; '' when nothing is."""
    where = f"{method} {rule.rule} ({rule.endpoint}) as {who or 'nobody'}: {answer.status_code}"
    if may(who, rule.endpoint):
        return "" if answer.status_code == 204 and answer.headers["X-Passed"] == rule.endpoint else f"{where}, should be let in"
    if who is None and method == "GET":
        led = answer.status_code == 302 and unquote(answer.headers["Location"]).startswith("/staff/sign-in?next=/")
        return "" if led else f"{where}, should lead to signing in"
    return "" if answer.status_code == 403 else f"{where}, should be 403"


def test_every_route_has_its_line_and_every_line_its_route(world: World) -> None:
    assert {rule.endpoint for rule in world.app.url_map.iter_rules()} == set(ACCESS)


def test_the_gate_lets_in_exactly_whom_the_table_names(world: World) -> None:
    cases = list(_cases(world))
    with _only_the_gate(world):
        faults = [
            _fault(rule, method, who, world.clients[who].open(path, method=method, headers=QUICK))
            for rule, method, path in cases
            for who in WHO
        ]
    assert not [fault for fault in faults if fault]
    assert len(faults) > 200


def test_what_is_refused_changes_nothing(world: World) -> None:
    """Not one write reaches the database, whatever is sent."""
    cases = list(_cases(world))
    before = value(world.db, "pragma data_version")
    for rule, method, path in cases:
        for who in WHO:
            if method != "GET" and not may(who, rule.endpoint):
                world.clients[who].open(path, method=method, headers=QUICK, data={"name": "x", "state": "cancelled"})
    assert value(world.db, "pragma data_version") == before


def test_the_password_without_the_code_is_nobody(world: World) -> None:
    half = world.app.test_client()
    director = every(world.db, "select id from staff where role = 'director'")[0]["id"]
    half.set_cookie(COOKIE, open_session(world.db, director, totp_done=False))
    with _only_the_gate(world):
        passed = [rule.rule for rule, method, path in _cases(world) if refuses(ACCESS[rule.endpoint]) and _open(half, path, method) == 204]
    assert not passed


def test_a_session_that_is_made_up_or_of_who_left_is_nobody(world: World) -> None:
    closed = every(world.db, "select id from staff where role = 'reader'")[0]["id"]
    token = open_session(world.db, closed, totp_done=True)
    world.db.execute("update staff set active = 0 where id = ?", (closed,))
    for cookie in (token, "x", "", "é" * 300, "' or 1=1 --"):
        client = world.app.test_client()
        client.set_cookie(COOKIE, cookie)
        with _only_the_gate(world):
            assert not [
                rule.rule for rule in world.rules("GET") if refuses(ACCESS[rule.endpoint]) and _open(client, world.path(rule)) == 204
            ]
    world.db.execute("update staff set active = 1 where id = ?", (closed,))


def _open(client: FlaskClient, path: str, method: str = "GET") -> int:
    return client.open(path, method=method, headers=QUICK).status_code


def test_links_that_are_no_ones_open_nothing(world: World) -> None:
    """A page behind a signed link: not with another's kind of link, a changed one, or none."""
    family, mentor = world.tokens["family"][0], world.tokens["mentor"][0]
    for rule in world.rules():
        if ACCESS[rule.endpoint] != "link" or "token" not in rule.arguments:
            continue
        path = world.path(rule)
        right = next((token for token in (*world.tokens["family"], *world.tokens["mentor"]) if token in path), None)
        wrong = [mentor if rule.rule.startswith("/my") else family, "x", "0", "%00", family[:-1], family.swapcase(), "é"]
        for token in wrong:
            made = path.replace(right, token) if right else path
            for method in {"GET", "POST"} & (rule.methods or set()):
                answer = world.clients["director"].open(made, method=method, headers=QUICK)
                assert answer.status_code in (404, 410), f"{method} {rule.rule} with {token!r}: {answer.status_code}"


def test_a_familys_link_opens_only_its_own_things(world: World) -> None:
    """The token of one family or mentor with the ids of another's entries, children, offers."""
    tables = ("entries", "applications", "participants", "assignments", "reservations", "families", "mentors")
    for rule in world.rules():
        others = rule.arguments - {"token"}
        if ACCESS[rule.endpoint] != "link" or "token" not in rule.arguments or not others:
            continue
        stranger = _stranger(world, mentors=rule.rule.startswith("/mentor"))
        for table in tables:
            for one in world.ids(table)[:3]:
                path = world._build(rule, dict.fromkeys(others, one) | {"token": stranger})
                for method in {"GET", "POST"} & (rule.methods or set()):
                    answer = world.clients[None].open(path or "/", method=method, headers=QUICK)
                    assert answer.status_code in (404, 410), f"{method} {rule.rule}: {table}: {answer.status_code}"


def _stranger(world: World, *, mentors: bool) -> str:
    """The link of somebody who owns nothing."""
    from tests.web import make
    from web.links import family_token, mentor_token

    with world.app.test_request_context():
        return mentor_token(make.make_mentor(world.db)) if mentors else family_token(make.make_family(world.db))


def test_every_page_opens_for_those_whom_it_serves(world: World) -> None:
    """With real rows it opens for a director or the link's owner; what a page itself refuses is never a fault, and never a director's."""
    shut, faults = [], []
    for rule in world.rules("GET"):
        path = world.path(rule)
        for who in [who for who in WHO if may(who, rule.endpoint)][: 1 if rule.endpoint.endswith("pdf") else None]:
            code = world.clients[who].get(path).status_code
            if code not in SERVED and code != 403:
                faults.append(f"GET {path} as {who}: {code}")
            if code >= 400 and who in (None, "director") and rule.endpoint not in EMPTY:
                shut.append(f"GET {path} ({rule.endpoint}) as {who}: {code}")
    assert not faults
    assert not shut, "no row of the world opens these: teach tests/web/safety/world.py"


EMPTY = frozenset({"staff.invitation", "apply.form", "apply.sent"})
"""Pages that need a link which nobody in the world has been sent."""


def test_every_action_answers_those_whom_it_serves(world: World) -> None:
    """An empty form is refused with words or does what needs no words; it is never a fault. For the role that may least."""
    faults = []
    for rule in world.rules("POST"):
        who = [who for who in WHO if may(who, rule.endpoint)][-1]
        if rule.endpoint not in ("staff.sign_out", "staff.end_own_sessions"):
            code = world.clients[who].post(world.path(rule)).status_code
            if code not in SERVED and code != 403:
                faults.append(f"POST {world.path(rule)} as {who}: {code}")
    assert not faults
