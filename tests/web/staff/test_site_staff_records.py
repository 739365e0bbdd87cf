"""Everything as CSV, out and in: equal after the round, harmless in a spreadsheet, all or nothing."""

from __future__ import annotations

import csv
import io
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database
from werkzeug.test import TestResponse

from kanikko.errors import KanikkoError
from kanikko.settings import get_settings
from kanikko.spreadsheet import safe
from tests.web.conftest import As
from tests.web.make import make_class, make_family
from tests.web.safety.rows import make_rows
from tests.web.staff.people import member
from web.data import every, migrate, one, open_database, value
from web.staff import cells
from web.staff.cli import staff as commands
from web.staff.exports import export_zip
from web.staff.imports import Report, UnreadableError, check, take, unpack
from web.staff.tables import INSIDE, ONLY_OUT, SECRET, tables

HEADER = "id,key,name\r\n"


def _unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()


@pytest.fixture
def empty(tmp_path: Path) -> Database:
    db = open_database(tmp_path / "empty.db")
    migrate(db)
    return db


# ---------------------------------------------------------------------- cells
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_every_text_comes_back_as_it_was_and_no_spreadsheet_runs_it(text: str) -> None:
    assert cells.inward(cells.outward(text)) == text
    assert safe(cells.outward(text)) == cells.outward(text), "nothing left to escape"


@pytest.mark.parametrize(
    "text", ["=1+1", "'=1+1", "''=1", "'abc", "'", "''", "-5", "@x", "＝1", "\t=1", " =1", "+", "'-", "a\r\nb", "\r", '"', "'\"="]
)
def test_what_looks_escaped_already_comes_back_too(text: str) -> None:
    assert cells.inward(cells.outward(text)) == text
    content = cells.write(["x"], [[text]])
    assert [cells.inward(row[0]) for _, row in cells.read(content)][1:] == [text]


# ---------------------------------------------------------------------- the round
def test_export_into_an_empty_site_and_out_again_is_equal(site: Flask, db: Database, empty: Database) -> None:
    make_rows(db, site.config["SITE"].settings)
    make_class(db, title="=cmd()", description='\'=1\r\n二行目,"引用"', title_en="")
    make_family(db, guardian_name="'やさしい", guardian_kana="-カナ", email="a@example.jp")
    db["facts"].insert({"name": "audit.forgotten", "value": "x"})
    first = export_zip(db)
    report = take(empty, unpack("all.zip", first), "system")
    assert report.written and not report.faults, report.faults
    second = export_zip(empty)
    assert set(report.left_out) == ONLY_OUT
    left, right = _unzipped(first), _unzipped(second)
    assert {f"{table.name}.csv" for table in tables(db)} | {"README.txt"} == set(left)
    for name in left:
        if name.removesuffix(".csv") not in ONLY_OUT:
            assert left[name] == right[name], name
    for table in tables(db):
        if table.name not in ONLY_OUT and table.name != "facts":
            names = ", ".join(column.name for column in table.columns)
            same = f"select {names} from {table.name} order by {names}"
            assert every(db, same) == every(empty, same), "in the database too"
    again = take(db, unpack("all.zip", first), "system")
    assert again.written and _unzipped(export_zip(db))["classes.csv"] == left["classes.csv"], "taking it in twice changes nothing"


def test_no_key_to_any_door_leaves_with_the_export(site: Flask, db: Database, as_role: As) -> None:
    who = member(db, site)
    as_role("clerk")
    director = as_role("director")
    director.post("/staff/accounts", data={"login": "new@city.example.jp", "name": "新", "role": "clerk"})
    answer = director.post("/staff/records/export")
    assert answer.status_code == 200 and answer.mimetype == "application/zip" and "attachment" in answer.headers["Content-Disposition"]
    files = _unzipped(answer.data)
    text = b"".join(files.values()).decode()
    row = one(db, "select * from staff where id = ?", (who.id,)) or {}
    hidden = [row["password_hash"], row["totp_sealed"], who.secret, "invitation/", "argon2"]
    hidden += [each["id_hash"] for each in every(db, "select id_hash from staff_sessions")] + [
        each["code_hash"] for each in every(db, "select code_hash from staff_recovery")
    ]
    assert len(hidden) > 15 and not [word for word in hidden if word in text]
    assert not {f"{name}.csv" for name in INSIDE} & set(files) and who.login in text
    assert (one(db, "select * from audit order by id desc") or {})["action"] == "records.export"


