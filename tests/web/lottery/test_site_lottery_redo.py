"""Three programs written apart from each other draw alike: the city's own, the script that families run, and the page in the browser."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jinja2 import Environment, FileSystemLoader

from tests.web.lottery.lotteries import STATIC, file_of, random_publication, some_publication, stand_alone_script
from web.language import Language, Text, render
from web.lottery.check import check
from web.lottery.draw import result_of
from web.lottery.records import Publication
from web.lottery.seals import publication_text
from web.lottery.words import FOR_SCRIPT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCRIPT = STATIC / "check_draw.py"
STRICT = "default-src 'none'; script-src 'self'; connect-src 'self'"


def tampered() -> dict[str, dict[str, Any]]:
    """One file for each kind of tampering; all three programs must refuse every one."""
    changes: dict[str, tuple[list[str | int], Any]] = {
        "seed": (["seed"], "0" * 64),
        "seed with a newline": (["seed"], f"{1:064x}\n"),
        "rules": (["promise", "rules", "residents_first"], False),
        "an entry": (["list", "entries", 0, "resident"], False),
        "a number as truth": (["list", "entries", 0, "number"], True),
        "a number twice": (["list", "entries", 1, "number"], 1),
        "capacity": (["list", "capacity"], 7),
        "capacity as text": (["list", "capacity"], "6"),
        "hash": (["list_hash"], "0" * 64),
        "no hash": (["list_hash"], None),
        "public number": (["public_value"], "021117233542"),
        "short public number": (["public_value"], "02111723354"),
        "no public number": (["public_value"], None),
        "no seed": (["seed"], None),
        "no promise": (["promise"], None),
        "result": (["result", "drawn", 0], 99),
        "result as truth": (["result", "waiting", 0], True),
        "one more drawn": (["result", "drawn"], [*file_of(some_publication())["result"]["drawn"], 1]),
        "no result": (["result"], None),
        "a fact too many": (["note"], ""),
        "half a letter": (["promise", "public_number", "name"], "\ud800"),
        "format": (["format"], "kanikko-lottery/2"),
    }
    files = {}
    for name, (way, value) in changes.items():
        file: Any = copy.deepcopy(file_of(some_publication()))
        place = file
        for part in way[:-1]:
            place = place[part]
        place[way[-1]] = value
        files[name] = file
    return files


TAMPERED = {name: json.dumps(file) for name, file in tampered().items()}
TAMPERED["a key twice"] = json.dumps(file_of(some_publication())).replace('"capacity": 6', '"capacity": 999, "capacity": 6')
TAMPERED["6.0"] = json.dumps(file_of(some_publication())).replace('"capacity": 6', '"capacity": 6.0')
TAMPERED["half a file"] = json.dumps(file_of(some_publication()))[:500]
TAMPERED["brackets"] = "[" * 500_000
TAMPERED["null"] = "null"


def script_says(text: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """As a family runs it: by plain Python, without anything of ours to import."""
    place = folder / "draw.json"
    place.write_text(text)
    return subprocess.run([sys.executable, "-I", "-S", SCRIPT, place, *more], capture_output=True, text=True, timeout=60)


# ---------------------------------------------------------------- the script
@pytest.mark.parametrize("number", range(60))
def test_the_script_draws_as_the_site_does(number: int) -> None:
    publication = random_publication(number)
    assert publication.result is not None
    script, file = stand_alone_script(), file_of(publication)
    assert script.redo(file) == (list(publication.result.drawn), list(publication.result.waiting))
    assert script.problems(file) == []


def test_a_family_needs_only_python(tmp_path: Path) -> None:
    answer = script_says(publication_text(some_publication()), tmp_path, "14")
    assert answer.returncode == 0, answer.stderr
    assert "6 + 9" in answer.stdout
    assert "14: 補欠 / waiting 3" in answer.stdout


@pytest.mark.parametrize("name", TAMPERED)
def test_the_script_refuses_what_was_tampered_with(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not (report := check(TAMPERED[name].encode())).ok or not report.is_complete
    place = tmp_path / "draw.json"
    place.write_text(TAMPERED[name])
    assert stand_alone_script().main(str(place)) == 1
    assert "×" in capsys.readouterr().out


# ---------------------------------------------------------------- the browser
class Site(ThreadingHTTPServer):
    """Serves the page, the modules and a draw that a test may change, under the site's strict policy."""

    def __init__(self) -> None:
        self.draw = publication_text(some_publication())
        self.language: Language = "en"
        super().__init__(("127.0.0.1", 0), partial(Answer, self))
        self.url = f"http://127.0.0.1:{self.server_port}"

    def page(self) -> str:
        def say(ja: str, easy: str = "", en: str = "") -> str:
            text = ja if isinstance(ja, Text) else Text(ja, easy, en)
            return render(text.in_language(self.language), self.language)

        templates = Environment(loader=FileSystemLoader(STATIC.with_name("templates")), autoescape=True)
        part = templates.get_template("lottery/redo.html")
        return "<!DOCTYPE html><title>?</title>" + part.render(
            redo_file="/draw.json", redo_words=FOR_SCRIPT, say=say, asset=lambda _, name: f"/{name}"
        )


