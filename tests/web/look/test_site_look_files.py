"""The look's files: design tokens as published, nothing undefined, light, and URLs that change with the content."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from look_guide import environment, guide

from kanikko import look
from kanikko.look.tokens import differences, properties
from kanikko.settings import PROJECT

PUBLISHED = Path(__file__).parent / "tokens-1.1.9.json"
FIRST_PAGE_MOST = 100_000
NOT_IN_USE = (  # Pico's classes that no page of ours has
    "--pico-contrast",
    "--pico-secondary",
    "--pico-form-element-valid",
    "--pico-icon-valid",
    "--pico-table-row",
    "--pico-typography-spacing-top",
)
WISHED = "calendar place person clock ticket crab check warning mail qr kit chart download language"


def read(name: str) -> str:
    return (look.STATIC / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("sheet", ["kanikko/look/static/tokens.css", "robots/flash/page/static/station.css"])
def test_the_design_tokens_are_as_published(sheet: str) -> None:
    ours = properties((PROJECT / sheet).read_text(encoding="utf-8"))
    assert len(ours) > 5
    assert differences(ours, json.loads(PUBLISHED.read_text())) == []


@pytest.mark.parametrize("sheet", ["hub/signin/static/kanikko.css", "hub/screens/static/screens.css"])
def test_the_hub_uses_only_what_the_look_and_its_own_sheet_set(sheet: str) -> None:
    its_own = (PROJECT / "hub/signin/static/kanikko.css").read_text(encoding="utf-8")
    used = set(re.findall(r"var\((--[a-z0-9-]+)\)", (PROJECT / sheet).read_text(encoding="utf-8")))
    assert used - set(re.findall(r"(--[a-z0-9-]+):", read("tokens.css") + its_own)) == set()


def test_a_design_token_that_differs_is_told() -> None:
    ours = properties(read("tokens.css").replace("#c74700", "#c74701"))
    assert differences(ours, json.loads(PUBLISHED.read_text())) == ["--color-primitive-orange-800: #c74701 here, #c74700 published"]


def test_a_token_that_was_never_published_is_told() -> None:
    assert differences({"--color-primitive-orange-1300": "#000"}, {}) == ["--color-primitive-orange-1300: #000 here, nothing published"]


def test_the_command_compares_with_a_published_file() -> None:
    done = subprocess.run([sys.executable, "-m", "kanikko.look.tokens", str(PUBLISHED)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "as published\n")


@pytest.mark.parametrize("sheet", ["tokens.css", "look.css", "parts.css", "staff.css", "vendor/pico.min.css"])
def test_every_custom_property_in_use_is_set(sheet: str) -> None:
    used = set(re.findall(r"var\((--[a-z0-9-]+)\)", read(sheet)))
    set_ = {name for file in look.STATIC.rglob("*.css") for name in re.findall(r"(--[a-z0-9-]+):", file.read_text(encoding="utf-8"))}
    assert {name for name in used - set_ if not name.startswith(NOT_IN_USE)} == set()


def test_colours_stand_only_in_the_tokens() -> None:
    for sheet in ("look.css", "parts.css", "staff.css"):
        screen = read(sheet).split("@media print")[0]
        assert re.findall(r"#[0-9a-f]{3,8}\b(?=[^{}]*[;}])", screen) == [], sheet


def test_the_first_page_is_light() -> None:
    """Uncompressed, and with 28 kB left for what stands on it."""
    frame = environment("easy").from_string('{% extends "look/page.html" %}').render()
    files = ("tokens.css", "vendor/pico.min.css", "look.css", "parts.css", "app.js", "icons.svg", "crab.svg")
    assert len(frame.encode()) + sum((look.STATIC / name).stat().st_size for name in files) < FIRST_PAGE_MOST - 28_000


def test_every_icon_that_is_used_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([a-z]+)"', read("icons.svg")))
    shown = set(re.findall(r"icons\.svg#([a-z]+)", guide() + guide(template="look/guide_staff.html")))
    assert shown <= drawn
    assert set(WISHED.split()) <= drawn


def test_the_version_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a")
    before = look.fingerprint(tmp_path)
    (tmp_path / "a.css").write_text("b")
    after = look.fingerprint(tmp_path)
    (tmp_path / "a.css").rename(tmp_path / "c.css")
    assert len({before, after, look.fingerprint(tmp_path)}) == 3
    assert re.fullmatch("[0-9a-f]{12}", look.VERSION)


@pytest.mark.parametrize("language", ["ja", "easy", "en"])
@pytest.mark.parametrize("template", ["look/guide.html", "look/guide_staff.html"])
def test_no_page_has_script_or_style_inside(language: str, template: str) -> None:
    page = guide(language, template)
    assert re.findall(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:", page) == []
    assert "http://" not in page
    assert "https://" not in page


def test_a_bare_page_needs_nothing_but_the_words() -> None:
    env = environment("ja")
    for name in ("nav", "footer_links", "staff_nav", "languages"):
        env.globals.pop(name)
    page = env.from_string('{% extends "look/page.html" %}{% block main %}<h1>はい</h1>{% endblock %}').render()
    assert "<h1>はい</h1>" in page
    assert "<nav" not in page