def test_every_column_that_opens_something_is_named_secret(empty: Database) -> None:
    """A new column that looks like a secret must be decided about."""
    for table in empty.table_names():
        for column in empty[table].columns_dict:
            if (
                any(word in column for word in ("hash", "sealed", "secret", "password", "totp", "token"))
                and table not in INSIDE
                and not table.startswith("_")
            ):
                known = column in SECRET.get(table, ()) or (table, column) in {
                    ("audit", "hash"),
                    ("audit", "previous_hash"),
                    ("draws", "list_hash"),
                }
                assert known, f"{table}.{column}"


def test_an_existing_account_keeps_its_password_when_its_row_is_taken_in(site: Flask, db: Database) -> None:
    who = member(db, site)
    before = one(db, "select password_hash, totp_sealed from staff")
    files = unpack("all.zip", export_zip(db))
    files["staff"] = files["staff"].replace("見本 花".encode(), "見本 花子".encode())
    assert take(db, files, who.id).written
    assert one(db, "select password_hash, totp_sealed from staff") == before and value(db, "select name from staff") == "見本 花子"


# ---------------------------------------------------------------------- what is refused
def _faults(db: Database, name: str, content: str | bytes) -> list[tuple[int, str]]:
    report = check(db, unpack(name, content.encode() if isinstance(content, str) else content))
    assert report.faults and all(fault.message and fault.file == name for fault in report.faults)
    return [(fault.line, fault.column) for fault in report.faults]


def test_every_bad_row_is_named_with_line_column_and_remedy(empty: Database) -> None:
    head = "id,name,address,latitude,step_free,active"
    rows = [
        "p1,よい,住所,36.5,1,1",
        'p2,"二行の\r\n名前",住所,x,1,1',
        "p3,よい,住所,91,1,1",
        ",番号なし,住所,36,1,1",
        "p4,よい,住所,36,2,1",
        "p5,よい,住所,36,1,",
        "p1,同じ番号,住所,36,1,1",
        "p6,足りない",
        "p/7,よい,住所,,,1",
        "p8,よい,住所,３６,1,1",
    ]
    found = _faults(empty, "places.csv", "\r\n".join([head, *rows, ""]))
    assert found == [
        (3, "latitude"), (5, "latitude"), (6, "id"), (7, "step_free"), (8, "active"), (9, "id"), (10, ""), (11, "id"), (12, "latitude"),
    ]  # fmt: skip
    assert value(empty, "select count(*) from places") == 0


@pytest.mark.parametrize(
    ("column", "bad"),
    [
        ("birth_date", "2017/6/15"), ("birth_date", "2017-02-30"), ("birth_date", "0001-01-01"), ("created_at", "2026-12-05"),
        ("created_at", "2026-12-05T10:00:00Z"),
        ("created_at", "9999-12-31T00:00:00+09:00"), ("gender", "x"), ("family", "f-nobody"), ("family", "../x"), ("name", "a\x00b"),
        ("created_at", ""), ("family", ""),
    ],
)  # fmt: skip
def test_a_cell_that_would_break_a_page_is_refused(site: Flask, db: Database, column: str, bad: str) -> None:
    family = make_family(db)
    row = {
        "id": "h1",
        "family": family["id"],
        "name": "太郎",
        "kana": "タロウ",
        "birth_date": "2017-06-15",
        "gender": "male",
        "created_at": "2026-11-24T09:00:00+09:00",
    }
    right = cells.write(list(row), [list(row.values())])
    assert not check(db, {"participants": right}).faults
    out = io.StringIO(newline="")
    csv.writer(out).writerows([list(row), list((row | {column: bad}).values())])
    assert _faults(db, "participants.csv", out.getvalue()) == [(2, column)]


