"""The command, its table, the event's log and its report."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from rig import HASTY, Beside, Table, files_on, team, wait_until

from kanikko.settings import PROJECT, get_settings
from robots.flash.cli import flash
from robots.flash.faults import WORDS, Fault
from robots.flash.log import FAILED, GOOD, UNFINISHED, EventError, Log, as_csv, event_db
from robots.flash.package import write_package
from robots.flash.steps import Step, View
from robots.flash.table import lines, plain, screen
from robots.flash.wire import ENTER_SECONDS
from robots.virtual.faults import Faults

HOSTILE = "=HYPERLINK(1)\x1b[2J\n"


def command(*words: str, var: Path, enter_seconds: tuple[float, ...] = ENTER_SECONDS) -> subprocess.Popen[str]:
    code = "from functools import partial\nimport robots.flash.cli as cli\n"
    code += f"cli.Options = partial(cli.Options, enter_seconds={enter_seconds})\ncli.flash()"
    environment = {**os.environ, "KANIKKO_VAR": str(var), "PYTHONPATH": str(PROJECT)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_once_does_the_boards_that_are_there_and_says_so_by_its_exit_code(table: Table, tmp_path: Path) -> None:
    boards = [table.add(), table.add()]
    program = tmp_path / "one.py"
    program.write_bytes(b"from kani import *\nstop()\n")
    words = [
        str(program),
        "--virtual",
        str(table.folder),
        "--drives",
        str(table.drives),
        "--once",
        "--no-page",
        "--event",
        "かに祭り",
        "--by",
        "まどか",
    ]
    said, _ = (ran := command(*words, var=tmp_path / "var")).communicate(timeout=60)
    assert ran.returncode == 0, said
    assert said.count("○ できあがり") >= 2
    assert "\x1b" not in said
    assert all("program.py" in files_on(board) for board in boards)
    boards[1].faults = Faults(silent=True)
    said, _ = (ran := command(*words, var=tmp_path / "var", enter_seconds=HASTY)).communicate(timeout=60)
    assert ran.returncode == 1, said
    assert "へんじが ありません" in said
    rows = Log(event_db(tmp_path / "var", "かに祭り")).rows()
    assert [row["verdict"] for row in rows].count(GOOD) == 3
    assert {row["by"] for row in rows} == {"まどか"}


def test_killed_in_the_middle_the_row_stays_unfinished_and_the_next_station_repairs(table: Table, tmp_path: Path) -> None:
    board = table.add()
    board.faults = Faults(bytes_per_second=8_000)
    write_package(tmp_path / "day.zip", [team("1", program=b"# " + os.urandom(9_000).hex().encode())], event="e")
    words = [str(tmp_path / "day.zip"), "--virtual", str(table.folder), "--drives", str(table.drives), "--no-page", "--event", "e"]
    log = Log(event_db(tmp_path / "var", "e"))
    log.give(board.serial, "1", "before")
    killed = command(*words, var=tmp_path / "var")
    wait_until(lambda: log.rows(), 20)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert [row["verdict"] for row in log.rows()] == [UNFINISHED]
    board.faults = Faults()
    said, _ = (ran := command(*words, "--once", var=tmp_path / "var")).communicate(timeout=60)
    assert ran.returncode == 0, said
    assert log.rows()[-1]["team"] == "1"


def test_ctrl_c_ends_cleanly(table: Table, tmp_path: Path) -> None:
    table.add()
    ran = command("--virtual", str(table.folder), "--drives", str(table.drives), "--no-page", "--event", "e", var=tmp_path / "var")
    log = Log(event_db(tmp_path / "var", "e"))
    wait_until(lambda: any(row["verdict"] == GOOD for row in log.rows()), 30)
    ran.send_signal(signal.SIGINT)
    said, _ = ran.communicate(timeout=30)
    assert ran.returncode == 0, said
    assert "Traceback" not in said


# --------------------------------------------------------------------------------------------- the log
def test_a_row_says_which_board_got_what_from_whom(table: Table, station: Callable[..., Beside]) -> None:
    board = table.add()
    beside = station()
    beside.view()
    (row,) = beside.log.rows()
    assert row["board"] == board.serial
    assert (row["profile"], row["firmware"], row["by"], row["station"], row["verdict"]) == (
        "pico",
        board.firmware,
        "まどか",
        "station 1",
        GOOD,
    )
    assert len(row["library"]) == 64 and len(row["program"]) == 64
    assert row["started"].endswith("Z") and row["started"] <= row["finished"]
    assert 0 < row["seconds"] < 60


def test_two_stations_write_one_log_at_once(tmp_path: Path) -> None:
    place = tmp_path / "e.db"
    logs = [Log(place), Log(place)]

    def write(log: Log) -> None:
        for _ in range(50):
            log.finish(log.start(board="b"), GOOD, seconds=1.0)

    threads = [threading.Thread(target=write, args=(log,)) for log in logs for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row["verdict"] for row in logs[0].rows()] == [GOOD] * 200


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("KANIKKO_VAR", str(tmp_path / "var"))
    get_settings.cache_clear()
    yield CliRunner()  # type: ignore[misc]
    get_settings.cache_clear()


def test_the_report_counts_and_its_csv_holds_no_formula(runner: CliRunner, tmp_path: Path) -> None:
    log = Log(event_db(tmp_path / "var", "e"))
    for board, team_number, seconds in (("a", "1", 2.0), ("b", "2", 4.0), ("b", "2", 9.0)):
        log.finish(log.start(board=board, team=team_number), GOOD, seconds=seconds)
    log.finish(log.start(board="c", machine=HOSTILE), FAILED, step="files", detail=HOSTILE)
    log.start(board="d")
    found = log.report()
    assert (found.boards, found.good_boards, found.teams, found.flashes, found.good, found.unfinished) == (4, 2, 2, 5, 3, 1)
    assert (found.failures, found.median_seconds) == ({"files": 1}, 4.0)
    done = runner.invoke(flash, ["report", "--event", "e", "--csv", str(tmp_path / "rows.csv")])
    assert done.exit_code == 0, done.output
    assert "files: 1" in done.output
    text = (tmp_path / "rows.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert len(rows) == 5
    assert rows[3]["detail"].startswith("'=HYPERLINK(1)")
    assert "\x1b" not in as_csv(log.rows())
    assert runner.invoke(flash, ["report", "--event", "nothing"]).exit_code == 1


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 200, "a\n"])
def test_an_events_name_is_no_path(name: str, tmp_path: Path) -> None:
    with pytest.raises(EventError):
        event_db(tmp_path, name)


def test_a_folder_of_releases_is_checked(runner: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "releases.toml").write_text(
        f'[[release]]\nname = "x"\nboard = "rp2040"\nversion = "1.28.0"\nfile = "none.uf2"\nsha256 = "{"0" * 64}"\n'
    )
    done = runner.invoke(flash, ["releases", "check", str(tmp_path)])
    assert done.exit_code == 1
    assert "✕ x" in done.output


# --------------------------------------------------------------------------------------------- the table
def some_views(number: int) -> list[View]:
    made = []
    for row in range(1, number + 1):
        fault = Fault.SILENT if row % 7 == 0 else None
        what, todo = WORDS[fault] if fault else ("", "")
        step = (Step.GOOD, Step.FILES, Step.TEAM)[row % 3]
        made.append(
            View(
                row,
                f"ttyACM{row}",
                step,
                0.5,
                asking=step is Step.TEAM,
                team=str(row),
                title="カニカニ団のロボットの長い名前",
                fault=fault,
                what=what,
                todo=todo,
            )
        )
    return made


@pytest.mark.parametrize("number", [0, 1, 30, 80])
@pytest.mark.parametrize("height", [24, 40])
def test_the_table_fits_and_shows_first_what_needs_help(number: int, height: int) -> None:
    from rich.console import Console

    console = Console(width=80, height=height, record=True, file=io.StringIO(), force_terminal=False)
    views = some_views(number)
    console.print(
        screen(views, 80, height, asked=views[1] if number > 1 else None, typed="12", said="x" * 200, address="http://127.0.0.1:1/")
    )
    text = console.export_text().splitlines()
    assert len(text) <= height
    assert all(cell_len(one) <= 80 for one in text)
    if number >= 7:
        assert "✕" in text[2]
        assert "ケーブル" in text[3]


def test_every_fault_has_words_for_what_happened_and_what_to_do() -> None:
    assert set(WORDS) == set(Fault)
    assert all(what and todo for what, todo in WORDS.values())


def test_thirty_rows_of_which_some_need_help_all_fit_into_forty_lines() -> None:
    views = [View(row, f"b{row}", Step.GOOD) for row in range(1, 31)]
    shown = [one.plain for one in lines(views, 80, 33)]
    assert len(shown) == 30
    assert all("○" in one for one in shown)


def test_a_line_for_a_log_file_says_what_to_do() -> None:
    what, todo = WORDS[Fault.UNPLUGGED]
    assert plain(View(3, "ttyACM0", Step.FILES, fault=Fault.UNPLUGGED, what=what, todo=todo)) == f"  3 ttyACM0 ✕ {what} → {todo}"
