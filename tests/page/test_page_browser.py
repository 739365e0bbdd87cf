"""The page as a child meets it, in a real Chromium on a real Notebook server."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from kanikko.settings import PROJECT
from tests.page.house import Exchange, Pupil

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ARTEFACTS = PROJECT / "tests" / "artefacts"
UPRIGHT, TABLET, CHROMEBOOK = (810, 1080), (1080, 810), (1366, 768)
OURS = [".kk-bar", ".kk-banner", ".kk-result", ".kk-dialog"]
"""What axe looks at. #main below them is Jupyter's own: its CodeMirror editors, prompts and panels are upstream's to mend."""
CLUTTER = ["Trusted", "信頼", "Kernel", "カーネル", "File", "ファイル", "Nbgrader", "JupyterLab", "Terminal", "端末", "Python 3"]
WIDGETS = [".jp-Dialog", ".lm-MenuBar", ".jp-NotebookPanel-toolbar", ".jp-Notebook-footer", ".Toastify__toast", ".jp-NotebookKernelStatus"]
COMMAND_KEYS = ["x", "d", "d", "a", "b", "c", "v", "m", "y", "r", "z", "0", "0", "Shift+m", "Control+Shift+ArrowUp", "Delete", "Backspace"]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

Opener = Callable[..., Page]


@pytest.fixture
def look(chromium: Browser, pupil: Pupil) -> Iterator[Opener]:
    """Opens the lesson in a browser of the given size; no unexpected error may have happened on the page by the end."""
    errors: list[str] = []
    contexts = []

    def opener(size: tuple[int, int] = TABLET) -> Page:
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, locale="ja-JP", has_touch=True)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(pupil.notebook_url)
        page.wait_for_selector(".kk-label", timeout=60_000)
        expect(page.locator(".kk-saved[data-state=saved]")).to_be_visible(timeout=15_000)
        return page

    yield opener
    for context in contexts:
        context.close()
    assert errors == []


def picture(page: Page, name: str) -> None:
    page.screenshot(path=ARTEFACTS / f"page-{name}.png")


def cell(page: Page, number: int) -> str:
    return f".jp-Notebook .jp-Cell >> nth={number}"


