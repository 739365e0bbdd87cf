"""Hostile input on every route: an answer with words, never a fault of ours, never an echo that runs, never a way off the site."""

from __future__ import annotations

import itertools
import os
import traceback
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import quote, quote_from_bytes, unquote, urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.web.safety.world import World
from web.access import ACCESS
from web.data import every

T = TypeVar("T")
DEPTH = int(os.environ.get("KANIKKO_HOSTILE", "1"))
"""How many times as much is tried: 1 for every day, 20 before a release."""

SCRIPT = "<script>alert('kani')</script>"
TAG = "\"'><img src=x onerror=alert(1)>"
TEXTS = (
    "' or 1=1 --", '"; drop table staff; --', SCRIPT, TAG, "=1+1", "@SUM(A1)", "＝1", "\x00", "a\x00b", "\ud800", "あ" * 5000, "9" * 400,
    "x\r\nSet-Cookie: a=b", "../../etc/passwd", "%00", "{{7*7}}", "{漢字|", "{|}", "|", "\\", "\u202eabc", "🦀" * 40, "", " ", "<name>",
    "%s%n",
    "//evil.example/", "https://evil.example/", "javascript:alert(1)", "hanako@example.jp", "a@b@c", "\ufeff", "\x1b[31m", "[]", "null",
)  # fmt: skip
NUMBERS = (
    "-1",
    "0",
    "99999999999999999999",
    "-9223372036854775809",
    "9223372036854775807",
    "１２３",
    "٣",
    "½",
    "²",
    "1e400",
    "nan",
    "inf",
    "1_000",
    "0x10",
    "1.5",
    "+1",
)
DAYS = (
    "2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "2026-13", "0001-01", "9999-12", "2026-W01", "24:61",
    "-0001-01-01",
    "2026-11-24T99:00", "2026-11-24T10:00:00+99:00", "2026-11-24T10:00", "1800-01-01",
)  # fmt: skip
COMMON = ("q", "page", "next", "year", "month", "day", "from", "to", "id", "key", "format", "csrf_token", "kind", "state")
hostile = st.one_of(
    st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.sampled_from(DAYS), st.text("aあ=<'\"\x00\u202e/%{|}\n🦀0９", max_size=30)
)
BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", b"[]"), ("application/json", b"null"), ("application/json", b'"x"'), ("application/json", b"{"),
    ("application/json", b"[" * 90_000),
    ("application/json", b'{"a": NaN, "items": [1, null, {"b": 1e999}], "key": {"a": []}}'), ("application/json", b"\xff\xfe"),
    ("text/plain", b"\x00\xff"),
    ("application/json", b'[{"key": 1, "code": null, "at": "x"}, 5, [], "\\ud800"]'), ("multipart/form-data", b"x"), ("", b"x=1"),
    ("application/xml", b"<!DOCTYPE a>"),
    ("multipart/form-data; boundary=b",
    b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../x\xff\"\r\n\r\nPK\x03\x04\r\n--b--"),
    ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data"),
    ("application/x-www-form-urlencoded", b"%zz=%&&=&a=%ff%fe&=" * 50),
    ("application/x-www-form-urlencoded; charset=utf-16", b"a=b"),
    ("application/x-www-form-urlencoded", b"&".join(b"f%d=x" % n for n in range(4000))),
)  # fmt: skip


EVERYWHERE = ("99999999999999999999", "9999-12-31", "\x00\ud800", SCRIPT, "あ" * 20000, "-1")
QUICK = {"Accept": "application/json"}
"""A refusal without its page."""
PATHS = (
    "x",
    "0",
    "-1",
    "9223372036854775808",
    "0000",
    "9999-12",
    "2026-13",
    "0001-01",
    "' or 1=1 --",
    SCRIPT,
    "\x00",
    "あ" * 300,
    "..",
    "a/b",
)


class Recording(ImmutableMultiDict[str, Any]):
    """Notes which fields a view asks for."""

    asked: set[str] = set()  # noqa: RUF012 (one notebook for all)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: str, *more: Any, **named: Any) -> Any:
        self.asked.add(name)
        return super().get(name, *more, **named)

    def getlist(self, name: str, *more: Any, **named: Any) -> Any:
        self.asked.add(name)
        return super().getlist(name, *more, **named)