def test_a_row_that_refers_to_nobody_is_named_and_order_of_files_does_not_matter(site: Flask, db: Database) -> None:
    family = make_family(db)
    files = unpack("all.zip", export_zip(db))
    row = f"{family['id']},a,b,2026-11-24T09:00:00+09:00"
    child = f"id,family,name,kana,created_at,same_as\r\nh1,{row},h2\r\nh2,{row},\r\n"
    assert take(db, {**files, "participants": child.encode()}, "system").written, "the row before may refer to the one after"
    assert _faults(db, "participants.csv", child.replace(",h2\r\n", ",h9\r\n")) == [(2, "same_as")]


@pytest.mark.parametrize(
    ("content", "column"),
    [
        ("id,name,address,nickname\r\n", "nickname"), ("id,name\r\n", "address"), ("id,name,name,address\r\n", "name"),
        ("id;name;address\r\n", "id;name;address"),
        (b"id,name,address\r\np1,\x83n,x\r\n", ""), ('id,name,address\r\np1,"x,y\r\n', ""),
        ("password_hash,id,name,address\r\n", "password_hash"),
    ],
)  # fmt: skip
def test_a_file_with_wrong_columns_or_letters_is_refused_as_a_whole(empty: Database, content: str | bytes, column: str) -> None:
    assert column in [where for _, where in _faults(empty, "places.csv", content)]


def test_secrets_cannot_be_brought_in(empty: Database) -> None:
    head = "id,login,name,role,password_hash,created_at"
    found = _faults(empty, "staff.csv", f"{head}\r\nst1,x,y,director,$argon2id$x,2026-11-24T09:00:00+09:00\r\n")
    assert found == [(1, "password_hash")]
    for inside in INSIDE:
        assert check(empty, {inside: b"id_hash\r\nx\r\n"}).faults


def test_an_import_cannot_take_the_last_director_away(site: Flask, db: Database) -> None:
    member(db, site)
    files = unpack("all.zip", export_zip(db))
    for before, after in ((b",director,", b",clerk,"), (b",1,", b",0,")):
        report = take(db, {"staff": files["staff"].replace(before, after)}, "system")
        assert not report.written and "責任者" in report.faults[0].message
    assert value(db, "select count(*) from staff where role = 'director' and active") == 1


def test_what_somebody_wrote_since_the_check_undoes_the_whole_import(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.staff.imports.check", lambda db, files: Report())  # it was right a moment ago
    files = {
        "places": b"id,name,address\r\np1,x,y\r\n",
        "kit_units": b"id,kind,label,added_at\r\nu1,k-gone,A,2026-11-24T09:00:00+09:00\r\n",
    }
    report = take(empty, files, "system")
    assert not report.written and [fault.column for fault in report.faults] == ["kind"]
    assert value(empty, "select count(*) from places") == 0 and value(empty, "select count(*) from audit") == 0


def test_the_log_and_sent_mails_are_never_taken_in(site: Flask, db: Database) -> None:
    files = {"audit": b"id,at\r\n1,x\r\n", "mails": b"id\r\nx\r\n"}
    report = take(db, files, "system")
    assert report.written and sorted(report.left_out) == ["audit", "mails"] and value(db, "select count(*) from mails") == 0


def test_one_bad_row_in_the_last_file_and_nothing_is_written(site: Flask, db: Database) -> None:
    make_class(db)
    files = unpack("all.zip", export_zip(db))
    files["places"] = files["places"].replace("金沢市".encode(), "新しい市".encode())
    files["sessions"] = files["sessions"].replace(b"planned", b"perhaps")
    report = take(db, files, "system")
    assert not report.written and [(fault.file, fault.column) for fault in report.faults] == [("sessions.csv", "state")]
    assert "planned, held, cancelled" in report.faults[0].message
    assert not every(db, "select 1 from places where address like '新しい市%'")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.txt", b"id\r\n"), ("passwd", b"x"), ("../places.csv.exe", b"x"), ("a.zip", b"PK\x03\x04broken"),
        ("a.zip", _zipped({"readme.md": b"x"})),
        ("a.zip", _zipped({"../../etc/passwd": b"x"})), ("a.zip", _zipped({f"t{'a' * n}.csv": b"" for n in range(101)})), ("", b""),
    ],
)  # fmt: skip
def test_other_files_are_refused_with_words(name: str, content: bytes) -> None:
    with pytest.raises(UnreadableError) as refused:
        unpack(name, content)
    assert refused.value.message and refused.value.remedy


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(UnreadableError, match="大きすぎます"):
        unpack("a.zip", _zipped({"places.csv": b"0" * (65 * 1024 * 1024)}))


