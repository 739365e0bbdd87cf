"""``kanikko board``: a mentor's commands, on virtual boards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kanikko.errors import KanikkoError
from robots.shell import choose
from robots.shell.cli import COMMANDS
from robots.shell.cli import board as command
from robots.shell.find import Port, find_ports
from robots.shell.screen import plain
from robots.virtual import VirtualBoard, VirtualBoards
from tests.robots.virtual.talking import Link, give_kani, mpremote

PICO = Port("/dev/ttyACM0", 0x2E8A, 0x0005, "e660", "Board")
ESP = Port("/dev/ttyUSB0", 0x10C4, 0xEA60, "", "CP2102")
MOUSE = Port("/dev/ttyUSB9", 1, 2, "", "a mouse")


@pytest.fixture
def one(tmp_path: Path) -> Iterator[VirtualBoard]:
    with VirtualBoards(tmp_path / "boards", 1) as boards:
        yield boards[0]


def call(board: VirtualBoard, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(command, [*words, "--virtual", str(board.folder.parent), "-p", board.port], input=typed)


def duty(board: VirtualBoard) -> object:
    return next((event["duty"] for event in reversed(board.events) if event["ev"] == "pwm" and event["id"] == 10), None)


def test_the_only_board_needs_no_name_and_two_need_one() -> None:
    assert choose.choose([PICO, MOUSE], "") == PICO
    assert choose.choose([PICO, ESP], "e660") == PICO and choose.choose([PICO, ESP], "/dev/ttyUSB0") == ESP
    for found, named in (([], ""), ([MOUSE], ""), ([PICO, ESP], ""), ([PICO], "/dev/nothing")):
        with pytest.raises(KanikkoError) as error:
            choose.choose(found, named)
        assert error.value.remedy


def test_ls_names_port_kind_and_serial_number(one: VirtualBoard) -> None:
    said = CliRunner(env={"COLUMNS": "250"}).invoke(command, ["ls", "--virtual", str(one.folder.parent)])
    assert said.exit_code == 0 and one.port in said.output and one.serial in said.output and "pico" in said.output


def test_run_shows_what_is_printed_without_escape_sequences_and_keeps_the_teams_program(one: VirtualBoard, tmp_path: Path) -> None:
    give_kani(one, b"# the team's\n")
    program = tmp_path / "try.py"
    program.write_text("from kani import *\nprint('\\x1b[31mあか\\x1b]0;evil\\x07')\nforward(50, 0.2)\nprint('ok')\n", encoding="utf-8")
    said = call(one, "run", str(program))
    assert said.exit_code == 0, said.output
    assert "あか\nok\n" in said.output and "\x1b" not in said.output and "さいごまで" in said.output
    assert duty(one) == 0
    assert "the team's" in mpremote(one, "cat", ":program.py") and "trial.py" not in mpremote(one, "ls")


def test_an_error_on_the_board_is_shown_and_kept_in_the_log(one: VirtualBoard, tmp_path: Path) -> None:
    give_kani(one)
    assert "きろくは ありません" in call(one, "logs").output
    (tmp_path / "bad.py").write_text("from kani import *\nforward(40)\nfooo()\n")
    said = call(one, "run", str(tmp_path / "bad.py"))
    assert said.exit_code == 1 and "NameError" in said.output and duty(one) == 0
    log = call(one, "logs").output
    assert 'line 3' in log and "NameError" in log  # fmt: skip


def test_ctrl_c_stops_the_program_and_its_motors(one: VirtualBoard, tmp_path: Path) -> None:
    give_kani(one)
    (tmp_path / "long.py").write_text("from kani import *\nforward(50)\nprint('going')\nwait(60)\n")
    words = [sys.executable, "-c", "from robots.shell.cli import board; board()", "run", str(tmp_path / "long.py"), "-p", one.port]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[3]) as running:
        assert running.stdout is not None and running.stdout.readline() == b"going\n"
        assert duty(one) == 32767
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=30)
    assert running.returncode == 1 and "とめました" in errors.decode()
    assert duty(one) == 0 and "trial.py" not in mpremote(one, "ls")


def test_a_board_without_the_library_is_sent_to_be_flashed(one: VirtualBoard, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("print(1)\n")
    said = call(one, "run", str(tmp_path / "a.py"))
    assert isinstance(said.exception, KanikkoError) and "kanikko flash" in said.exception.remedy


def test_restore_asks_and_puts_everything_back_but_what_was_measured(one: VirtualBoard) -> None:
    give_kani(one, b"print('team')\n")
    with Link(one) as link:
        link.put({"kani.log": b"old", "kani.cal": b"left_white=5\n", "main.py": b"broken", "lib/kani.mpy": b"broken"})
    assert call(one, "restore", typed="n\n").exit_code == 1 and "program.py" in mpremote(one, "ls")
    said = call(one, "restore", "--yes")
    assert said.exit_code == 0, said.output
    files = mpremote(one, "ls")
    assert "program.py" not in files and "kani.log" not in files and "kani.cal" in files
    assert "import kani" in mpremote(one, "cat", ":main.py")
    with Link(one) as link:
        assert link.do("import kani\nprint(kani.VERSION)").strip()


def test_a_port_that_somebody_else_uses_is_told_with_a_remedy(one: VirtualBoard) -> None:
    with Link(one):
        said = call(one, "logs")
    assert isinstance(said.exception, KanikkoError) and said.exception.remedy


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        (b"a\x1b[1;31mb\x1b[0mc\r\n", "abc\n"),
        (b"\x1b]0;title\x07x\x1b]8;;http://a\x1b\\y", "xy"),
        (b"\x9b31mno C1: \xc2\x9b", "\ufffd31mno C1: "),
        ("ひだり\u202eevil".encode(), "ひだりevil"),
        (b"\x1b]never ended\nnext line", "next line"),
        (b"\xe3\x81", ""),
    ],
)
def test_nothing_that_a_terminal_obeys_passes(raw: bytes, seen: str) -> None:
    assert plain(raw) == seen


def test_virtual_boards_run_until_they_are_told_to_stop(tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-c",
        "from robots.shell.cli import board; board()",
        "virtual",
        "-n",
        "3",
        "--folder",
        str(tmp_path),
        "--faulty",
    ]
    environment = os.environ | {"COLUMNS": "200"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[3], env=environment) as running:
        end = time.monotonic() + 30
        while len([port for port in find_ports(tmp_path) if "virtual" in port.description]) < 3:
            assert time.monotonic() < end and running.poll() is None
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        said, errors = running.communicate(timeout=30)
    assert running.returncode == 0, errors
    assert str(tmp_path / "03" / "port") in said.decode() and "おそい ケーブル" in said.decode()
    assert not (tmp_path / "ports.json").exists() and not (tmp_path / "01" / "port").is_symlink()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    said = CliRunner().invoke(command, [name, "--help"])
    assert said.exit_code == 0 and len(said.output) > 120
    assert name in CliRunner().invoke(command, ["--help"]).output