def write(page: Page, number: int, text: str) -> None:
    """Replace what stands in a cell, as a child does with the keyboard."""
    page.locator(f"{cell(page, number)} >> .cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def run(page: Page, number: int) -> None:
    page.locator(f"{cell(page, number)} >> .cm-content").click()
    page.locator("[data-kk=run]").click()


def on_disk(pupil: Pupil, text: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if text in pupil.saved():
            return True
        time.sleep(0.2)
    return False


# ------------------------------------------------------------------------------------------- what is there and what is not
def test_a_child_meets_four_big_buttons_and_no_clutter(look: Opener) -> None:
    for size in (TABLET, UPRIGHT, CHROMEBOOK):
        page = look(size)
        for label in ("おうち", "うごかす", "とめる", "やりなおす", "ていしゅつ"):
            box = page.get_by_text(label, exact=True).locator("..").bounding_box()
            assert box is not None and box["height"] >= 44 and box["width"] >= 44, label
            assert box["x"] >= 0 and box["x"] + box["width"] <= size[0] and box["y"] + box["height"] <= 120, (label, size)
        visible = page.locator("body").inner_text()
        for clutter in (
            "Trusted",
            "信頼",
            "Kernel",
            "カーネル",
            "File",
            "ファイル",
            "Nbgrader",
            "JupyterLab",
            "Terminal",
            "端末",
            "NotImplemented",
            "Python 3",
        ):
            assert clutter not in visible, clutter
        for thing in (
            ".jp-Dialog",
            ".lm-MenuBar",
            ".jp-NotebookPanel-toolbar",
            ".jp-Notebook-footer",
            ".Toastify__toast",
            ".jp-NotebookKernelStatus",
        ):
            assert page.locator(f"{thing} >> visible=true").count() == 0, thing
        picture(page, f"lesson-{size[0]}")


def test_the_kernel_is_there_without_a_question(look: Opener) -> None:
    page = look()
    run(page, 1)
    expect(page.locator(f"{cell(page, 1)} >> .jp-OutputArea-output")).to_have_text("カニは 3 ほ あるいた", timeout=30_000)


def test_who_presses_before_the_kernel_is_there_is_served_then(chromium: Browser, pupil: Pupil) -> None:
    with chromium.new_context(locale="ja-JP") as context:
        page = context.new_page()
        held: list[Route] = []
        page.route("**/api/sessions*", lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
        page.goto(pupil.notebook_url)
        page.wait_for_selector(".kk-label", timeout=60_000)
        write(page, 3, "print('つぎ', aruku)")
        for number in (1, 3):
            run(page, number)
        page.wait_for_timeout(1000)
        for route in held:
            route.continue_()
        expect(page.locator(f"{cell(page, 1)} >> .jp-OutputArea-output")).to_have_text("カニは 3 ほ あるいた", timeout=30_000)
        expect(page.locator(f"{cell(page, 3)} >> .jp-OutputArea-output")).to_have_text("つぎ 3")


def test_the_page_says_where_to_write_and_what_cannot_be_changed(look: Opener, pupil: Pupil) -> None:
    page = look()
    labels = page.locator(".kk-label").all_inner_texts()
    assert [re.sub(r"（キーボード.*", "", text).strip() for text in labels] == [
        "ここに かいてね", "しらべる ところ（かえられません）", "ここに かいてね", "しらべる ところ（かえられません）",
    ]  # fmt: skip
    before = pupil.saved()
    write(page, 4, "raise SystemExit")
    page.locator(f"{cell(page, 2)} >> .jp-RenderedMarkdown").dblclick()
    page.keyboard.type("x")
    page.wait_for_timeout(9000)
    assert pupil.saved() == before


def test_furigana_stays_and_scripts_in_the_lesson_do_not_run(look: Opener) -> None:
    page = look()
    expect(page.locator(f"{cell(page, 0)} >> ruby rt")).to_have_text("へんすう")
    assert page.evaluate("window.hacked") is None


def test_the_page_is_japanese(look: Opener) -> None:
    assert look().evaluate("document.documentElement.lang") == "ja"


# ------------------------------------------------------------------------------------------- writing and running
def test_what_is_typed_is_on_the_disk_within_ten_seconds(look: Opener, pupil: Pupil) -> None:
    page = look()
    write(page, 3, 'kani = "かにっこ"')
    expect(page.locator(".kk-saved")).to_have_text("かいています")
    assert on_disk(pupil, 'kani = "かにっこ"', 10)
    expect(page.locator(".kk-saved")).to_have_text("ほぞん した")


def test_who_never_stops_typing_is_saved_too(look: Opener, pupil: Pupil) -> None:
    page = look()
    write(page, 3, "#")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and "#abcabc" not in pupil.saved():
        page.keyboard.type("abc", delay=50)
    assert "#abcabc" in pupil.saved()


def test_undo_and_shift_enter_work(look: Opener, pupil: Pupil) -> None:
    page = look()
    write(page, 3, "print(6 * 7)")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(f"{cell(page, 3)} >> .jp-OutputArea-output")).to_have_text("42")
    write(page, 3, "oops")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.locator(f"{cell(page, 3)} >> .cm-content")).not_to_contain_text("oops")


def test_no_key_deletes_moves_or_changes_a_cell(look: Opener) -> None:
    page = look()
    sources = page.locator(".jp-Cell").all_inner_texts()
    page.locator(f"{cell(page, 1)} >> .cm-content").click()
    page.keyboard.press("Escape")
    for key in COMMAND_KEYS:
        page.keyboard.press(key)
    page.wait_for_timeout(500)
    assert page.locator(".jp-Cell").all_inner_texts() == sources
    assert page.locator(".jp-Dialog").count() == 0


def test_a_cell_cannot_be_dragged_away_and_a_right_click_offers_nothing_of_jupyters(look: Opener) -> None:
    page = look()
    order = page.locator(".jp-Cell .cm-content").all_inner_texts()
    page.locator(f"{cell(page, 1)} >> .jp-InputPrompt").drag_to(page.locator(cell(page, 6)), force=True)
    page.locator(cell(page, 1)).click(button="right")
    page.wait_for_timeout(500)
    assert page.locator(".jp-Cell .cm-content").all_inner_texts() == order
    assert page.locator(".lm-Menu").count() == 0


def test_running_the_last_cell_makes_no_new_one(look: Opener) -> None:
    page = look()
    count = page.locator(".jp-Cell").count()
    for _ in range(3):
        run(page, count - 1)
    page.wait_for_timeout(2000)
    assert page.locator(".jp-Cell").count() == count


def test_after_an_error_the_child_stays_in_the_cell(look: Opener) -> None:
    page = look()
    write(page, 3, "1/0")
    page.locator("[data-kk=run]").click()
    expect(page.locator(f"{cell(page, 3)} >> .jp-OutputArea-output")).to_contain_text("ZeroDivisionError")
    expect(page.locator(cell(page, 3))).to_have_class(re.compile("jp-mod-active"))


def test_an_endless_loop_can_be_stopped(look: Opener) -> None:
    page = look()
    write(page, 3, "while True: pass")
    page.locator("[data-kk=run]").click()
    expect(page.locator(".kk-stop.kk-active")).to_be_visible()
    page.locator("[data-kk=stop]").click()
    expect(page.locator(f"{cell(page, 3)} >> .jp-OutputArea-output")).to_contain_text("KeyboardInterrupt")


def test_starting_over_asks_first_and_keeps_the_program(look: Opener, pupil: Pupil) -> None:
    page = look()
    write(page, 3, "kani = 5; print(kani)")
    page.keyboard.press("Shift+Enter")
    output = page.locator(f"{cell(page, 3)} >> .jp-OutputArea-output")
    expect(output).to_have_text("5")
    page.locator("[data-kk=restart]").click()
    picture(page, "start-over")
    page.get_by_role("button", name="やめる").click()
    expect(output).to_have_text("5")
    held: list[Route] = []
    page.route("**/api/kernels/*/restart*", lambda route: held.append(route))
    page.locator("[data-kk=restart]").click()
    page.get_by_role("dialog").get_by_role("button", name="やりなおす").click()
    expect(output).to_have_count(0)
    expect(page.locator(f"{cell(page, 3)} >> .cm-content")).to_contain_text("kani = 5")
    # A quick child types on while the kernel is still restarting: the end of the restart does not take him elsewhere.
    write(page, 3, "print('kani' in dir())")
    with page.expect_response("**/api/kernels/*/restart*"):
        held.pop().continue_()
    page.wait_for_timeout(1000)
    page.keyboard.press("Shift+Enter")
    expect(output).to_have_text("False", timeout=30_000)


def test_a_program_that_kills_its_kernel_is_told_of_kindly(look: Opener) -> None:
    page = look()
    write(page, 3, "import os; os._exit(1)")
    page.locator("[data-kk=run]").click()
    expect(page.locator(".kk-banner")).to_contain_text("プログラムが とまってしまいました。", timeout=30_000)
    page.wait_for_timeout(1500)
    assert page.locator(".jp-Dialog").count() == 0
    write(page, 3, "print('また うごく')")
    page.locator("[data-kk=run]").click()
    expect(page.locator(f"{cell(page, 3)} >> .jp-OutputArea-output")).to_have_text("また うごく", timeout=30_000)


# ------------------------------------------------------------------------------------------- handing in
def test_handing_in_saves_first_and_shows_points_and_hints(look: Opener, exchange: Exchange) -> None:
    page = look()
    write(page, 3, 'kani = "さいご"')
    page.locator("[data-kk=hand-in]").click()
    expect(page.locator(".kk-live")).to_contain_text("ていしゅつ できたよ！ 8 / 10 てん")
    assert "さいご" in exchange.handed_in[0]["kani.ipynb"].decode()
    expect(page.locator(".kk-score")).to_have_text("8 / 10 てん")
    expect(page.locator(".kk-good")).to_contain_text("もんだい 1 変数を つくろう")
    expect(page.locator(".kk-good .kk-sign")).to_have_attribute("data-mark", "○")
    expect(page.locator(".kk-almost .kk-sign")).to_have_attribute("data-mark", "△")
    expect(page.locator(".kk-almost .kk-hint")).to_have_text("5かい あるいて いないよ")
    picture(page, "points-1080")
    page.set_viewport_size({"width": UPRIGHT[0], "height": UPRIGHT[1]})
    picture(page, "points-810")
    page.locator(".kk-almost").get_by_role("button", name="みにいく").click()
    expect(page.locator(cell(page, 7))).to_have_class(re.compile("jp-mod-active"))
    expect(page.locator(cell(page, 7))).to_be_in_viewport()
    page.get_by_role("button", name="とじる").click()
    expect(page.locator(".kk-result")).to_be_hidden()


def test_full_points_are_cheered(look: Opener, exchange: Exchange) -> None:
    exchange.marks = {
        "score": 10.0,
        "max_score": 10.0,
        "cells": [{**cell, "points": cell["max_points"], "hint": None} for cell in exchange.marks["cells"]],
    }
    page = look(CHROMEBOOK)
    page.locator("[data-kk=hand-in]").click()
    expect(page.locator(".kk-live")).to_contain_text("ぜんぶ できたね！")
    assert page.locator(".kk-almost").count() == 0
    picture(page, "all-points")


def test_a_hostile_hint_stays_text(look: Opener, exchange: Exchange) -> None:
    hint = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>{<b>漢字</b>|<i>かんじ</i>}"
    exchange.marks["cells"][1]["hint"] = hint
    exchange.marks["note"] = "<svg onload='window.hacked=1'>じかんが たりませんでした</svg>"
    page = look()
    page.locator("[data-kk=hand-in]").click()
    expect(page.locator(".kk-hint")).to_contain_text("<img src=x onerror='window.hacked=1'>")
    expect(page.locator(".kk-hint ruby rt")).to_have_text("<i>かんじ</i>")
    expect(page.locator(".kk-note")).to_contain_text("<svg onload=")
    assert page.locator(".kk-result-body :is(img, script, b, i):not(.kk-score b)").count() == 0
    assert page.evaluate("window.hacked") is None


def test_a_hand_in_that_does_not_arrive_can_be_sent_again(look: Opener, exchange: Exchange) -> None:
    page = look()
    exchange.fault = (503, "down")
    page.locator("[data-kk=hand-in]").click()
    expect(page.locator(".kk-live")).to_have_text("おくれませんでした", timeout=20_000)
    expect(page.locator(".kk-result-body")).to_contain_text("おくりさきに つながりませんでした。")
    picture(page, "not-sent")
    exchange.fault = None
    page.get_by_role("button", name="もういちど おくる").click()
    expect(page.locator(".kk-live")).to_contain_text("8 / 10 てん")


def test_two_taps_hand_in_once(look: Opener, exchange: Exchange) -> None:
    page = look()
    exchange.marking = 1.5
    page.locator("[data-kk=hand-in]").click()
    page.locator("[data-kk=hand-in]").click(force=True)
    expect(page.locator(".kk-live")).to_have_text("とどきました！ いま まるを つけています…")
    expect(page.locator(".kk-live")).to_contain_text("8 / 10 てん")
    assert len(exchange.handed_in) == 1


def test_marks_that_could_not_be_given_are_told_with_the_reason(look: Opener, exchange: Exchange) -> None:
    cells = [{"grade_id": "check-variables", "notebook": "kani", "points": 0.0, "max_points": 4.0, "hint": None}]
    exchange.marks = {"score": 0.0, "max_score": 10.0, "note": "{時間|じかん}が たりませんでした。", "cells": cells}
    page = look()
    page.locator("[data-kk=hand-in]").click()
    expect(page.locator(".kk-note ruby rt")).to_have_text("じかん")
    expect(page.locator(".kk-hint")).to_have_text("おしい！ もういちど かんがえてみよう。")


# ------------------------------------------------------------------------------------------- connection and accessibility
def test_a_lost_connection_loses_nothing(look: Opener, pupil: Pupil) -> None:
    page = look()
    run(page, 1)
    pupil.die()
    expect(page.locator(".kk-banner")).to_contain_text("つながっていません。なおったら じどうで ほぞんします。", timeout=15_000)
    write(page, 3, 'kani = "しまの なか"')
    page.wait_for_timeout(8000)
    assert page.locator(".jp-Dialog").count() == 0
    picture(page, "connection-lost")
    pupil.start()
    assert on_disk(pupil, 'kani = "しまの なか"', 15)
    expect(page.locator(".kk-saved")).to_have_text("ほぞん した")
    expect(page.locator(".kk-banner")).to_contain_text("つながりました。")
    write(page, 6, "print('うごいた')")
    page.locator("[data-kk=run]").click()
    expect(page.locator(f"{cell(page, 6)} >> .jp-OutputArea-output")).to_have_text("うごいた", timeout=30_000)
    assert page.locator(".jp-Dialog").count() == 0


def test_going_home_saves_first(look: Opener, pupil: Pupil) -> None:
    page = look()
    page.route("**/hub/home", lambda route: route.fulfill(body="<p>home</p>", content_type="text/html"))
    write(page, 3, "kaeru = 1")
    page.get_by_role("link", name="おうち").click()
    page.wait_for_url("**/hub/home")
    assert "kaeru = 1" in pupil.saved()


def test_disk_use_is_shown(look: Opener) -> None:
    meter = look().get_by_label(re.compile("つかっている ばしょ: 1 / 200 メガバイト"))
    expect(meter).to_be_visible()


def test_our_parts_of_the_page_are_accessible(look: Opener) -> None:
    page = look()
    page.locator("[data-kk=hand-in]").click()
    expect(page.locator(".kk-score")).to_be_visible()
    page.locator("[data-kk=restart]").click()
    for size in (TABLET, UPRIGHT):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        found = Axe().run(page, context={"include": OURS}, options={"runOnly": {"type": "tag", "values": WCAG}})
        assert found.violations_count == 0, found.generate_report()


def test_everything_can_be_reached_by_keyboard(look: Opener) -> None:
    page = look()
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    page.locator(".kk-home").focus()
    reached = []
    for _ in range(5):
        reached.append(page.evaluate("document.activeElement.innerText.trim()"))
        page.keyboard.press("Tab")
    assert reached == ["おうち", "うごかす", "とめる", "やりなおす", "ていしゅつ"]
    page.locator("[data-kk=hand-in]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".kk-live")).to_contain_text("8 / 10 てん")
