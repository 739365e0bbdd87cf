"""Notebook and robot side by side: what differs, in words for a child."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from robots.simulator.hardware import Decision
from robots.simulator.outcome import ENDINGS, Run
from robots.virtual.lacks import lacks

SAME = "おめでとう！ ほんものの MicroPython でも、シミュレーターと ぜんぶ おなじに うごきました。"

SAME_MISTAKE = "ほんものの MicroPython でも、シミュレーターと おなじ まちがいで とまりました。なおしたら、また ためしてね。"

_LACKS = {
    "module": "{line}ぎょうめ: 「{name}」は ロボットの MicroPython には ありません。ほかの やりかたを かんがえてみよう。",
    "member": "{line}ぎょうめ: 「{name}」は パソコンの Python に あって、ロボットの MicroPython には ありません。",
    "method": "{line}ぎょうめ: 「{name}」は ロボットの MicroPython には ありません。べつの かきかたに しよう。",
    "syntax": "{line}ぎょうめ: 「{name}」という かきかたは、ロボットの MicroPython には ありません。",
    "float": "{line}ぎょうめ: {name} は けたが おおい かずです。ロボット（Pico）は 7けたくらいまでしか おぼえられません。",
    "equal": "{line}ぎょうめ: しょうすうを 「==」で くらべています。ロボットでは すこし ずれるので、「<」や「>」で くらべよう。",
    "order": "じしょの {name}() の じゅんばんは、ロボットでは いれた じゅんに なりません。",
    "sort": "{name} で ならべると、おなじ おおきさの ものの じゅんばんは、ロボットでは かわることが あります。",
}
_CARE = ("float", "equal")
_IF_DIFFERENT = ("order", "sort")

_SLOW = "はじめから {seconds} びょうまでは おなじでした。そのさきは、じかんが かかりすぎて ためせませんでした。もういちど ためしてね。"
_MEMORY = "{where}ロボットの メモリーが たりなく なりました。リストや もじを、もっと すくなく しよう。"
_SYNTAX = "{where}この かきかたは、ロボットの MicroPython には ありません。"
_NO_MODULE = "{where}「{name}」は ロボットの MicroPython には ありません。"
_STOPPED = "{where}ロボットでは ここで とまりました: {said}"
_OTHER_ERROR = "とまりかたが ちがいます。シミュレーター: {here} ／ ロボット: {there}"
_ENDED = "おわりかたが ちがいます。シミュレーター: {here}。ロボット: {there}。"
_MOMENT = "はじめて ちがったのは {seconds} びょうの とき。シミュレーター: {here} ／ ロボット: {there}"
_PRINTED = "print の {number}ぎょうめが ちがいます。シミュレーター: {here} ／ ロボット: {there}"
_WHERE = "{line}ぎょうめ: "

_DID = {
    "adc": "めや でんちを みた",
    "read": "ボタンを みた",
    "write": "ライトや モーターの むきを かえた",
    "pwm": "モーターか うでか おとを かえた",
    "sleep": "まった",
    "ticks": "じかんを みた",
    "timer": "タイマーを つかった",
    "irq": "ボタンの しらせを たのんだ",
    "pin": "ピンを じゅんびした",
    "adc_pin": "めを じゅんびした",
}
_NOTHING = "もう おわっていた"
_SHOWN_LETTERS = 120
_FILE_LINE = re.compile(r'File "program\.py", line (\d+)')
_NO_MODULE_NAMED = re.compile(r"no module named '([\w.]{1,40})'")


@dataclass(frozen=True)
class Words:
    """One sentence. ``kind``: "same" (alone: nothing differs), "differs", or "care" (went the same way here, may not on a robot)."""

    kind: Literal["same", "differs", "care"]
    text: str
    line: int | None = None

    def __str__(self) -> str:
        return self.text


def differences(source: str, simulated: Run, on_board: Run) -> list[Words]:
    """What a child should know before the program goes to the robot, the most telling first; never empty.

    ``source``: what both ran. The sentences hold no line break, and of the program's own text only letters that a screen shows.
    """
    found = _of_ends(simulated, on_board)
    told, went_alike = {words.line for words in found}, not found
    for lack in lacks(source):
        text = _LACKS[lack.kind].format(line=lack.line, name=_shown(lack.name))
        if lack.kind in _CARE:
            found.append(Words("care", text, lack.line))
        elif lack.line not in told and not (lack.kind in _IF_DIFFERENT and went_alike):
            found.append(Words("differs", text, lack.line))
    if not any(words.kind == "differs" for words in found):
        found.insert(0, Words("same", SAME_MISTAKE if on_board.ended == "error" else SAME))
    return found


def _of_ends(here: Run, there: Run) -> list[Words]:
    """What differs in what the two runs did: the first cause, not all that follows from it."""
    at = _first_difference(here.decisions, there.decisions)
    if there.ended == "endless" != here.ended and at in (None, len(there.decisions)):
        return [Words("differs", _SLOW.format(seconds=_seconds(there.decisions[-1][0] if there.decisions else 0)))]
    if there.ended == "error" != here.ended:
        return [_of_error(there.error)]
    found = []
    if at is not None:
        found.append(_of_moment(here.decisions, there.decisions, at))
    if there.ended != here.ended:
        found.append(Words("differs", _ENDED.format(here=ENDINGS[here.ended], there=ENDINGS[there.ended])))
    elif _name_of(there.error) != _ALIKE.get(_name_of(here.error), _name_of(here.error)):
        found.append(
            Words("differs", _OTHER_ERROR.format(here=_last_line(here.error), there=_last_line(there.error)), _line_of(there.error))
        )
    return found or _of_print(here.printed, there.printed)


# How MicroPython calls what the simulator's Python calls otherwise.
_ALIKE = {"RecursionError": "RuntimeError", "ModuleNotFoundError": "ImportError", "robots.simulator.hardware.BadOperation": "ValueError"}


def _of_error(error: str) -> Words:
    line, said = _line_of(error), _last_line(error)
    where = _WHERE.format(line=line) if line else ""
    module = _NO_MODULE_NAMED.search(said)
    if module is not None:
        text = _NO_MODULE.format(where=where, name=module[1])
    elif said.startswith("MemoryError"):
        text = _MEMORY.format(where=where)
    elif said.startswith("SyntaxError"):
        text = _SYNTAX.format(where=where)
    else:
        text = _STOPPED.format(where=where, said=said)
    return Words("differs", text, line)


def _of_moment(here: tuple[Decision, ...], there: tuple[Decision, ...], at: int) -> Words:
    us = (here[at] if at < len(here) else there[at])[0]
    return Words("differs", _MOMENT.format(seconds=_seconds(us), here=_did(here, at), there=_did(there, at)))


def _did(decisions: tuple[Decision, ...], at: int) -> str:
    if at >= len(decisions):
        return _NOTHING
    _, name, arguments, value = decisions[at]
    numbers = "、".join(str(argument) for argument in arguments)
    return f"{_DID.get(name, name)}（{numbers} → {value}）"


def _of_print(here: str, there: str) -> list[Words]:
    for number, (one, other) in enumerate(zip_longest(here.splitlines(), there.splitlines(), fillvalue=""), 1):
        if one != other:
            return [Words("differs", _PRINTED.format(number=number, here=_shown(one), there=_shown(other)))]
    return []


def _first_difference(here: tuple[Decision, ...], there: tuple[Decision, ...]) -> int | None:
    """The number of the first decision that differs; None when all are equal."""
    for number, (one, other) in enumerate(zip(here, there, strict=False)):
        if one != other:
            return number
    return None if len(here) == len(there) else min(len(here), len(there))


def _seconds(us: int) -> str:
    return f"{us / 1_000_000:.2f}"


def _last_line(error: str) -> str:
    lines = error.strip().splitlines()
    return _shown(lines[-1]) if lines else ""


def _name_of(error: str) -> str:
    return _last_line(error).partition(":")[0]


def _line_of(error: str) -> int | None:
    """The program's line where it happened: the innermost one."""
    found = _FILE_LINE.findall(error)
    return int(found[-1]) if found else None


def _shown(text: str) -> str:
    """As much as one glance takes in, without anything that a terminal obeys."""
    plain = "".join(letter if letter.isprintable() else "·" for letter in text)
    return plain if len(plain) <= _SHOWN_LETTERS else plain[:_SHOWN_LETTERS] + "…"