class Attack:
    """Sends requests and keeps what went wrong, one line a place in the code."""

    def __init__(self, world: World) -> None:
        self.world, self.faults = world, dict[str, str]()

    def send(self, rule: Rule, method: str, path: str, **more: Any) -> TestResponse | None:
        client = self._client(rule)
        try:
            answer = client.open(path, method=method, **more)
        except Exception as error:
            if isinstance(error, ValueError) and _before_the_site(error):
                return None
            self._note(rule, _place(error), f"{type(error).__name__}: {str(error)[:200]} ← {method} {path[:200]} {_shown(more)}")
            return None
        for fault in self._faults(answer):
            self._note(rule, fault, f"{method} {path[:200]} {_shown(more)}")
        return answer

    def _note(self, rule: Rule, fault: str, what: str) -> None:
        self.faults.setdefault(f"{rule.endpoint} {fault}", f"{what} ({rule.rule})")

    def _client(self, rule: Rule) -> FlaskClient:
        return self.world.clients["director" if not isinstance(ACCESS[rule.endpoint], str) else None]

    def _faults(self, answer: TestResponse) -> Iterator[str]:
        if answer.status_code >= 500:
            yield str(answer.status_code)
        away = answer.headers.get("Location", "")
        if away and (urlsplit(away).netloc not in ("", "localhost") or away.startswith(("//", "/\\"))):
            yield f"leads away to {away[:100]}"
        if answer.mimetype == "text/html" and (SCRIPT in answer.text or "<img src=x" in answer.text):
            yield "echoes"


def _shown(sent: dict[str, Any]) -> str:
    return unquote(str(sent)[:2000])[:500]


def _before_the_site(error: Exception) -> bool:
    """The test client itself refuses to send it."""
    return all("/web/" not in frame.filename for frame in traceback.extract_tb(error.__traceback__))


def _place(error: Exception) -> str:
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "/web/" in frame.filename and "/tests/" not in frame.filename]
    return f"{ours[-1].filename.rpartition('/web/')[2]}:{ours[-1].lineno}" if ours else "?"


def _pairs(fields: list[tuple[str, str]]) -> bytes:
    """As a browser would, but for what no browser sends: lone surrogates and NUL go through."""
    return "&".join("=".join(quote_from_bytes(text.encode(errors="surrogatepass"), safe="") for text in pair) for pair in fields).encode()


def _names(world: World, attack: Attack, rule: Rule, method: str) -> dict[str, str]:
    """The fields that this route asks for, with what its form would send."""
    Recording.asked.clear()
    attack.send(rule, method, world.path(rule))
    shown = world.forms.get(f"{method} {rule.endpoint}", {})
    return dict.fromkeys([*sorted(Recording.asked), *COMMON], "") | shown


def _rules(world: World, method: str) -> Iterator[Rule]:
    world.app.request_class.parameter_storage_class = Recording
    yield from world.rules(method)