class Answer(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *arguments: Any) -> None:
        self.site = site
        super().__init__(*arguments)

    def do_GET(self) -> None:
        kind, content = {
            "/": ("text/html; charset=utf-8", self.site.page),
            "/draw.json": ("application/json", lambda: self.site.draw),
            "/draw.js": ("text/javascript", (STATIC / "draw.js").read_text),
            "/redo.js": ("text/javascript", (STATIC / "redo.js").read_text),
        }.get(self.path, ("", lambda: ""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", STRICT)
        self.end_headers()
        self.wfile.write(content().encode())

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    server = Site()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def page(chromium: Browser, site: Site) -> Iterator[Page]:
    opened = chromium.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(site.url)
    yield opened
    assert [line for line in said if "404" not in line] == []


BROWSER_DRAW = """async (texts) => {
  const { redo } = await import("/draw.js");
  return Promise.all(texts.map(async (text) => {
    try { const { ok, wrong, drawn, waiting, steps } = await redo(text); return { ok, wrong, drawn, waiting, steps }; }
    catch (error) { return { ok: false, code: error.code ?? String(error) }; }
  }));
}"""


def test_the_browser_draws_as_the_site_does(page: Page) -> None:
    published = [random_publication(number) for number in range(60)]
    answers = page.evaluate(BROWSER_DRAW, [publication_text(one) for one in published])
    for publication, answer in zip(published, answers, strict=True):
        assert answer["ok"], answer
        assert (tuple(answer["drawn"]), tuple(answer["waiting"])) == _result(publication)
    report = check(publication_text(published[7]).encode())
    assert [(step["tier"], step["ticket"], step["free"]) for step in answers[7]["steps"]] == [
        (step.unit.tier, step.unit.ticket, step.free) for step in report.steps
    ]
    assert result_of(report.steps) == published[7].result


def test_the_browser_refuses_what_was_tampered_with(page: Page) -> None:
    answers = page.evaluate(BROWSER_DRAW, list(TAMPERED.values()))
    for name, answer in zip(TAMPERED, answers, strict=True):
        assert not answer["ok"], name
        assert answer.get("code", "") in ("", "unreadable", "unfinished"), (name, answer)


def test_the_page_shows_step_by_step_that_the_draw_is_right(page: Page, site: Site) -> None:
    site.language = "en"
    page.goto(site.url)
    page.get_by_role("button", name="Repeat the draw on this page").click()
    page.get_by_text("exactly this result").wait_for()
    assert page.locator(".lottery-holds").count() == 4
    assert "The list of entries (15, with 6 places)" in page.locator("[data-redo-out]").inner_text()
    rows = page.locator("tbody tr")
    assert rows.count() == 11
    assert "2 + 3" in page.locator("tbody").inner_text()


def test_the_page_says_in_plain_japanese_what_was_tampered_with(page: Page, site: Site) -> None:
    site.language, right = "easy", site.draw
    page.goto(site.url)
    try:
        site.draw = TAMPERED["an entry"]
        page.locator("[data-redo-start]").click()
        page.get_by_text("まちがいがあります").wait_for()
        assert "しめきりのときと" in page.locator(".lottery-wrong").first.inner_text()
        assert page.locator("[data-redo-out] ruby").count() > 0
    finally:
        site.draw, site.language = right, "en"


def test_a_family_may_repeat_the_draw_from_the_file_it_kept(page: Page, site: Site) -> None:
    page.goto(site.url)
    for content, words in (
        (TAMPERED["result"], "should be drawn"),
        (TAMPERED["null"], "cannot be read"),
        (site.draw, "exactly this result"),
    ):
        page.set_input_files("input[type=file]", {"name": "draw.json", "mimeType": "application/json", "buffer": content.encode()})
        page.get_by_text(words).first.wait_for()


def _result(publication: Publication) -> tuple[tuple[int, ...], tuple[int, ...]]:
    assert publication.result is not None
    return publication.result.drawn, publication.result.waiting
