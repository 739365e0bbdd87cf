"""A lottery from its announcement to its result, as staff and families go through it: pages, file, mails, audit log."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlite_utils import Database

from kanikko.settings import Settings
from tests.web.conftest import As
from tests.web.make import make_application, make_class, make_family, make_participant
from web import clock
from web.clock import now, stamp
from web.data import Row, every, one, value
from web.lottery import book, pages
from web.lottery.check import check
from web.lottery.cli import lottery
from web.lottery.jobs import follow_class, seal_announced
from web.lottery.reading import BookError, not_drawn_before
from web.lottery.records import PublicNumber

SCRIPT = Path(pages.__file__).with_name("static") / "check_draw.py"
LOTO = PublicNumber(name="第2050回 数字くじの本数字6個", digits=12)
DIGITS = "021117233541"


@pytest.fixture
def drawn_class(db: Database) -> Row:
    """A lottery class for three, open now."""
    return make_class(db, admission="lottery", capacity=3)


@pytest.fixture
def families(db: Database, drawn_class: Row) -> list[Row]:
    """Five children of four families; the second has twins who come together or not at all."""
    return _apply(db, drawn_class, 1, 2, 1, 1)


def _apply(db: Database, of_class: Row, *sizes: int) -> list[Row]:
    entries: list[Row] = []
    for size in sizes:
        family = make_family(db)
        children = [make_participant(db, family) for _ in range(size)]
        entries += make_application(db, of_class, family, children, state="applied", mode="all" if size > 1 else "any")[1]
    return entries


def _close(of_class: Row) -> None:
    clock.travel_to(clock.moment(of_class["apply_to"]) + timedelta(minutes=1))


def _to_preview(db: Database, settings: Settings, of_class: Row) -> None:
    book.commit(db, settings, of_class["id"], "system")
    _close(of_class)
    book.freeze(db, of_class["id"], "st1")
    book.preview(db, settings, of_class["id"], "st1")


def _states(db: Database, of_class: Row) -> dict[str, int]:
    return {
        row["state"]: row["n"]
        for row in every(db, "select state, count(*) as n from entries where class = ? group by 1", (of_class["id"],))
    }


def _file(client: FlaskClient, of_class: Row) -> str:
    answer = client.get(f"/lottery/{of_class['id']}/publication.json")
    assert answer.status_code == 200
    return answer.text


def _results_mailed(db: Database) -> int:
    return int(value(db, "select count(*) from mails where template = 'apply/result'"))


# ---------------------------------------------------------------- the whole life
def test_a_lottery_from_the_promise_to_the_mails(
    db: Database, client: FlaskClient, as_role: As, drawn_class: Row, families: list[Row], tmp_path: Path
) -> None:
    clerk = as_role("clerk")
    desk, page = f"/staff/lottery/{drawn_class['id']}", f"/lottery/{drawn_class['id']}/"
    assert "封をしていません" in clerk.get("/staff/lottery/").text
    assert clerk.post(f"{desk}/commit").status_code == 303
    kept = _file(client, drawn_class)
    assert json.loads(kept)["commitment"] in client.get(page).text
    assert "まだ受付中です" in clerk.post(f"{desk}/freeze", follow_redirects=True).text

    _close(drawn_class)
    clerk, director = as_role("clerk"), as_role("director")
    assert "一覧を凍結" in clerk.get("/staff/lottery/").text
    assert "番号を公開しました" in clerk.post(f"{desk}/freeze", follow_redirects=True).text
    before = _file(client, drawn_class)
    assert check(before.encode()).ok and json.loads(before)["seed"] is None
    shown = clerk.post(f"{desk}/preview", follow_redirects=True).text
    assert "結果の下見" in shown and "確定は責任者が行います" in shown
    assert "結果は同じです。当選3人、補欠2人" in shown
    assert _file(client, drawn_class) == before, "what staff looks at beforehand is not out"
    assert _states(db, drawn_class) == {"applied": 5} and not _results_mailed(db)

    assert clerk.post(f"{desk}/confirm").status_code == 403
    assert "確定しました" in director.post(f"{desk}/confirm", follow_redirects=True).text
    assert _states(db, drawn_class) == {"accepted": 3, "waiting": 2}
    assert _results_mailed(db) == 4
    _proves_itself(_file(client, drawn_class), before, tmp_path)

    actions = [row["action"] for row in every(db, "select action from audit where action like 'lottery.%' order by id")]
    assert actions == ["lottery.commit", "lottery.freeze", "lottery.preview", "lottery.confirm"]


def _proves_itself(after: str, before: str, folder: Path) -> None:
    """As a family does it: with the command and with the script, comparing with what it kept."""
    final, kept = folder / "draw.json", folder / "kept.json"
    final.write_text(after)
    kept.write_text(before)
    said = CliRunner().invoke(lottery, ["check", str(final), "--before", str(kept), "--number", "2"])
    assert said.exit_code == 0, said.output
    assert "このとおりの結果になります" in said.output
    script = subprocess.run([sys.executable, "-I", "-S", SCRIPT, final, "2"], capture_output=True, text=True, timeout=60)
    assert script.returncode == 0, script.stdout


def test_the_states_follow_the_published_result(db: Database, site_settings: Settings, drawn_class: Row, families: list[Row]) -> None:
    _to_preview(db, site_settings, drawn_class)
    row = book.confirm(db, site_settings, drawn_class["id"], "st1")
    result = json.loads(row["result_json"])
    entries = {entry["number"]: entry for entry in every(db, "select * from entries where class = ?", (drawn_class["id"],))}
    assert [entries[number]["state"] for number in result["drawn"]] == ["accepted"] * 3
    assert [entries[number]["waiting_order"] for number in result["waiting"]] == [1, 2]
    assert [entries[number]["id"] for number in sorted(entries)] == [entry["id"] for entry in families], "numbered in order of arrival"


def test_pressing_confirm_twice_mails_once(
    db: Database, as_role: As, site_settings: Settings, drawn_class: Row, families: list[Row]
) -> None:
    _to_preview(db, site_settings, drawn_class)
    director = as_role("director")
    for _ in range(2):
        assert "種と結果を公開し" in director.post(f"/staff/lottery/{drawn_class['id']}/confirm", follow_redirects=True).text
    assert _results_mailed(db) == 4
    assert value(db, "select count(*) from audit where action = 'lottery.confirm'") == 1


# ---------------------------------------------------------------- what must not be changed
TAMPERED = {
    "another wish": "update applications set mode = 'any' where class = :class",
    "an entry was put in": "update entries set number = 99 where id = (select id from entries where class = :class and number = 5)",
    "two numbers swapped": "update entries set number = case number when 4 then 5 else 4 end where class = :class and number in (4, 5)",
    "another child": "update entries set participant = (select id from participants where id not in (select participant from entries))"
    " where class = :class and number = 4",
    "a priority": "update entries set not_drawn_before = 1 where class = :class and number = 1",
    "the list": "update draws set list_json = replace(list_json, '\"capacity\":3', '\"capacity\":4') where class = :class",
}


def test_what_is_changed_after_freezing_stops_the_draw(
    db: Database, as_role: As, site_settings: Settings, drawn_class: Row, families: list[Row]
) -> None:
    make_participant(db, make_family(db))
    _to_preview(db, site_settings, drawn_class)
    for what, change in TAMPERED.items():
        db.execute("begin")
        assert db.execute(change, {"class": drawn_class["id"]}).rowcount, what
        with pytest.raises(BookError, match="凍結した"):
            book.confirm(db, site_settings, drawn_class["id"], "st1")
        db.rollback()
    book.confirm(db, site_settings, drawn_class["id"], "st1")


def test_staff_is_told_what_was_changed_and_that_the_draw_must_not_go_on(
    db: Database, as_role: As, site_settings: Settings, drawn_class: Row, families: list[Row]
) -> None:
    _to_preview(db, site_settings, drawn_class)
    db.execute(TAMPERED["another wish"], {"class": drawn_class["id"]})
    director, desk = as_role("director"), f"/staff/lottery/{drawn_class['id']}"
    assert "番号2の申し込みの記録が、凍結したときと違います" in director.get(desk).text
    assert "抽選を進めないでください" in director.post(f"{desk}/confirm", follow_redirects=True).text
    assert _states(db, drawn_class) == {"applied": 5} and not _results_mailed(db)


def test_a_list_that_is_resealed_is_still_found_out(db: Database, site_settings: Settings, drawn_class: Row, families: list[Row]) -> None:
    """Who writes a fitting hash beside the changed list is told on by the audit log."""
    from web.lottery import seals
    from web.lottery.reading import list_of, sealed_draw

    _to_preview(db, site_settings, drawn_class)
    frozen = list_of(sealed_draw(db, drawn_class["id"])).model_copy(update={"capacity": 5})
    db.table("draws").update(drawn_class["id"], {"list_json": seals.canonical(frozen), "list_hash": seals.list_hash(frozen)})
    with pytest.raises(BookError, match="指紋と合いません"):
        book.confirm(db, site_settings, drawn_class["id"], "st1")


def test_a_seed_that_was_exchanged_is_found_out(db: Database, site_settings: Settings, drawn_class: Row, families: list[Row]) -> None:
    from web.seal import seal

    _to_preview(db, site_settings, drawn_class)
    for sealed in (seal(site_settings, "0" * 64), "no seal at all"):
        db.table("draws").update(drawn_class["id"], {"seed_sealed": sealed})
        with pytest.raises(BookError, match="封印の値と合いません"):
            book.confirm(db, site_settings, drawn_class["id"], "st1")


def test_a_result_that_was_exchanged_is_found_out(db: Database, site_settings: Settings, drawn_class: Row, families: list[Row]) -> None:
    _to_preview(db, site_settings, drawn_class)
    result = json.loads(str(value(db, "select result_json from draws")))
    db.table("draws").update(drawn_class["id"], {"result_json": json.dumps({"drawn": result["drawn"][::-1], "waiting": result["waiting"]})})
    with pytest.raises(BookError, match="検査が通りません"):
        book.confirm(db, site_settings, drawn_class["id"], "st1")
    assert _states(db, drawn_class) == {"applied": 5}


def test_the_seed_is_nowhere_to_be_read_before_it_is_confirmed(
    db: Database, client: FlaskClient, as_role: As, site_settings: Settings, drawn_class: Row, families: list[Row]
) -> None:
    from web.seal import unseal

    _to_preview(db, site_settings, drawn_class)
    seed = unseal(site_settings, str(value(db, "select seed_sealed from draws")))
    for page in (client.get(f"/lottery/{drawn_class['id']}/"), as_role("director").get(f"/staff/lottery/{drawn_class['id']}")):
        assert page.status_code == 200 and seed not in page.text
    assert seed not in _file(client, drawn_class)
    assert not value(db, "select count(*) from audit where detail_json like ?", (f"%{seed}%",))


# ---------------------------------------------------------------- the promise
def test_the_promise_follows_the_class_until_somebody_could_apply(db: Database, site_settings: Settings, today: datetime) -> None:
    made = make_class(db, admission="lottery", apply_from=stamp(now() + timedelta(hours=1)))
    first = book.commit(db, site_settings, made["id"], "system")
    assert book.commit(db, site_settings, made["id"], "system") == first, "again: the same"
    db.execute("update classes set residents_first = 1 where id = ?", (made["id"],))
    second = book.commit(db, site_settings, made["id"], "system")
    assert second["commitment"] != first["commitment"] and '"residents_first":true' in second["rules_json"]
    clock.travel_to(today + timedelta(hours=2))
    db.execute("update classes set residents_first = 0 where id = ?", (made["id"],))
    assert book.commit(db, site_settings, made["id"], "system") == second
    with pytest.raises(BookError, match="受付が始まっている"):
        book.name_number(db, site_settings, made["id"], "st1", LOTO)


def test_a_promise_is_sealed_without_anybody_thinking_of_it_and_nothing_is_drawn(
    db: Database, site_settings: Settings, drawn_class: Row, families: list[Row]
) -> None:
    seal_announced(db, site_settings, now())
    sealed = one(db, "select * from draws")
    assert sealed and sealed["state"] == "committed"
    follow_class(db, drawn_class["id"], "st1")
    _close(drawn_class)
    seal_announced(db, site_settings, now())
    assert one(db, "select * from draws") == sealed
    draft = make_class(db, admission="lottery", state="draft")
    follow_class(db, draft["id"], "st1")
    assert value(db, "select count(*) from draws") == 1


def test_a_public_number_is_named_before_and_mixed_in_after(db: Database, client: FlaskClient, as_role: As, today: datetime) -> None:
    made = make_class(db, admission="lottery", capacity=1, apply_from=stamp(now() + timedelta(hours=1)))
    clerk, desk = as_role("clerk"), f"/staff/lottery/{made['id']}"
    for wrong in ({"name": "", "digits": "12"}, {"name": "x", "digits": "3"}, {"name": "a\ue000b", "digits": "12"}):
        assert clerk.post(f"{desk}/name", data=wrong).status_code == 422
    assert clerk.post(f"{desk}/name", data={"name": LOTO.name, "digits": "12"}).status_code == 303
    assert LOTO.name in client.get(f"/lottery/{made['id']}/").text
    clock.travel_to(today + timedelta(hours=2))
    _apply(db, made, 1, 1, 1)
    _close(made)
    clerk = as_role("clerk")
    clerk.post(f"{desk}/freeze")
    assert "先に公の数字を入れてください" in clerk.post(f"{desk}/preview", follow_redirects=True).text
    for digits in ("", "12", "02 11 17 23 35 4x"):
        answer = clerk.post(f"{desk}/number", data={"digits": digits})
        assert answer.status_code == 422 and 'aria-invalid="true"' in answer.text
    assert clerk.post(f"{desk}/number", data={"digits": "02 11 17 23 35 42"}).status_code == 303
    clerk.post(f"{desk}/preview")
    assert clerk.post(f"{desk}/number", data={"digits": DIGITS}).status_code == 303, "a slip is put right"
    assert value(db, "select state from draws") == "frozen"
    clerk.post(f"{desk}/preview")
    as_role("director").post(f"{desk}/confirm")
    report = check(_file(client, made).encode())
    assert report.ok and report.is_complete
    assert "public-holds" in {finding.code for finding in report.findings}
    logged = [json.loads(row["detail_json"])["value"] for row in every(db, "select detail_json from audit where action = 'lottery.number'")]
    assert logged == ["021117233542", DIGITS]


# ---------------------------------------------------------------- who takes part
def test_who_withdraws_after_freezing_leaves_the_place_to_the_next(
    db: Database, site_settings: Settings, client: FlaskClient, drawn_class: Row, families: list[Row]
) -> None:
    from web.apply import places, standing

    _to_preview(db, site_settings, drawn_class)
    result = json.loads(str(value(db, "select result_json from draws")))
    single = next(number for number in result["drawn"] if number not in (2, 3))
    gone = value(db, "select id from entries where number = ?", (single,))
    before = _file(client, drawn_class)
    places.withdraw(db, str(gone), "family:x")
    book.confirm(db, site_settings, drawn_class["id"], "st1")
    assert json.loads(_file(client, drawn_class))["list"] == json.loads(before)["list"]
    assert value(db, "select state from entries where id = ?", (gone,)) == "withdrawn"
    assert check(_file(client, drawn_class).encode()).ok
    free, waiting = standing.free(db, drawn_class["id"]), standing.waiting_row(db, drawn_class["id"])
    assert not [group for group in waiting if len(group.entries) <= free], "the place was offered to whoever fits"


def test_one_child_in_two_families_is_told_before_freezing(
    db: Database, as_role: As, site_settings: Settings, drawn_class: Row, families: list[Row]
) -> None:
    db.execute("update participants set same_as = ? where id = ?", (families[0]["participant"], families[3]["participant"]))
    book.commit(db, site_settings, drawn_class["id"], "system")
    _close(drawn_class)
    clerk, desk = as_role("clerk"), f"/staff/lottery/{drawn_class['id']}"
    shown = clerk.get(desk).text
    assert families[0]["application"] in shown and families[3]["application"] in shown
    assert "同じ子どもの申込が二つ以上" in clerk.post(f"{desk}/freeze", follow_redirects=True).text
    assert value(db, "select state from draws") == "committed"


def test_who_waited_in_vain_comes_first_for_a_year(db: Database, site_settings: Settings, drawn_class: Row, families: list[Row]) -> None:
    _to_preview(db, site_settings, drawn_class)
    book.confirm(db, site_settings, drawn_class["id"], "st1")
    unlucky = {row["participant"] for row in every(db, "select participant from entries where state = 'waiting'")}
    later = make_class(db, admission="lottery", capacity=1, priority_not_drawn=1, apply_to=stamp(now() + timedelta(days=3)))
    for child in every(db, "select * from participants order by rowid"):
        family = one(db, "select * from families where id = ?", (child["family"],))
        assert family
        make_application(db, later, family, [child], state="applied")
    assert not_drawn_before(db, later["id"], now()) == unlucky
    assert not_drawn_before(db, later["id"], now() + timedelta(days=366)) == set()
    assert not_drawn_before(db, drawn_class["id"], now()) == set(), "the class itself does not count"
    _to_preview(db, site_settings, later)
    first = json.loads(str(value(db, "select result_json from draws where class = ?", (later["id"],))))["drawn"][0]
    assert value(db, "select participant from entries where class = ? and number = ?", (later["id"], first)) in unlucky
    assert value(db, "select count(*) from entries where class = ? and not_drawn_before", (later["id"],)) == 2


# ---------------------------------------------------------------- the pages
def test_the_page_is_whole_in_three_languages_without_script(
    db: Database, client: FlaskClient, site_settings: Settings, drawn_class: Row, families: list[Row]
) -> None:
    words = {"": "どう決まるか", "/easy": "きまるか", "/en": "How it is decided"}
    _to_preview(db, site_settings, drawn_class)
    row = book.confirm(db, site_settings, drawn_class["id"], "st1")
    names = [found["name"] for found in every(db, "select name from participants")]
    for path, heading in words.items():
        page = client.get(f"{path}/lottery/{drawn_class['id']}/")
        assert page.status_code == 200
        assert heading in page.text and row["commitment"] in page.text and row["seed"] in page.text and row["list_hash"] in page.text
        assert not [name for name in names if name in page.text]
        assert not re.search(r"\{[^{}|]*\|[^{}]*\}", page.text), "a reading that was not made"


def test_only_lotteries_that_are_out_have_a_page(db: Database, client: FlaskClient) -> None:
    for made in (make_class(db, admission="lottery", state="draft"), make_class(db), {"id": "nothing"}):
        assert client.get(f"/lottery/{made['id']}/").status_code == 404
        assert client.get(f"/lottery/{made['id']}/publication.json").status_code == 404
    fresh = make_class(db, admission="lottery")
    assert client.get(f"/lottery/{fresh['id']}/").status_code == 200
    assert client.get(f"/lottery/{fresh['id']}/publication.json").status_code == 404