def test_a_zip_that_lies_about_its_size_is_refused() -> None:
    bomb = bytearray(_zipped({"places.csv": b"0" * 5_000_000}))
    small = (10).to_bytes(4, "little")
    for at in (bomb.find(b"PK\x03\x04") + 22, bomb.find(b"PK\x01\x02") + 24):
        bomb[at : at + 4] = small
    with pytest.raises(UnreadableError):
        unpack("a.zip", bytes(bomb))


def test_an_encrypted_zip_is_refused() -> None:
    locked = bytearray(_zipped({"places.csv": b"id\r\n"}))
    locked[locked.find(b"PK\x03\x04") + 6] |= 1
    locked[locked.find(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnreadableError, match="暗号"):
        unpack("a.zip", bytes(locked))


@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_a_report_or_a_refusal(content: bytes) -> None:
    db = Database(memory=True)
    db.execute("create table places (id text primary key, name text not null) strict")
    db.execute("create table staff (role text, active int, password_hash text, totp_sealed text) strict")
    for name in ("places.csv", "a.zip"):
        with suppress(UnreadableError):
            assert isinstance(check(db, unpack(name, content)), Report)


# ---------------------------------------------------------------------- the page and the command


def test_the_page_checks_first_and_writes_on_a_second_word(site: Flask, db: Database, as_role: As) -> None:
    director = as_role("director")
    content = "id,name,address\r\np1,図書館,寺町1-1\r\n".encode()

    def send(do: str, content: bytes, name: str = "places.csv") -> TestResponse:
        return director.post(
            "/staff/records/import", data={"do": do, "file": (io.BytesIO(content), name)}, content_type="multipart/form-data"
        )

    answer = send("check", content)
    assert answer.status_code == 200 and "places: 1行" in answer.text and value(db, "select count(*) from places") == 0
    assert send("write", content).status_code == 303 and value(db, "select name from places") == "図書館"
    answer = send("write", "id,name,address\r\np1,<script>,寺町\r\n,x,y\r\n".encode())
    assert answer.status_code == 422 and '<td role="cell" class="lk-number">' in answer.text and "何も書きこんでいません" in answer.text
    assert value(db, "select name from places") == "図書館"
    assert send("write", b"x", "evil.exe").status_code == 422 and send("write", b"", "places.csv").status_code == 422
    assert director.post("/staff/records/import", data={"do": "write"}).status_code == 422
    lines = [line for line in every(db, "select * from audit") if line["action"] == "records.import"]
    assert len(lines) == 1 and "図書館" not in str(lines)


def test_the_commands_write_out_and_take_in(site: Flask, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_class(db)
    monkeypatch.setenv("KANIKKO_VAR", str(site.config["SITE"].settings.var))
    get_settings.cache_clear()
    try:
        run, file = CliRunner(), tmp_path / "all.zip"
        assert run.invoke(commands, ["export", str(file)]).exit_code == 0
        assert file.stat().st_mode & 0o777 == 0o600 and "classes.csv" in _unzipped(file.read_bytes())
        dry = run.invoke(commands, ["import", str(file), "--dry-run"])
        assert dry.exit_code == 0 and "classes\t1" in dry.output
        assert run.invoke(commands, ["import", str(file)]).exit_code == 0
        bad = tmp_path / "places.csv"
        bad.write_text("id,name,address\n,x,y\n")
        refused = run.invoke(commands, ["import", str(bad)])
        assert isinstance(refused.exception, KanikkoError) and "places.csv:2: id:" in refused.output
    finally:
        get_settings.cache_clear()
