"""``kanikko site lottery``: what a family, a journalist or an auditor runs on the published file."""

from __future__ import annotations

from pathlib import Path

import click

from web.language import LANGUAGES, Language, Text
from web.lottery.check import MOST_BYTES, Noted, Report, Unreadable, check, read
from web.lottery.draw import Step, result_of
from web.lottery.findings import Finding
from web.lottery.records import Publication

SIGNS = {"holds": ("○", "green"), "wrong": ("×", "red"), "open": ("－", "yellow")}
VERDICTS = {
    "right": Text(
        "公開された決まりと数から、このとおりの結果になります。",
        "この{通|とお}りのけっかになります。{正|ただ}しいです。",
        "The published rules and numbers give exactly this result.",
    ),
    "so far": Text("ここまでは正しいです。", "ここまでは{正|ただ}しいです。", "Right so far."),
    "wrong": Text("上のまちがいがあります。", "{上|うえ}のまちがいがあります。", "Something is wrong; see above."),
}
FATES = {
    "drawn": Text("番号<number>: 当選", "<number>{番|ばん}: あたり", "Number <number>: drawn"),
    "waiting": Text(
        "番号<number>: 補欠<place>番目",
        "<number>{番|ばん}: <place>{番目|ばんめ}にまちます",
        "Number <number>: place <place> of the waiting list",
    ),
    "entered": Text("番号<number>は一覧にあります。", "<number>{番|ばん}は{表|ひょう}にあります。", "Number <number> is in the list."),
    "unknown": Text(
        "番号<number>は一覧にありません。", "<number>{番|ばん}は{表|ひょう}にありません。", "Number <number> is not in the list."
    ),
}


@click.group()
def lottery() -> None:
    """Repeat a published draw and see whether it was made as promised."""


@lottery.command(name="check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--language", type=click.Choice(LANGUAGES), default="ja", show_default=True, help="easy: plain Japanese.")
@click.option("--before", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The file as you kept it before the draw.")
@click.option("--commitment", help="The commitment as you noted it before the entries closed.")
@click.option("--list-hash", help="The hash of the list as you noted it when it was frozen.")
@click.option("--number", type=int, help="Also say what became of this number.")
@click.option("--steps", is_flag=True, help="Also show the turn of every ticket.")
@click.pass_context
def check_command(
    context: click.Context,
    file: Path,
    language: Language,
    before: Path | None,
    commitment: str | None,
    list_hash: str | None,
    number: int | None,
    steps: bool,
) -> None:
    """Repeat the draw of FILE (- is the input), as downloaded from the class's page. Ends with 1 if something is wrong.

    A file can only be right in itself. That it is the one that was published before the draw, you see by what you kept: --before, or
    --commitment and --list-hash.
    """
    kept = [_kept(before, language)] if before else []
    report = check(_read(file), Noted(commitment, list_hash), *kept)
    if steps:
        for step in report.steps:
            click.echo(_step_line(step))
    for finding in report.findings:
        _echo(finding, language)
    if number is not None and report.publication is not None:
        click.echo(_fate(report, report.publication, number, language))
    verdict = "wrong" if not report.ok else "right" if report.is_complete else "so far"
    click.secho(VERDICTS[verdict].plain(language), bold=True)
    context.exit(0 if report.ok else 1)


def _read(file: Path) -> bytes:
    with click.open_file(str(file), "rb") as source:
        return bytes(source.read(MOST_BYTES + 1))


def _kept(file: Path, language: Language) -> Noted:
    try:
        publication = read(_read(file))
    except Unreadable as error:
        raise click.ClickException(f"{file}: {error.findings[0].words.plain(language)}") from None
    return Noted(publication.commitment, publication.list_hash)


def _echo(finding: Finding, language: Language) -> None:
    sign, colour = SIGNS[finding.state]
    click.echo(f"{click.style(sign, fg=colour)} {finding.words.plain(language)}")


def _step_line(step: Step) -> str:
    numbers = "+".join(map(str, step.unit.numbers))
    return f"{step.unit.tier} {step.unit.ticket[:16]} {numbers:>8} {step.free:>5} {'○' if step.drawn else '…'}"


def _fate(report: Report, publication: Publication, number: int, language: Language) -> str:
    """Of the draw as it was repeated, which is the one that counts."""
    result, place = result_of(report.steps), 0
    if number in result.drawn:
        fate = "drawn"
    elif number in result.waiting:
        fate, place = "waiting", result.waiting.index(number) + 1
    else:
        entries = publication.list.entries if publication.list else ()
        fate = "entered" if any(entry.number == number for entry in entries) else "unknown"
    return FATES[fate].fill(number=number, place=place).plain(language)
