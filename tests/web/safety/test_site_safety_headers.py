"""What every answer carries, and what no page contains: headers, form tokens, cookies' flags, script and style."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.web.safety.world import World
from web.access import ACCESS
from web.data import every, value
from web.staff.sessions import COOKIE, open_session


def _every_kind(world: World) -> dict[str, TestResponse]:
    """One answer of each kind: page, redirect, refusals, faults, file, static file, data."""
    nobody, clerk = world.clients[None], world.clients["clerk"]
    asked = {
        "page": nobody.get("/"), "english": nobody.get("/en/classes/"), "static": nobody.get("/static/front/none.js"),
        "health": nobody.get("/health"),
        "robots": nobody.get("/robots.txt"), "redirect": nobody.get("/staff/"), "403": clerk.get("/staff/log"),
        "404": nobody.get("/nothing"),
        "404 json": nobody.get("/nothing", headers={"Accept": "application/json"}), "405": nobody.delete("/classes/"),
        "413": nobody.post("/staff/sign-in", data="x" * 3_000_000),
        "422": nobody.post("/staff/sign-in", data={}), "desk": clerk.get("/staff/"), "no link": nobody.get("/my/x/"),
        "bad bytes": nobody.get("/%ff%fe"),
        "options": nobody.options("/classes/"), "slash": nobody.get("/classes"), "head": nobody.head("/"),
    }  # fmt: skip
    files = [rule for rule in world.rules("GET") if re.search(r"\.(csv|json|ics|pdf)$", rule.rule)]
    return asked | {rule.rule: world.clients[world.someone_allowed(rule.endpoint)].get(world.path(rule)) for rule in files}


def test_every_answer_carries_the_headers(world: World) -> None:
    for kind, answer in _every_kind(world).items():
        policy = answer.headers.get("Content-Security-Policy", "")
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy, kind
        assert "frame-ancestors 'none'" in policy and "form-action 'self'" in policy and "base-uri 'none'" in policy, kind
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["X-Frame-Options"] == "DENY", kind
        assert answer.headers["Referrer-Policy"] == "same-origin" and "Permissions-Policy" in answer.headers, kind


@pytest.fixture(scope="module")
def answers(strict_world: World) -> list[tuple[Rule, TestResponse]]:
    """Every page, as somebody sees it who may."""
    clients = strict_world.clients
    return [(rule, clients[strict_world.someone_allowed(rule.endpoint)].get(strict_world.path(rule))) for rule in strict_world.rules("GET")]


def test_nothing_personal_stays_in_a_browsers_or_proxys_memory(answers: list[tuple[Rule, TestResponse]]) -> None:
    for rule, answer in answers:
        if ACCESS[rule.endpoint] != "anyone":
            assert answer.headers.get("Cache-Control") == "no-store", rule.rule


def test_downloads_are_files_and_never_pages(answers: list[tuple[Rule, TestResponse]]) -> None:
    for rule, answer in answers:
        if re.search(r"\.(csv|json|ics|pdf|zip)$", rule.rule):
            assert answer.mimetype != "text/html" or answer.status_code >= 400, rule.rule


def test_no_form_is_taken_without_its_token(strict_world: World) -> None:
    """Every POST route there is; none is excepted."""
    world = strict_world
    paths = [(rule, world.path(rule)) for rule in world.rules("POST")]
    before = value(world.db, "pragma data_version")
    for rule, path in paths:
        for client in {world.clients[world.someone_allowed(rule.endpoint)], world.clients["director"]}:
            for more in ({}, {"csrf_token": "x"}, {"csrf_token": ""}):
                fields = {
                    name: given for name, given in world.forms.get(f"POST {rule.endpoint}", {}).items() if not name.endswith("csrf_token")
                }
                answer = client.post(path, data=fields | more)
                assert answer.status_code in (400, 403), f"{rule.rule}: {answer.status_code}"
    assert value(world.db, "pragma data_version") == before, "nothing was written"


def test_another_visitors_token_is_worth_nothing(strict_world: World) -> None:
    mine, theirs = strict_world.app.test_client(), strict_world.app.test_client()
    tokens = [re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/staff/sign-in").text)[0] for client in (mine, theirs)]
    assert mine.post("/staff/sign-in", data={"csrf_token": tokens[1]}).status_code == 400
    assert mine.post("/staff/sign-in", data={"csrf_token": tokens[0]}).status_code == 422


def test_every_form_that_posts_has_its_token(strict_world: World) -> None:
    for path, page in strict_world.pages.items():
        for form in re.findall(r"<form\b.*?</form>", page, re.DOTALL):
            if re.search(r'method="post"', form.partition(">")[0], re.IGNORECASE):
                assert re.search(r'name="[a-z-]*csrf_token"[^>]*value="[^"]+"', form), f"{path}: {form[:200]}"


def test_the_site_sets_no_cookie_but_its_own_and_with_flags(strict_world: World) -> None:
    names = set()
    for path in [*strict_world.pages, "/", "/en/classes/"]:
        answer = strict_world.app.test_client().get(path)
        for cookie in answer.headers.getlist("Set-Cookie"):
            assert "HttpOnly" in cookie and "SameSite=Lax" in cookie, f"{path}: {cookie}"
            names.add(cookie.partition("=")[0])
    assert names <= {"kanikko-site", COOKIE}


def test_cookies_are_for_https_where_the_site_is(strict_world: World) -> None:
    strict_world.app.config["SESSION_COOKIE_SECURE"] = True
    try:
        for cookie in strict_world.app.test_client().get("/staff/sign-in").headers.getlist("Set-Cookie"):
            assert "Secure" in cookie
    finally:
        strict_world.app.config["SESSION_COOKIE_SECURE"] = False


def test_secure_follows_the_public_address(tmp_path_factory: pytest.TempPathFactory) -> None:
    from kanikko.settings import Settings
    from web.app import create_app

    made = create_app(Settings(var=tmp_path_factory.mktemp("https") / "var", site_url="https://manabi.example.jp"), testing=True)
    assert made.config["SESSION_COOKIE_SECURE"] is True and made.config["SESSION_COOKIE_HTTPONLY"] is True


class _Inline(HTMLParser):
    """Script and style that stand in the page itself, or come from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: text or "" for name, text in attrs}
        kind = given.get("type", "")
        if tag == "style" or (tag == "script" and "src" not in given and kind != "application/ld+json"):
            self.found.append(f"<{tag}>")
        if tag in ("iframe", "object", "embed", "base", "applet"):
            self.found.append(f"<{tag}>")
        for name, text in given.items():
            if (
                name == "style"
                or name.startswith("on")
                or (re.match(r"\s*(javascript|vbscript|data):", text, re.IGNORECASE) and (tag, name) != ("img", "src"))
            ):
                self.found.append(f"<{tag} {name}={text[:60]!r}>")
            if (
                tag in ("script", "link", "img", "source", "use")
                and name in ("src", "href", "srcset")
                and re.match(r"\s*(https?:)?//", text)
            ):
                self.found.append(f"<{tag} {name}={text[:60]!r}> from elsewhere")


