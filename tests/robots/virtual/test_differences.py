"""What a child reads when notebook and robot do not do the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from robots.board import load_profile
from robots.simulator.field import load_field
from robots.simulator.run import Run, simulate
from robots.simulator.setup import Setup
from robots.virtual.differences import SAME, SAME_MISTAKE, Words, differences
from robots.virtual.lacks import lacks
from robots.virtual.program import run_on_board

HOW = Setup(load_field("line"), load_profile("pico"), seconds=10)
GO = "from kani import *\nforward(30, 0.5)\n"


def both(source: str) -> list[Words]:
    return differences(source, simulate(source, HOW, wall_seconds=3), run_on_board(source, HOW, wall_seconds=3))


def test_the_same_is_worth_a_congratulation() -> None:
    assert both(GO) == [Words("same", SAME)]


def test_the_same_mistake_is_none() -> None:
    assert both(GO + "fooo()\n") == [Words("same", SAME_MISTAKE)]


@pytest.mark.parametrize(
    ("source", "line", "part"),
    [
        (GO + "import numpy\n", 3, "「numpy」は ロボットの MicroPython には ありません"),
        (GO + "if timer() > 99:\n    from matplotlib import pyplot\n", 4, "「matplotlib」は"),
        (GO + "def later():\n    import dataclasses\n", 4, "「dataclasses」は"),
        (GO + "import random\nif timer() > 99:\n    random.shuffle([1])\n", 5, "「random.shuffle」は"),
        (GO + "if timer() > 99:\n    print('1'.zfill(3))\n", 4, "「zfill」は"),
        (GO + "print('1'.zfill(3))\n", 3, "とまりました: AttributeError"),
        (GO + "match 1:\n    case 1: stop()\n", 3, "この かきかたは"),
        (GO + "a = [str(n) * 50 for n in range(20000)]\n", 3, "メモリーが たりなく"),
    ],
)
def test_what_the_robot_lacks_is_named_with_its_line(source: str, line: int, part: str) -> None:
    found = both(source)
    assert found[0].kind == "differs" and found[0].line == line and part in found[0].text
    assert found[0].text.startswith(f"{line}ぎょうめ: ")


def test_the_first_moment_that_differs_is_told_in_seconds() -> None:
    found = both(GO + "for side in {'zz': 10, 'yy': 20, 'xx': 30, 'ww': 40}.values():\n    motors(side, side, 0.1)\n")
    assert found[0].text.startswith("はじめて ちがったのは 0.5") and "モーター" in found[0].text
    assert "じしょ" in found[1].text


def test_only_what_was_printed_differs() -> None:
    assert "print の 2ぎょうめが ちがいます。シミュレーター: 2.67 ／ ロボット: 2.68" in both("print(1)\nprint(round(2.675, 2))\n")[0].text


def test_floats_of_32_bits_are_a_care_not_a_difference() -> None:
    found = both(GO + "x = 3.14159265358979\nif timer() == 0.3: stop()\n")
    assert [(words.kind, words.line) for words in found] == [("same", None), ("care", 3), ("care", 4)]
    assert "7けた" in found[1].text


def test_a_slow_machine_is_not_called_an_endless_program() -> None:
    here = simulate(GO, HOW)
    there = replace(here, ended="endless", decisions=here.decisions[:20])
    assert "もういちど ためしてね" in differences(GO, here, there)[0].text


def test_an_end_of_another_kind_is_told() -> None:
    here = simulate(GO, HOW)
    there: Run = replace(here, ended="battery")
    assert differences(GO, here, there)[0].text.startswith("おわりかたが ちがいます")


def test_no_sentence_carries_what_a_terminal_obeys() -> None:
    here = simulate(GO, HOW)
    for words in differences(GO, replace(here, printed="a\x1b[31m\u202e"), replace(here, printed="b\x07")):
        assert all(letter.isprintable() for letter in words.text)


def test_reading_a_program_never_fails() -> None:
    assert lacks("forward(") == [] and lacks("\0") == [] and lacks("(" * 5000) == []
    assert lacks("a, *b = [1, 2]\nprint(*b)\nimport utime, uos, kani") == []
