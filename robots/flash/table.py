"""The station in a terminal: one line a board, what needs help first; in something that is no terminal, a line for each change."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import set_cell_size
from rich.console import Group
from rich.text import Text

from robots.flash.steps import View, counts, in_order

STYLES = {"bad": "bold red", "asks": "bold yellow", "busy": "", "good": "bold green", "passed": "dim"}
BAR = 8
SUMMARY = (("bad", "✕ だめ"), ("asks", "？ チームまち"), ("busy", "… さぎょうちゅう"), ("good", "○ できあがり"))


def summary(views: Sequence[View]) -> Text:
    """How many boards there are of each kind."""
    number = counts(list(views))
    text = Text()
    for kind, words in SUMMARY:
        text.append(f" {words} {number[kind]} ", style=f"{STYLES[kind]} reverse" if number[kind] else "dim").append(" ")
    return text


def line(view: View, width: int, *, asked: bool = False) -> Text:
    """One board: number, port, team, sign, how far, and its state in words; exactly one line."""
    done = round(view.progress * BAR)
    team = f"{view.team} {view.title}".strip()
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{'▶' if asked else ' '}{view.number:>2} ", style="bold").append(set_cell_size(view.port, 9)).append(" ")
    text.append(set_cell_size(team, 14)).append(" ")
    text.append(f"{view.sign} ", style=STYLES[view.kind])
    text.append("█" * done + "░" * (BAR - done) + " ", style=STYLES[view.kind])
    text.append(view.words, style=STYLES[view.kind])
    if view.note and view.kind == "good":
        text.append(f"  {view.note}", style="dim")
    text.truncate(width, overflow="ellipsis")
    return text


def advice(view: View, width: int) -> list[Text]:
    """What to do with a board that needs somebody, on lines of their own."""
    if view.kind != "bad":
        return []
    text, room = view.advice, width - 8
    lines: list[Text] = []
    while text and len(lines) < 3:
        first = set_cell_size(text, room).rstrip()
        if len(first) < len(text) and " " in first:
            first = first[: first.rindex(" ")]
        lines.append(Text(f"      → {first}", style="red", no_wrap=True))
        text = text[len(first) :].strip()
    return lines


def lines(views: Sequence[View], width: int, height: int, asked: int = 0) -> list[Text]:
    """The boards in ``height`` lines: what needs help first, with what to do; of those that do not fit, how many."""
    ordered = in_order(list(views))
    shown: list[Text] = []
    for place, view in enumerate(ordered):
        rest = len(ordered) - place - 1
        if len(shown) + 1 + min(rest, 1) > height:
            shown.append(Text(f"  … ほかに {rest + 1}だい", style="dim"))
            break
        shown.append(line(view, width, asked=view.number == asked))
        words = advice(view, width)
        filled = len(shown) + len(words)
        if filled + rest <= height or filled <= height * 2 // 3:
            shown += words
    return shown


def screen(views: Sequence[View], width: int, height: int, *, asked: View | None = None, typed: str = "", said: str = "", address: str = "",
           trouble: str = "") -> Group:  # fmt: skip
    """The whole screen."""
    head = [Text("かにっこ ステーション", style="bold"), summary(views)]
    foot: list[Text] = []
    if trouble:
        foot.append(Text(trouble, style="bold red"))
    if asked is not None:
        foot.append(Text(f"{asked.number}ばん（{asked.port}）は どの チーム？ QRか ばんごう → {typed}▏", style="bold yellow"))
    elif typed:
        foot.append(Text(f"→ {typed}▏"))
    if said:
        foot.append(Text(said))
    keys = "チーム: ばんごう か ぎょう=ばんごう  もういちど: r ぎょう  じこテスト: t ぎょう  おわる: Ctrl-C"
    foot.append(Text(keys, style="dim"))
    if address:
        foot.append(Text(f"もうひとつの がめん: {address}", style="dim"))
    for text in foot:
        text.no_wrap, text.overflow = True, "ellipsis"
    body = lines(views, width, max(3, height - len(head) - len(foot) - 1), asked.number if asked else 0)
    if not views:
        body = [Text("ボードを さしてください。", style="bold")]
    return Group(*head, *body, *foot)


def plain(view: View) -> str:
    """A board's state as one line for a log file."""
    parts = [
        f"{view.number:>3}",
        view.port,
        view.team and f"team={view.team}",
        view.sign,
        view.words,
        f"→ {view.advice}" if view.fault else "",
    ]
    return " ".join(part for part in parts if part)
