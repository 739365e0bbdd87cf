"""No page of the screens violates WCAG 2.2 A or AA, as far as a machine can tell (axe-core)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from screens_city import PORTRAIT, TABLET, City

from hub.roster import Person

OpenPage = Callable[..., Page]
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]}}
LESSON = "kani-wo-ugokasou"


@pytest.fixture(scope="module")
def busy_class(city: City) -> str:
    """A class in which every state can be seen."""
    course = city.classes[0].course
    city.release(course, LESSON, "カニを {動|うご}かそう")
    pupils = city.pupils(course)
    city.client(pupils[20]).get(f"/hub/lesson/{course}/{LESSON}")
    city.hand_in(course, LESSON, pupils[21].account)
    city.grade(city.hand_in(course, LESSON, pupils[22].account), 10)
    city.grade(city.hand_in(course, LESSON, pupils[23].account), 3, flagged=True, note="時間がたりませんでした。")
    return course


@pytest.fixture(scope="module")
def operator(city: City) -> Person:
    return city.roster.add_staff("運用", "次郎", "operator")


def check(page: Page) -> None:
    for viewport in (TABLET, PORTRAIT):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        results = Axe().run(page, options=RULES)
        assert results.violations_count == 0, results.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), "the page scrolls sideways"
        small = page.evaluate(
            """[...document.querySelectorAll("a.kk-button, button, summary, .ks-chip")].filter(e => e.offsetParent)
               .map(e => [e.innerText, e.getBoundingClientRect()]).filter(([, r]) => r.width < 24 || r.height < 44).map(([t]) => t)"""
        )
        assert small == [], "too small for a finger"


@pytest.mark.parametrize("number", [19, 20, 21, 22])
def test_the_pupils_home(city: City, busy_class: str, open_page: OpenPage, number: int) -> None:
    check(open_page(city.pupils(busy_class)[number]))


def test_the_waiting_page(city: City, busy_class: str, open_page: OpenPage) -> None:
    pupil = city.pupils(busy_class)[24]
    (city.settings.var / f"{pupil.account}.fails").write_text("9")
    page = open_page(pupil, f"/hub/lesson/{busy_class}/{LESSON}")
    check(page)
    page.get_by_role("button", name="もういちど").wait_for(timeout=40_000)
    check(page)


@pytest.mark.parametrize("path", ["/hub/home", "/hub/class/{course}", "/hub/class/{course}/times", "/hub/class/caaaaaaa"])
def test_the_teachers_pages(city: City, busy_class: str, open_page: OpenPage, path: str) -> None:
    page = open_page(city.teacher(busy_class), path.format(course=busy_class))
    for panel in page.locator("summary").all():
        panel.click()
    check(page)


@pytest.mark.parametrize("path", ["/hub/home?q=小", "/hub/operator/roster", "/hub/operator/staff?q=a"])
def test_the_operators_pages(operator: Person, open_page: OpenPage, path: str) -> None:
    check(open_page(operator, path))
