"""「カニを 動かそう」: what a child reads when an answer is not right yet."""

import contextlib
import io
from collections.abc import Callable

import pytest
from nbformat import NotebookNode

from lessons import solve

Try = Callable[[int, str], str]


@pytest.fixture
def attempt(kani_source: NotebookNode) -> Try:
    """Runs task ``number`` with a child's own answer, as in the notebook; gives the hint, or "" if all is right."""

    def run(number: int, answer: str) -> str:
        cells = {cell.id: cell.source for cell in solve.without_hidden_tests(kani_source).cells}
        blank = {cell.id: cell.source for cell in solve.blank(kani_source).cells}
        names: dict[str, object] = {}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(cells["junbi"], names)
            with contextlib.suppress(Exception):  # a child reads Python's own error, goes on to the check
                exec(blank[f"kotae-{number}"].replace(solve.STUB, answer), names)
            try:
                exec(cells[f"tashikame-{number}"], names)
            except names["Hint"] as hint:
                return str(hint)
        return ""

    return run


RIGHT = {
    1: "steps = 4\nright(steps)",
    2: "for i in range(6):\n    right()\n    up()",
    3: "for i in range(7):\n    right(1)\n    if shell() == True:\n        pick()",
    4: "def square(n):\n    right(n); down(n); left(n); up(n)",
    5: "def walk(n):\n    for i in range(n):\n        if not rock():\n            right()\n        else:\n            jump()",
}


@pytest.mark.parametrize("number", RIGHT)
def test_a_right_answer_written_another_way_is_right(attempt: Try, number: int) -> None:
    assert attempt(number, RIGHT[number]) == ""


@pytest.mark.parametrize(
    ("number", "answer", "hint"),
    [
        (1, "", "steps という へんすうが まだ ないよ"),
        (1, "steps = '4'", "steps に はいって いるのは '4' だったよ"),
        (1, "steps = 4", "カニが まだ うごいて いないよ"),
        (1, "steps = 3\nright(steps)", "カニは みぎへ 3マス うごいたけれど、貝の マスに いないよ"),
        (1, "steps = 4\nleft(steps)", "カニの うごきは「left 4かい」だったよ"),
        (1, "steps = 4 right(steps", "1ばんの こたえの セルが まだ うごいて いないよ"),
        (2, "", "カニが まだ うごいて いないよ"),
        (2, "for i in range(6):\n    right()\nup()", "いまの うごきは「right 6かい → up 1かい」"),
        (2, "for i in range(4):\n    right()\n    up()", "かいだんを 4だん のぼったよ"),
        (2, "for i in range(9):\n    right()\n    up()", "カニが 6かい ぶつかったよ"),
        (2, "while True:\n    right()\n    up()", "ぶつかったよ"),
        (3, "", "カニが まだ うごいて いないよ"),
        (3, "for i in range(7):\n    right()", "まだ ひろって いないよ"),
        (3, "for i in range(7):\n    right()\n    pick()", "貝の ない マスで pick() を 4かい したよ"),
        (3, "for i in range(4):\n    right()\n    if shell():\n        pick()", "貝が あと 2こ のこって いるよ"),
        (4, "", "square という わざが まだ ないよ"),
        (4, "def square():\n    right()", "かっこの なかは あって いるかな?"),
        (4, "def square(n):\n    migi(n)", "エラーに なったよ。(エラー: NameError"),
        (4, "def square(n):\n    pass", "カニが うごかなかったよ"),
        (4, "def square(n):\n    right(n)\n    down(n)", "もとの マスに もどって いないよ。うごきは「right 2かい → down 2かい」"),
        (4, "def square(n):\n    down(n)\n    right(n)\n    up(n)\n    left(n)", "もとの マスに もどれたね!"),
        (4, "def square(n):\n    start(4)\n    right(n)", "start( ) は def の そとに かいてね"),
        (5, "", "walk という わざが まだ ないよ"),
        (5, "def walk(n):\n    right(n)", "カニが 4かい ぶつかったよ"),
        (5, "def walk(n):\n    for i in range(n):\n        jump()", "いわの ない ところで jump() を 5かい したよ"),
        (5, "def walk(n):\n    if rock():\n        jump()\n    else:\n        right()", "うごきは「right 1かい」だったよ"),
        (5, "def walk(n):\n    while True:\n        up()\n        down()", "カニが つかれて しまったよ"),
    ],
)
def test_a_wrong_answer_is_met_with_what_came_and_what_to_look_at(attempt: Try, number: int, answer: str, hint: str) -> None:
    assert hint in attempt(number, answer)


def test_no_hint_gives_the_solution_away(kani_source: NotebookNode) -> None:
    shown = "\n".join(cell.source for cell in solve.without_hidden_tests(solve.blank(kani_source)).cells)
    for secret in ("steps = 4", "range(6)", "range(7)", "def walk(n):\n    for", "def square(n):\n    right"):
        assert secret not in shown
