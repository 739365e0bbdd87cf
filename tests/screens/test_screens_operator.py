"""What an operator sees and does on the hub's screens."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from screens_city import City, picture

from hub.roster import Person, apply_oneroster
from hub.roster.demo_city import write_demo

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def operator(city: City) -> Person:
    return city.roster.add_staff("運用", "太郎", "operator")


def test_an_operator_sees_the_city_in_numbers_and_finds_a_class(city: City, operator: Person, open_page: OpenPage) -> None:
    page = open_page(operator)
    expect(page.locator(".ks-counters")).to_contain_text("160")
    found = city.classes[0]
    page.get_by_label("学校名、クラス名、クラスコード").fill(f"{found.school} {found.title}")
    page.get_by_role("button", name="さがす").click()
    expect(page.locator("table")).to_contain_text(found.signin_code)
    picture(page, "desk")


def test_a_roster_that_is_the_same_changes_nothing(city: City, operator: Person, open_page: OpenPage, tmp_path: Path) -> None:
    same = write_demo(tmp_path / "same.zip")
    apply_oneroster(city.roster, same)  # another test may have moved a child
    before = city.roster.version()
    page = open_page(operator, "/hub/operator/roster")
    page.get_by_label("ZIP ファイル").set_input_files(same)
    page.get_by_role("button", name="取り込む").click()
    expect(page.get_by_text("名簿はもう同じ内容です")).to_be_visible(timeout=30_000)
    assert city.roster.version() == before


def test_a_bad_row_is_shown_by_file_line_column_and_remedy(city: City, operator: Person, open_page: OpenPage, tmp_path: Path) -> None:
    before = city.roster.version()
    page = open_page(operator, "/hub/operator/roster")
    page.get_by_label("ZIP ファイル").set_input_files(spoiled(write_demo(tmp_path / "good.zip"), tmp_path / "bad.zip"))
    page.get_by_role("button", name="取り込む").click()
    expect(page.locator("tbody tr").first).to_contain_text("users.csv", timeout=30_000)
    expect(page.locator("tbody tr").first.locator("td").nth(1)).to_have_text("3")
    picture(page, "roster-refused")
    assert city.roster.version() == before


def spoiled(good: Path, bad: Path) -> Path:
    """The same delivery with a grade that no school has, in the third line of users.csv."""
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("users.csv"):
                table = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
                table[2][table[0].index("role" if "role" in table[0] else "status")] = "nonsense"
                out = io.StringIO()
                csv.writer(out).writerows(table)
                content = out.getvalue().encode()
            target.writestr(name, content)
    return bad


def test_a_file_that_is_no_roster_is_refused_in_words(operator: Person, open_page: OpenPage) -> None:
    page = open_page(operator, "/hub/operator/roster")
    page.get_by_label("ZIP ファイル").set_input_files({"name": "film.zip", "mimeType": "application/zip", "buffer": b"not a zip"})
    page.get_by_role("button", name="取り込む").click()
    expect(page.locator(".kk-alert-bad")).to_be_visible(timeout=30_000)


def test_a_teacher_outside_the_roster_file_is_added_and_invited(city: City, operator: Person, open_page: OpenPage) -> None:
    page = open_page(operator, "/hub/operator/staff")
    page.get_by_label("姓", exact=True).fill("竹内")
    page.get_by_label("名", exact=True).fill("春")
    page.get_by_role("button", name="加えて招待する").click()
    expect(page.get_by_role("heading", name="竹内 春 さんへの招待")).to_be_visible()
    link = page.locator(".ks-secret").inner_text()
    picture(page, "staff-invited")
    page.goto(link.replace(page.url.split("/hub/")[0], ""))
    expect(page.locator("main")).to_contain_text("招待")
    assert link.split("#")[1] not in city.log("hub")
    assert "竹内" not in city.log("hub")


def test_staff_of_the_roster_are_invited_by_name(city: City, operator: Person, open_page: OpenPage) -> None:
    teacher = city.teacher(city.classes[0].course)
    page = open_page(operator, f"/hub/operator/staff?q={teacher.family_name}")
    page.get_by_role("button", name=re.compile(f"招待する.*{teacher.name}")).click()
    expect(page.locator(".ks-secret")).to_contain_text("/hub/invitation#")