def _inline(page: str) -> list[str]:
    reader = _Inline()
    reader.feed(page)
    return reader.found


def test_no_page_has_script_or_style_inside_or_from_elsewhere(strict_world: World, answers: list[tuple[Rule, TestResponse]]) -> None:
    wrong = dict[str, list[str]]()
    for rule, in_japanese in answers:
        for language in ("", "/easy", "/en") if isinstance(ACCESS[rule.endpoint], str) and in_japanese.mimetype == "text/html" else ("",):
            answer = strict_world.clients[None].get(language + strict_world.path(rule)) if language else in_japanese
            if answer.mimetype == "text/html" and (found := _inline(answer.text)):
                wrong[f"{language}{rule.rule}"] = found
    assert not wrong


def test_pages_of_faults_are_pages_in_the_visitors_language(world: World) -> None:
    for prefix, words in (("", "見つかりません"), ("/easy", "ページ"), ("/en", "not found")):
        answer = world.clients[None].get(f"{prefix}/nothing")
        assert answer.status_code == 404 and words in answer.text
    answer = world.clients[None].get("/nothing", headers={"Accept": "application/json"})
    assert answer.is_json and answer.status_code == 404


def test_a_session_says_nothing_but_a_random_token(world: World) -> None:
    member = every(world.db, "select * from staff limit 1")[0]
    token = open_session(world.db, member["id"], totp_done=True)
    assert len(token) >= 43 and member["id"] not in token
    assert not every(world.db, "select 1 from staff_sessions where id_hash = ?", (token,)), "kept as a hash"
