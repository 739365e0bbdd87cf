"""What anybody can see: a visitor who follows every link, in three languages, meets no person and no dead end."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin, urlsplit

import pytest
from werkzeug.exceptions import HTTPException

from tests.web.safety.rows import PERSONAL
from tests.web.safety.world import World, secrets_of
from web.access import ACCESS
from web.data import every
from web.language import LANGUAGES

MOST = 5
"""Addresses of one page in one language: a calendar goes on for ever."""


def _walk(world: World) -> dict[str, tuple[int, str]]:
    """Every address that a visitor reaches → its answer's status and text, headers included."""
    adapter = world.app.url_map.bind("localhost")
    waiting = [("/" if language == "ja" else f"/{language}/", "") for language in LANGUAGES]
    visits, found, came_from = dict[tuple[str, str], int](), dict[str, tuple[int, str]](), dict[str, str]()
    while waiting:
        address, page = waiting.pop(0)
        path = urlsplit(address).path
        language = path.split("/")[1] if path.split("/")[1] in ("easy", "en") else "ja"
        try:
            endpoint = adapter.match(path.removeprefix(f"/{language}") or "/", "GET")[0]
        except HTTPException:
            endpoint = path
        key = (endpoint if ACCESS.get(endpoint) == "anyone" else address, language)
        if address in found or visits.get(key, 0) >= (1 if endpoint.endswith(".static") else MOST):
            continue
        visits[key] = visits.get(key, 0) + 1
        answer = world.clients[None].get(address)
        words = (
            answer.get_data(as_text=True)
            if answer.mimetype.startswith("text/") or "json" in answer.mimetype or "calendar" in answer.mimetype
            else ""
        )
        found[f"{address}"] = (answer.status_code, f"{answer.headers}\n{words}")
        came_from[address] = page
        links = re.findall(r'(?:href|src|action)="([^"#]*)', words) if answer.mimetype == "text/html" else []
        for link in (*links, answer.headers.get("Location", "")):
            target = urljoin(address, html.unescape(link))
            if link and not urlsplit(target).scheme:
                waiting.append((target, address))
    return {f"{address} (from {came_from[address]})": answer for address, answer in found.items()}


@pytest.fixture(scope="module")
def seen(world: World) -> dict[str, tuple[int, str]]:
    return _walk(world)


def test_every_link_of_the_public_pages_leads_somewhere(seen: dict[str, tuple[int, str]]) -> None:
    assert not {address: status for address, (status, _) in seen.items() if status >= 400}


def test_the_walk_reaches_every_public_page(world: World, seen: dict[str, tuple[int, str]]) -> None:
    adapter = world.app.url_map.bind("localhost")
    reached = {
        adapter.match(urlsplit(address.split(" ")[0]).path, "GET")[0] for address in seen if not address.startswith(("/easy", "/en"))
    }
    public = {rule.endpoint for rule in world.rules("GET") if ACCESS[rule.endpoint] == "anyone"}
    missed = {endpoint for endpoint in public - reached if not endpoint.endswith(AFTER_A_FORM)}
    assert missed <= NOT_LINKED, "teach NOT_LINKED why, or link it"


NOT_LINKED = frozenset(
    {"front.health", "front.robots", "staff.sign_in_code", "apply.form", "lottery.publication", "door.worker", "door.shell"}
)
"""For monitors, search engines, tablets; reached by a mail; or there only when a draw is."""
AFTER_A_FORM = (".sent", ".thanks", ".done")


def test_no_public_page_holds_a_person(world: World, seen: dict[str, tuple[int, str]]) -> None:
    """Neither a marked word from any personal column nor the id, code or link of anybody."""
    kept = secrets_of(world)
    found = {f"{word!r} on {address}" for address, (_, words) in seen.items() for word in kept if word in words}
    assert not found


def test_public_pages_hold_nobody_whatever_is_asked_of_them(world: World) -> None:
    """The same for pages that no link leads to, with searches that would find everybody."""
    kept, found = secrets_of(world), set()
    for rule in world.rules("GET"):
        if ACCESS[rule.endpoint] == "anyone":
            for query in ("", "?q=%25", "?area=%25&q=&all=1&state=draft&format=json", "?q='+or+1=1+--"):
                answer = world.clients[None].get(world.path(rule) + query)
                words = str(answer.headers) + answer.get_data(as_text=True)
                found |= {f"{word!r} on {world.path(rule)}{query}" for word in kept if word in words and word not in world.path(rule)}
    assert not found


def test_drafts_are_not_for_the_public(world: World, seen: dict[str, tuple[int, str]]) -> None:
    draft = every(world.db, "select id from classes where state = 'draft'")[0]["id"]
    assert not [address for address, (_, words) in seen.items() if "したがき" in words or draft in words]
    for rule in world.rules("GET"):
        if ACCESS[rule.endpoint] == "anyone" and rule.arguments == {"class_id"}:
            path = world.app.url_map.bind("localhost").build(rule.endpoint, {"class_id": draft})
            assert world.clients[None].get(path).status_code == 404, path


def test_every_personal_column_of_the_world_is_marked(world: World) -> None:
    """Else the walk would prove nothing: each column named in PERSONAL has a marked row, and new ones that look personal are named."""
    personal = re.compile(r"(^|_)(name|kana|email|phone|contact|borrower|care_note|notes?|comment|recipient|birth_date)($|_)")
    harmless = {
        "indicator_name", "fee_note", "contact_extension", "contact_name", "contact_phone", "notes_json", "name_kana", "name_easy",
        "name_en",
        "indicator_name_easy",
        "indicator_name_en", "name", "title_kana", "note", "phone",
    }  # fmt: skip
    for table, columns in PERSONAL.items():
        for column in columns:
            assert every(world.db, f"select 1 from {table} where {column} is not null and {column} <> '' limit 1"), f"{table}.{column}"
    for table in world.db.table_names():
        for column in world.db[table].columns_dict:
            if table.startswith("_") or table in ("email_confirmations", *PERSONAL):
                continue
            assert column in harmless or not personal.search(column), f"{table}.{column}: personal? Name it in PERSONAL"


def test_unknown_and_known_addresses_get_the_same_answer(world: World) -> None:
    """Each public form that takes an e-mail address answers for a family's address as for one that nobody has."""
    known = every(world.db, "select email from families where email is not null")[0]["email"]
    unknown = "x" * (len(known) - len("@example.jp")) + "@example.jp"
    tried = 0
    for rule in world.rules("POST"):
        fields = world.forms.get(f"POST {rule.endpoint}", {})
        if ACCESS[rule.endpoint] == "anyone" and "email" in fields:
            answers = []
            for address in (known, unknown):
                answer = world.app.test_client().post(world.path(rule), data={**fields, "email": address})
                answers.append((answer.status_code, answer.headers.get("Location"), _bare(answer.get_data(as_text=True), address)))
            assert answers[0] == answers[1], rule.rule
            tried += 1
    assert tried or not [rule for rule in world.rules() if rule.endpoint == "apply.start"]


def _bare(page: str, address: str) -> str:
    """Without what differs at every request: keys, tokens, the address itself."""
    return re.sub(r'value="[A-Za-z0-9_.-]{16,}"', "", page.replace(address, "ADDRESS"))
