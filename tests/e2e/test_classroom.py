"""A lesson as it happens: two pupils and their teacher, in real browsers, on the real house."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from kanikko.demo import FIRST_LESSON
from kanikko.settings import PROJECT
from tests.e2e.house import House
from tests.e2e.people import hands_in, opens_the_lesson, points, pupil_signs_in, staff_signs_in, writes

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.house, pytest.mark.timeout(600)]

ARTEFACTS = PROJECT / "tests" / "artefacts"
TABLET, DESK = {"width": 1080, "height": 810}, {"width": 1366, "height": 768}
POINTS_WITHIN_SECONDS = 3

Visitor = Callable[..., Page]


@pytest.fixture(scope="module")
def visitor(chromium: Browser) -> Iterator[Visitor]:
    """A person with a browser of their own."""
    contexts: list[BrowserContext] = []

    def arrive(size: dict[str, int]) -> Page:
        contexts.append(chromium.new_context(viewport=size, locale="ja-JP", has_touch=True))  # type: ignore[arg-type]
        page = contexts[-1].new_page()
        page.set_default_timeout(60_000)
        return page

    yield arrive
    for context in contexts:
        context.close()


def solutions() -> list[str]:
    """The lesson's own solutions, one for each place to write."""
    source = nbformat.read(PROJECT / "lessons" / FIRST_LESSON / f"{FIRST_LESSON}.ipynb", as_version=4)
    cells = [cell for cell in source.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    return [re.sub(r"^### (BEGIN|END) SOLUTION\n", "", cell.source, flags=re.MULTILINE) for cell in cells]


def picture(page: Page, name: str) -> None:
    page.screenshot(path=ARTEFACTS / f"{name}.png")


@pytest.fixture(scope="module")
def teacher(house: House, visitor: Visitor) -> Page:
    page = visitor(DESK)
    staff_signs_in(page, house.url, house.sheet["teacher"])
    page.goto(f"{house.url}/hub/class/{house.sheet['course']}?lesson={house.sheet['lesson']}")
    return page


@pytest.fixture(scope="module")
def pupil(house: House, visitor: Visitor) -> Page:
    page = visitor(TABLET)
    pupil_signs_in(page, house.url, house.sheet["class_code"], house.sheet["pupils"][0])
    return page


@pytest.fixture(scope="module")
def classmate(house: House, visitor: Visitor) -> Page:
    page = visitor(TABLET)
    pupil_signs_in(page, house.url, house.sheet["class_code"], house.sheet["pupils"][1])
    return page


def row(teacher: Page, house: House, number: int) -> str:
    return f"[data-account='{house.sheet['pupils'][number]['account']}']"


def test_a_pupil_solves_half_hands_in_and_sees_the_points(house: House, pupil: Page, teacher: Page) -> None:
    picture(pupil, "pupil-home")
    opens_the_lesson(pupil)
    for number, code in enumerate(solutions()[:3], start=1):
        writes(pupil, number, code)
    seconds = hands_in(pupil)
    print(f"points after {seconds:.2f} s")
    picture(pupil, "pupil-notebook-half")
    assert points(pupil) == "5 / 10 てん"
    assert pupil.locator(".kk-checks .kk-good").count() == 3
    hints = pupil.locator(".kk-checks .kk-hint").all_inner_texts()
    assert "square という わざが まだ ないよ" in hints[0]
    assert seconds < POINTS_WITHIN_SECONDS
    expect(teacher.locator(row(teacher, house, 0))).to_contain_text(re.compile(r"5\s*/\s*10"), timeout=5000)


def test_the_rest_fixed_gives_full_points_and_the_teacher_sees_it_without_a_reload(house: House, pupil: Page, teacher: Page) -> None:
    teacher.evaluate("window.sameDocument = true")
    for number, code in list(enumerate(solutions(), start=1))[3:]:
        writes(pupil, number, code)
    seconds = hands_in(pupil)
    print(f"points after {seconds:.2f} s")
    picture(pupil, "pupil-notebook")
    assert points(pupil) == "10 / 10 てん"
    assert seconds < POINTS_WITHIN_SECONDS
    expect(teacher.locator(row(teacher, house, 0))).to_contain_text(re.compile(r"10\s*/\s*10"), timeout=5000)
    assert teacher.evaluate("window.sameDocument") is True


def test_a_classmate_sees_none_of_it(house: House, classmate: Page, pupil: Page) -> None:
    first = house.sheet["pupils"][0]["account"]
    expect(classmate.locator("main")).not_to_contain_text("10 / 10")
    for path in (
        f"/user/{first}/",
        f"/user/{first}/api/contents",
        f"/user/{first}/files/{house.sheet['course']}/{house.sheet['lesson']}/{house.sheet['lesson']}.ipynb",
        f"/hub/api/users/{first}",
        f"/hub/class/{house.sheet['course']}",
        f"/hub/class/{house.sheet['course']}/marks.csv",
    ):
        assert classmate.request.get(house.url + path).status in (403, 404), path
    opens_the_lesson(classmate)
    expect(classmate.locator(".kk-result")).to_be_hidden()
    assert "right(steps)\n" not in classmate.locator(".jp-Notebook").inner_text().split("ここに かいてね")[-1]
    hands_in(classmate)
    assert points(classmate) == "0 / 10 てん"


def test_the_teacher_sees_both_and_the_home_page_shows_what_came_back(house: House, teacher: Page, pupil: Page) -> None:
    expect(teacher.locator(row(teacher, house, 1))).to_contain_text(re.compile(r"0\s*/\s*10"), timeout=5000)
    picture(teacher, "teacher-class")
    pupil.goto(f"{house.url}/hub/home")
    expect(pupil.locator("main")).to_contain_text("かえってきた")
    picture(pupil, "pupil-home-returned")


def test_the_formgrader_opens_the_second_pupils_notebook(house: House, teacher: Page) -> None:
    account = house.sheet["teacher"]["account"]
    with teacher.context.expect_page() as opened:
        teacher.locator(row(teacher, house, 1)).get_by_role("link", name="見る").click()
    grader = opened.value
    grader.set_default_timeout(90_000)
    grader.wait_for_url(f"**/user/{account}/{house.sheet['course']}/formgrader/manage_students/**")
    grader.get_by_role("link", name=house.sheet["lesson"], exact=True).last.click()
    expect(grader.locator("body")).to_contain_text("square という わざが まだ ないよ")
    picture(grader, "teacher-formgrader")


def test_names_stay_in_the_roster_and_on_screens(house: House) -> None:
    names = [pupil["name"].replace(" ", "") for pupil in house.sheet["pupils"][:2]]
    families = [pupil["name"].split(" ")[0] for pupil in house.sheet["pupils"][:2]]
    for log in sorted(Path(house.settings.logs_dir).rglob("*.log")):
        text = log.read_text(errors="replace")
        assert not [name for name in (*names, *families) if name in text], log


def test_the_house_closes_whole_and_keeps_everything(house: House, visitor: Visitor) -> None:
    before = house.descendants()
    assert before
    house.close()
    assert [process for process in before if process.is_running() and process.status() != "zombie"] == []
    house.reopen()
    page = visitor(TABLET)
    pupil_signs_in(page, house.url, house.sheet["class_code"], house.sheet["pupils"][0])
    expect(page.locator("main")).to_contain_text("かえってきた")
    opens_the_lesson(page)
    expect(page.locator(".jp-Notebook")).to_contain_text("right(steps)")
