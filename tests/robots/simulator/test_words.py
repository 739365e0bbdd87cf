"""A run in words, and the command that says them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from kanikko.errors import KanikkoError
from kanikko.settings import PROJECT
from lessons.furigana import missing_code
from robots.simulator.cli import crab
from robots.simulator.field import fields
from robots.simulator.modules import CUT
from robots.simulator.outcome import ENDINGS
from robots.simulator.rules import all_rules, load_rules
from robots.simulator.run import Run
from robots.simulator.words import describe, safe
from robots.virtual.differences import SAME, SAME_MISTAKE

Go = Callable[..., Run]


@pytest.fixture
def command() -> Callable[..., tuple[int, str]]:
    def called(*arguments: str | Path) -> tuple[int, str]:
        result = CliRunner().invoke(crab, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return called


def test_the_words_tell_start_ways_events_end_and_score(go: Go) -> None:
    program = "forward(60, 2)\nturn_left(50, 0.6)\narm_up()\nwait(0.5)"
    told = describe(go(program, "kanazawa", rules="practice").recording).splitlines()
    assert told[0].startswith("かのうガニの フィールド（よこ 3.6メートル、たて 3.6メートル）") and "上むき" in told[0]
    assert "1.4びょう: スタートエリアを でた。（+1点）" in told
    assert any("上の ほうへ" in line and "メートル うごいた" in line for line in told)
    assert any("左へ" in line and "むきを かえた" in line for line in told)
    assert any("たまごを かなざわエリアに おいた" in line for line in told)
    assert any(ENDINGS["end"] in line for line in told)
    assert told[-2:] == ["ごうけい 1点", "  スタートエリアを でた: 1点"]


def test_what_a_replay_says_is_read_in_the_third_grade_without_furigana(go: Go) -> None:
    for name in all_rules():
        rules = load_rules(name)
        said = [rules.title, rules.about, *(item.title for item in rules.items)]
        assert not missing_code("\n".join(said), 3), name
    for name in fields():
        recording = go("while True:\n    forward(60, 0.8)\n    turn_left(60, 0.2)", name, opponent=True, walking=True, seconds=60).recording
        said = [recording.field.title, recording.field.about, describe(recording), *(event.text for event in recording.events)]
        said += [part.title for part in (*recording.field.areas, *recording.field.blocks)]
        assert not missing_code("\n".join(said), 3), name
    for source in (PROJECT / "robots" / "simulator" / "world.py", PROJECT / "robots" / "simulator" / "hardware.py"):
        assert not missing_code(source.read_text(encoding="utf-8"), 3), source  # also what no run here brings about
    assert not missing_code("\n".join([*ENDINGS.values(), CUT]), 3)


@pytest.mark.parametrize(
    ("program", "more", "ended"),
    [
        ("forward('x')", {}, "error"),
        ("while True: wait(1)", {"seconds": 5}, "time"),
        ("forward(100)\nwait(60)", {}, "off-field"),
        ("forward(5)\nwait(60)", {}, "stuck"),
        ("wait(5)", {"presses": (1.0,)}, "button"),
        ("wait(60)", {"charge": 0.01}, "battery"),
        ("while True: pass", {"wall": 0.2}, "endless"),
    ],
)
def test_every_ending_has_its_words(go: Go, program: str, more: dict[str, object], ended: str) -> None:
    run = go(program, **more)
    assert run.ended == ended
    assert ENDINGS[ended] in describe(run.recording)
    assert run.recording.events[-1].text == ENDINGS[ended]


def test_a_long_run_is_told_shortly(go: Go) -> None:
    told = describe(go("while True: beep(500, 0.1)", seconds=100).recording)
    assert "（とちゅうを はぶきました）" in told and len(told.splitlines()) < 210


def test_no_letter_that_a_terminal_obeys_passes() -> None:
    assert safe("a\x1b[2Jb\x07\r\n\tc\u202e\u2028\ue000\x9b") == "a�[2Jb��\n\tc����"
    assert safe("たまご 🦀") == "たまご 🦀"


def test_run_tells_the_run_and_exits_with_0(command: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text("from kani import *\nprint('hello')\nforward(60, 1)\n", encoding="utf-8")
    code, said = command("run", program, "--field", "empty", "--seed", "3")
    assert code == 0 and "hello" in said and "なにもない フィールド" in said and ENDINGS["end"] in said


def test_the_programs_first_line_may_name_its_field(command: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text("# わたしの プログラム（フィールド line）\nfrom kani import *\nforward(60, 1)\n", encoding="utf-8")
    assert "せんの フィールド" in command("run", program)[1]
    assert "なにもない フィールド" in command("run", program, "--field", "empty")[1]
    program.write_text("stop = 1\n", encoding="utf-8")
    assert "かのうガニの フィールド" in command("run", program)[1]


def test_run_exits_with_1_for_a_mistake_and_names_the_line(command: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text("from kani import *\nforwad(60)\n", encoding="utf-8")
    code, said = command("run", program)
    assert code == 1 and 'File "program.py", line 2' in said and "NameError" in said


def test_try_says_what_real_micropython_does_otherwise(command: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text("# れい（フィールド line）\nfrom kani import *\nforward(40, 1)\nprint(left_eye())\n", encoding="utf-8")
    assert command("try", program, "--seed", "3", "--seconds", "5") == (0, SAME + "\n")
    program.write_text("from kani import *\nforward(40, 1)\nimport numpy\n", encoding="utf-8")
    code, said = command("try", program, "--field", "empty")
    assert code == 1 and said.startswith("3ぎょうめ: 「numpy」は ロボットの MicroPython には ありません")
    program.write_text("fooo()\n", encoding="utf-8")
    assert command("try", program) == (0, SAME_MISTAKE + "\n")
    with pytest.raises(KanikkoError, match="no field mars"):
        command("try", "egg", "--field", "mars")


def test_only_try_needs_boards() -> None:
    code = "import sys, robots.simulator.cli; print(any(name.startswith('robots.virtual') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True).stdout == "False\n"


def test_run_prints_no_escape_sequence(command: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text("print('\\x1b]0;owned\\x07')\nraise ValueError('\\x1b[2J')\n", encoding="utf-8")
    code, said = command("run", program, "--field", "empty")
    assert code == 1 and "\x1b" not in said and "\x07" not in said and "owned" in said


def test_run_writes_the_recording(command: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    code, _ = command("run", "egg", "--rules", "echizen-2022", "--out", out, "--press", "3")
    facts = json.loads(out.read_text(encoding="utf-8"))
    assert code == 0 and facts["ended"] == "button" and facts["field"]["name"] == "delivery"
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_run_writes_pictures(command: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    assert command("run", "straight", "--svg", tmp_path / "a.svg")[0] == 0
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").lstrip().startswith("<svg")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "nothing.py"), "nothing.py"),
        (("run", "egg", "--field", "mars"), "no field mars"),
        (("run", "egg", "--rules", "chess"), "no rules chess"),
        (("run", "egg", "--board", "arduino"), "arduino"),
        (("run", "egg", "--out", "/nowhere/at/all.json"), "/nowhere/at"),
    ],
)
def test_what_cannot_be_done_is_said_with_the_remedy(
    command: Callable[..., tuple[int, str]], arguments: tuple[str, ...], said: str
) -> None:
    with pytest.raises(KanikkoError, match=said) as error:
        command(*arguments)
    assert error.value.remedy


def test_a_file_that_is_no_text(command: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KanikkoError, match="UTF-8"):
        command("run", program)
    program.write_bytes(b"#" * (2 << 20))
    with pytest.raises(KanikkoError, match="too long"):
        command("run", program)


def test_lists(command: Callable[..., tuple[int, str]]) -> None:
    for name, some in (("fields", "kanazawa"), ("programs", "contest"), ("rules", "echizen-2022")):
        code, said = command(name)
        assert code == 0 and some in said
