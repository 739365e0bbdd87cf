"""A whole year in short, as the people live it: staff publish, families apply, the lot is drawn and checked, mentors and kits are sent,
children come in at the door, and the figures and open data say what happened."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner
from playwright.sync_api import Page, expect
from sqlite_utils import Database

from tests.web.make import make_kit, make_mentor, make_place, make_skill
from tests.web.opendata.events_standard import faults
from tests.web.year.conftest import PHONE, House, link_in, text_of
from web import clock
from web.data import every, one, value
from web.demo.sheet import DemoStaff, new_sheet, staff_rows
from web.figures.counting import attendances, indicator
from web.lottery.cli import lottery

pytestmark = pytest.mark.browser

DRAWN, FIRST = "かにロボット 冬の教室", "クリスマスカードの教室"
RESULT = f"「{DRAWN}」の抽選の結果"
SESSION = datetime(2026, 12, 19, 10, 0, tzinfo=clock.CITY_TIME)


def test_a_year_in_short(house: House, house_db: Database, tmp_path: Path) -> None:
    director = prepare(house, house_db)
    desk = house.page()
    sign_in(house, desk, director)
    drawn = publish(house, desk, DRAWN, "lottery", capacity=3, mentors=True)
    first = publish(house, desk, FIRST, "first_come", capacity=1)

    twins = apply(house, drawn, "noto@example.jp", [("のと そら", "2017"), ("のと うみ", "2017")], together=True)
    kaga = apply(house, drawn, "kaga@example.jp", [("かが はな", "2016")])
    house.photo(kaga, "applied-on-a-phone")
    apply(house, drawn, "eiko@example.jp", [("えいこ りん", "2018")])
    apply(house, first, "kaga@example.jp", [], known=("かが はな",))
    expect(apply(house, first, "noto@example.jp", [], known=("のと そら",)).get_by_text(re.compile("キャンセル待ち")).first).to_be_visible()

    clock.travel_to(clock.now() + timedelta(days=8))  # applications are closed
    sign_in(house, desk, director)
    draw_the_lot(house, desk, house_db, drawn)
    check_the_draw(house, twins, drawn, tmp_path)
    letters = results(house, house_db, drawn)
    send_mentors(house, desk, house_db)
    kits_are_reserved(desk, house_db, drawn)

    clock.travel_to(SESSION - timedelta(minutes=20))
    sign_in(house, desk, director)
    come_in(house, desk, house_db, drawn, letters)
    figures(house, desk, house_db, drawn)


def prepare(house: House, db: Database) -> DemoStaff:
    """What was there before: staff, a place, mentors, kits."""
    sheet = new_sheet()
    db.table("staff").insert_all(staff_rows(sheet, house.app.config["SITE"].settings))
    make_place(db)
    make_skill(db, "rp2040", name="かにロボット")
    make_mentor(db, skills=("rp2040",), kind="lead", name="加賀 まさる", email="lead@example.jp")
    make_mentor(db, skills=("rp2040",), kind="assistant", name="助手 けいこ", email="assistant@example.jp")
    make_kit(db, units=5)
    return sheet[0]


def sign_in(house: House, page: Page, who: DemoStaff) -> None:
    page.goto("/staff/")
    page.get_by_label(re.compile("^ID")).fill(who.login)
    page.get_by_label(re.compile("^パスワード")).fill(who.password)
    page.get_by_role("button", name="次へ").click()
    page.get_by_label(re.compile("6けたの数字")).fill(pyotp.TOTP(who.totp_secret).at(clock.now()))
    page.get_by_role("button", name="サインイン").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("きょうの仕事")


def publish(house: House, page: Page, title: str, admission: str, *, capacity: int, mentors: bool = False) -> str:
    """A class with one session, made and published at the desk; its id."""
    page.goto("/staff/classes/new")
    page.locator("[name=programme]").select_option("7-6")
    page.locator("[name=title]").fill(title)
    page.locator("[name=title_kana]").fill("カニノキョウシツ")
    page.locator("[name=description]").fill("かにロボットを うごかします。")
    page.locator("[name=grade_from]").select_option("1")
    page.locator("[name=grade_to]").select_option("6")
    page.locator("[name=capacity]").fill(str(capacity))
    page.locator("[name=admission]").select_option(admission)
    opens, closes = clock.now() - timedelta(days=1), clock.now() + timedelta(days=7)
    page.locator("[name=apply_from_day]").fill(f"{opens:%Y-%m-%d}")
    page.locator("[name=apply_to_day]").fill(f"{closes:%Y-%m-%d}")
    page.locator("[name=contact_phone]").fill("076-220-0000")
    house.photo(page, f"class-form-{admission}")
    page.get_by_role("button", name="下書きを作る").click()
    page.get_by_role("link", name="1回分を加える").click()
    page.locator("[name=day]").fill(f"{SESSION:%Y-%m-%d}")
    page.locator("[name=starts]").fill("10:00" if mentors else "14:00")
    page.locator("[name=ends]").fill("12:00" if mentors else "16:00")
    page.locator("[name=place]").select_option(index=1)
    page.locator("main form button[type=submit]").first.click()
    if mentors:
        page.get_by_role("link", name="必要な人と機材を決める").click()
        page.get_by_label("かにロボット・リーダーの人数").fill("1")
        page.get_by_label("かにロボット・アシスタントの人数").fill("1")
        page.get_by_label("かにロボット キットの組数").fill("3")
        page.get_by_role("button", name="記録する").click()
    press(page, "公開する")
    expect(page.get_by_text("公開中").first).to_be_visible()
    house.photo(page, f"class-published-{admission}")
    return page.url.rstrip("/").rsplit("/", 1)[1]


def apply(
    house: House, of_class: str, email: str, children: list[tuple[str, str]], *, known: tuple[str, ...] = (), together: bool = False
) -> Page:
    """A guardian applies on a phone; the page that says it arrived."""
    page = house.page(PHONE)
    page.goto(f"/classes/{of_class}")
    page.get_by_role("link", name=re.compile("^(申し込む|キャンセル待ちに)")).first.click()
    page.get_by_label(re.compile("^メールアドレス")).fill(email)
    page.get_by_role("button", name="リンクを送ってもらう").click()
    page.goto(link_in(house.letters(email, f"/apply/{of_class}/form/")[-1], f"/apply/{of_class}/form/"))
    if known:
        for child in page.locator("fieldset.ap-child").all():
            child.get_by_label("参加する").set_checked(any(name in child.inner_text() for name in known))
    for number, (name, year) in enumerate(children):
        if number:
            page.get_by_role("button", name="お子さんを増やす").click()
        page.locator(f"[name=children-{number}-name]").fill(name)
        page.locator(f"[name=children-{number}-kana]").fill(name)
        for part, chosen in (("year", year), ("month", "6"), ("day", "15")):
            page.locator(f"[name=children-{number}-birth_{part}]").select_option(chosen)
    if together:
        page.get_by_label(re.compile("全員いっしょ")).check()
    if not known:
        page.locator("[name=guardian_name]").fill(children[0][0].split()[0] + " おとな")
        page.locator("[name=guardian_kana]").fill(children[0][0].split()[0] + " おとな")
        page.locator("[name=phone]").fill("076-220-1111")
        page.get_by_label("市内に住んでいる").check()
    page.locator("[name=consent]").check()
    page.get_by_role("button", name="申し込む").click()
    expect(page).to_have_url(re.compile("/my/.+/done/"))
    return page


def press(page: Page, name: str) -> None:
    """A button that asks once more."""
    page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="はい").click()


def draw_the_lot(house: House, desk: Page, db: Database, of_class: str) -> None:
    """Frozen, looked at, confirmed."""
    desk.goto(f"/staff/lottery/{of_class}")
    press(desk, "一覧を凍結して公開する")
    expect(desk.get_by_text("4", exact=True).first).to_be_visible()
    desk.get_by_role("button", name="くじを引いて下見する").click()
    house.photo(desk, "lottery-preview")
    assert not house.letters("@example.jp", RESULT), "families hear of nothing before it is confirmed"
    press(desk, "確定して、家族に知らせる")
    expect(desk.get_by_text("結果", exact=True).first).to_be_visible()
    assert admitted(db, of_class) in (2, 3), "three places; where two single children were drawn first, the twins do not fit"


def check_the_draw(house: House, family: Page, of_class: str, folder: Path) -> None:
    """A family repeats the draw by the command and in the page; a list in which one entry was changed is found out."""
    family.goto(f"/lottery/{of_class}/")
    house.photo(family, "lottery-published")
    with family.expect_download() as download:
        family.locator("a[download$='.json']").first.click()
    publication = folder / "publication.json"
    download.value.save_as(publication)
    assert check(publication) == 0
    told = publication.read_text()
    assert "のと" not in told and "example.jp" not in told
    publication.write_text(re.sub(r'(?<="drawn": \[)(\d+), (\d+)', r"\2, \1", told))
    assert publication.read_text() != told and check(publication) == 1
    publication.write_text(changed_entry(told))
    assert publication.read_text() != told and check(publication) == 1
    family.get_by_role("button", name="このページで引き直す").click()
    expect(family.locator(".lottery-holds").first).to_be_visible()
    house.photo(family, "lottery-redone")


def admitted(db: Database, of_class: str) -> int:
    return int(value(db, "select count(*) from entries where class = ? and state = 'accepted'", (of_class,)))


def changed_entry(publication: str) -> str:
    """One fact of one entry is another."""
    told = json.loads(publication)
    told["list"]["entries"][0]["not_drawn"] = not told["list"]["entries"][0]["not_drawn"]
    return json.dumps(told)


def check(publication: Path) -> int:
    return CliRunner().invoke(lottery, ["check", str(publication)]).exit_code


def results(house: House, db: Database, of_class: str) -> dict[str, list[EmailMessage]]:
    """Every family was told its result; those who won have their QR codes."""
    told = {to: house.letters(to, RESULT) for to in ("noto@example.jp", "kaga@example.jp", "eiko@example.jp")}
    assert all(len(letters) >= 1 for letters in told.values()), {to: [str(letter["Subject"]) for letter in of] for to, of in told.items()}
    states = every(
        db,
        "select families.email, entries.state from entries join participants on participants.id = participant"
        " join families on families.id = participants.family where entries.class = ?",
        (of_class,),
    )
    twins = [row["state"] for row in states if row["email"] == "noto@example.jp"]
    assert twins in (["accepted"] * 2, ["waiting"] * 2), "all or none"
    for row in states:
        pictures = [part for letter in told[row["email"]] for part in letter.iter_attachments() if part.get_content_type() == "image/png"]
        assert bool(pictures) == (row["state"] == "accepted"), row
    return told


def send_mentors(house: House, desk: Page, db: Database) -> None:
    """A plan is made, looked at, adopted, offered by mail; the lead says yes on the page of the link, staff sees it."""
    desk.goto("/staff/dispatch/?first=2026-12-01&last=2026-12-31")
    desk.get_by_role("button", name="計画を作る").click()
    expect(desk.get_by_text("証明済み")).to_be_visible(timeout=60_000)  # the page renews itself
    house.photo(desk, "dispatch-plan")
    desk.get_by_role("button", name="この計画を採用する").click()
    expect(desk.get_by_text("まだ だれにも知らせていません")).to_be_visible()
    press(desk, "計画中の2件を打診する")
    lead = house.page(PHONE)
    lead.goto(link_in(house.letters("lead@example.jp", "/mentor/")[-1], "/mentor/"))
    house.photo(lead, "mentor-offer")
    lead.get_by_role("button", name=re.compile("引き受け")).first.click()
    expect(lead.get_by_text("お待ちしています").first).to_be_visible()
    desk.reload()
    expect(desk.get_by_text("決定").first).to_be_visible()
    house.photo(desk, "dispatch")
    assert value(db, "select group_concat(state) from (select state from assignments order by role)") in (
        "offered,accepted",
        "accepted,offered",
    )


def kits_are_reserved(desk: Page, db: Database, of_class: str) -> None:
    """Publishing the class reserved its kits."""
    reserved = one(
        db, "select * from reservations join sessions on sessions.id = reservations.session where sessions.class = ?", (of_class,)
    )
    assert reserved is not None and reserved["count"] == 3
    desk.goto("/staff/kits/reservations")
    expect(desk.get_by_text(DRAWN).first).to_be_visible()


def come_in(house: House, desk: Page, db: Database, of_class: str, letters: dict[str, list[EmailMessage]]) -> None:
    """Two of three come: one by the code of the confirmation, one by name; the door is closed and one is absent."""
    codes = {
        code for of in letters.values() for letter in of for code in re.findall(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", text_of(letter))
    }
    assert len(codes) == admitted(db, of_class)
    desk.goto("/door/")
    desk.get_by_role("link", name=re.compile(DRAWN)).first.click()
    desk.get_by_role("searchbox", name="コードか名前").fill(codes.pop())
    desk.get_by_role("button", name="さがす").click()
    expect(desk.locator("[data-tally=here]").first).to_have_text("1")
    desk.locator(".door-in:visible").first.click()
    expect(desk.locator("[data-tally=here]").first).to_have_text("2")
    house.photo(desk, "door")
    clock.travel_to(SESSION + timedelta(minutes=90))
    press(desk, "受付を終える")
    expect(desk.get_by_role("button", name="受付をもう一度開く")).to_be_visible()
    came = every(db, "select state, count(*) as n from attendances group by state order by state desc")
    assert [row["n"] for row in came] == [2, admitted(db, of_class) - 2][: len(came)] and came[0]["state"] == "present"


def figures(house: House, desk: Page, db: Database, of_class: str) -> None:
    """Two children, two attendances, one session held; everybody may read it, and the events file keeps to its standard."""
    desk.goto("/staff/figures/7-6/2026")
    expect(desk.get_by_text("2 人").first).to_be_visible()
    house.photo(desk, "figures-desk")
    public = house.page()
    public.goto("/figures/?year=2026")
    expect(public.locator("section", has_text="7-6").locator(".fg-figure strong")).to_have_text("2")
    house.photo(public, "figures")
    assert public.request.get("/staff/figures/2026.pdf").status == 200  # the sign-in page: an anonymous visitor is led there
    assert desk.request.get("/staff/figures/2026.pdf").headers["content-type"] == "application/pdf"
    events = public.request.get("/opendata/events.csv").body()
    assert faults(events) == [] and events.decode().count("\r\n") == 3 and "のと".encode() not in events
    assert indicator(db, "7-6", 2026).actual == 2 and attendances(db, "7-6", 2026) == 2