def _for_each(examples: int, strategy: st.SearchStrategy[T], do: Callable[[T], object]) -> None:
    """The same examples at every run; a fault is noted, not shrunk: there may be many."""

    @settings(max_examples=examples * DEPTH, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def run(example: T) -> None:
        do(example)

    run()


def _post(attack: Attack, rule: Rule, path: str, fields: dict[str, str]) -> None:
    attack.send(rule, "POST", path, data=_pairs(list(fields.items())), content_type="application/x-www-form-urlencoded")


@pytest.fixture
def attack(world: World) -> Iterator[Attack]:
    made = Attack(world)
    yield made
    world.app.request_class.parameter_storage_class = ImmutableMultiDict


def _done(attack: Attack) -> None:
    assert not attack.faults, "\n" + "\n".join(f"{place}: {what}" for place, what in attack.faults.items())


def test_no_query_breaks_a_page(world: World, attack: Attack) -> None:
    texts = itertools.cycle(EVERYWHERE)
    for rule in _rules(world, "GET"):
        names = _names(world, attack, rule, "GET")
        if rule.endpoint.endswith("pdf"):  # slow to make; its fields are those of its page
            continue
        path = world.path(rule)

        wrong = st.lists(st.tuples(st.sampled_from(list(names)), hostile), min_size=1, max_size=6)
        _for_each(1, wrong, lambda fields: attack.send(rule, "GET", path, query_string=_pairs(fields).decode()))
        for text in (TAG, next(texts)):
            attack.send(rule, "GET", path, query_string=_pairs([(name, text[:300]) for name in names]).decode())
    _done(attack)


def test_no_form_breaks_an_action(world: World, attack: Attack) -> None:
    """Each form as its page shows it with some fields made hostile, and all of them."""
    texts = itertools.cycle(EVERYWHERE)
    for rule in _rules(world, "POST"):
        world.revive()
        names = _names(world, attack, rule, "POST")
        path = world.path(rule)

        wrong = st.dictionaries(st.sampled_from(list(names)), hostile, min_size=1, max_size=4)
        _for_each(2, wrong, lambda given: _post(attack, rule, path, names | given))
        for text in (TAG, next(texts)):
            _post(attack, rule, path, dict.fromkeys(names, text))
    _done(attack)


def test_no_body_breaks_an_action(world: World, attack: Attack) -> None:
    """Wrong kinds, cut off, nested without end, in no encoding."""
    bodies = itertools.cycle(BODIES)
    for rule in _rules(world, "POST"):
        world.revive()
        for kind, body in itertools.islice(bodies, 2 * DEPTH):  # other ones for each route: together they meet every kind of code
            attack.send(rule, "POST", world.path(rule), data=body, content_type=kind)
    _done(attack)


def test_no_path_breaks_a_page(world: World, attack: Attack) -> None:
    """Made-up ids, numbers without end and what is not UTF-8 in every place of every path."""
    paths = itertools.cycle(PATHS)
    for method in ("GET", "POST"):
        for rule in world.rules(method):
            if not rule.arguments:
                continue
            world.revive()
            for argument in rule.arguments:
                for text in ("99999999999999999999", *itertools.islice(paths, 2 * DEPTH)):
                    attack.send(rule, method, _replaced(rule, world, argument, quote(text, safe="")), headers=QUICK)
            attack.send(rule, method, _replaced(rule, world, next(iter(rule.arguments)), "%ff%fe%ed%a0%80"), headers=QUICK)
    _done(attack)


def _replaced(rule: Rule, world: World, argument: str, given: str) -> str:
    """The route's path with one argument replaced."""
    values = world.app.url_map.bind("localhost").match(world.path(rule), method=next(iter((rule.methods or set()) - {"OPTIONS", "HEAD"})))[
        1
    ]
    path = rule.rule
    for name in rule.arguments:
        converter = next((part for part in path.split("<") if part.partition(">")[0].rpartition(":")[2] == name), name).partition(">")[0]
        path = path.replace(f"<{converter}>", given if name == argument else quote(str(values[name]), safe=""))
    return path


def test_a_body_that_is_too_large_is_refused_with_words(world: World) -> None:
    for path in ("/staff/sign-in", "/my/"):
        answer = world.clients[None].post(path, data={"login": "x" * 3_000_000})
        assert answer.status_code == 413 and "大きすぎます" in answer.text


def test_strange_headers_change_nothing(world: World, attack: Attack) -> None:
    for rule in world.rules("GET"):
        if rule.arguments or rule.endpoint.endswith("pdf"):
            continue
        for headers in (
            {"Accept": "application/json;q=x, \x7f", "Accept-Language": "x" * 300, "Referer": "https://evil.example/", "Origin": "null"},
            {
                "Cookie": "kanikko-site=.eJx; kanikko-staff=%00; kanikko-desk=é; =;;",
                "If-None-Match": "*",
                "If-Modified-Since": "x",
                "Range": "bytes=-1,9-",
            },
            {
                "X-Forwarded-For": "' or 1",
                "X-Forwarded-Proto": "javascript",
                "X-Forwarded-Host": "evil.example",
                "X-Forwarded-Prefix": "/en//evil",
            },
        ):
            attack.send(rule, "GET", world.path(rule), headers=headers)
    _done(attack)


def test_mails_and_links_never_take_the_visitors_host(world: World) -> None:
    """A link in a mail names the site's own address, whatever the request said."""
    for endpoint, fields in (("/my/", {"email": "himitsuf1@example.jp"}), ("/staff/sign-in", {"login": "x"})):
        world.clients[None].post(endpoint, data=fields, headers={"Host": "evil.example"})
    assert not every(world.db, "select body from mails where body like '%evil.example%'")
