"""``kanikko roster``: import, export and look up schools, classes and people."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from hub.roster.applying import Report, apply_oneroster
from hub.roster.errors import Problem, RosterError
from hub.roster.exporting import export_oneroster
from hub.roster.model import ROLES, Person, Role
from hub.roster.store import Roster
from kanikko.settings import get_settings

REFUSED = 1
PROBLEMS_SHOWN = 50

ROLE_NAMES: dict[str, str] = {"student": "児童生徒", "teacher": "先生", "operator": "運用担当者"}
WHAT: dict[str, str] = {**ROLE_NAMES, "class": "クラス", "school": "学校", "enrollment": "クラスへの所属"}
KINDS: dict[str, str] = {"add": "追加", "update": "変更", "leave": "転出・終了", "return": "復帰"}
STAGES: dict[str, str] = {"read": "名簿を調べています", "merge": "いまの名簿と比べています", "write": "名簿に書いています"}

HELP = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=HELP)
def roster() -> None:
    """Schools, classes and people. 名簿(学校・クラス・人)を取り込み、書き出し、調べます。

    Lists print names only when --names asks for them. 終了コード: 0 = できた、1 = 断った(名簿はそのまま)、2 = 使い方のまちがい。
    """


@roster.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--full", is_flag=True, help="ファイルが市の全員です。ファイルにない人は転出として扱います。")
@click.option("--administrators", is_flag=True, help="管理職・管理者の役割の人を、運用担当者にします。")
@click.option("--dry-run", is_flag=True, help="何が変わるかを見るだけで、名簿は変えません。")
@click.option(
    "--problems", "problems_file", type=click.Path(dir_okay=False, path_type=Path), help="直すところをすべて CSV でこのファイルに書きます。"
)
def import_(path: Path, full: bool, administrators: bool, dry_run: bool, problems_file: Path | None) -> None:
    """Import a OneRoster CSV delivery. OneRoster の CSV(フォルダーか ZIP)を取り込みます。

    すべての行を調べてから、まとめて書きこみます。1 行でも直すところがあれば、名簿は変わりません。
    同じファイルをもういちど取り込んでも、何も変わりません。転出した人は入れなくなりますが、作ったものは残ります。
    """
    console = Console()
    try:
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=Console(stderr=True), transient=True
        ) as bar:
            task = bar.add_task(STAGES["read"], total=None)

            def progress(stage: str, done: int, total: int) -> None:
                bar.update(task, description=STAGES[stage], completed=done, total=total if stage == "write" else None)

            report = apply_oneroster(_roster(), path, full=full, administrators=administrators, dry_run=dry_run, progress=progress)
    except RosterError as error:
        _print_problems(error, problems_file)
        raise SystemExit(REFUSED) from error
    _print_report(console, report)


@roster.command()
@click.argument("path", type=click.Path(path_type=Path))
def export(path: Path) -> None:
    """Export as OneRoster CSV. PATH が .zip で終われば ZIP、ほかはフォルダーに書き出します。

    転出した人と、手で加えた人は入りません。書き出したファイルには名前があります。取りあつかいに気をつけてください。
    """
    lines = export_oneroster(_roster(), path)
    table = Table("ファイル", "行")
    for name, count in lines.items():
        table.add_row(name, f"{count:,}")
    Console().print(table)


@roster.command()
@click.option("--ended", is_flag=True, help="終わったクラスも出します。")
def classes(ended: bool) -> None:
    """List classes: id, school, title, sign-in code, pupils. クラスの一覧です。"""
    opened = _roster()
    table = _folding("クラス ID", "学校", "クラス", "学年", "サインインコード", "人数")
    for each in opened.classes(include_ended=ended):
        code = each.signin_code if each.active else "終わりました"
        pupils = len(opened.pupils(each.course))
        table.add_row(each.course, escape(each.school), escape(each.title), str(each.grade or ""), code, str(pupils))
    Console().print(table)


@roster.command()
@click.option("--role", type=click.Choice(ROLES), help="この役割の人だけにします。")
@click.option("--names", is_flag=True, help="名前も出します。")
@click.option("--left", is_flag=True, help="転出した人も出します。")
@click.option("--count", is_flag=True, help="人数だけを出します。")
def people(role: Role | None, names: bool, left: bool, count: bool) -> None:
    """List people by account id; names only with --names. 人の一覧です。"""
    found = _roster().people(role, include_left=left)
    console = Console()
    if not count:
        table = _folding("アカウント", "役割", "学年", "状態", *(["名前"] if names else []))
        for person in found:
            table.add_row(*_cells(person, names))
        console.print(table)
    counts = Counter(person.role for person in found)
    console.print("、".join(f"{ROLE_NAMES[each]} {counts[each]:,} 人" for each in ROLES if counts[each]) or "0 人")


@roster.command()
@click.argument("account")
def show(account: str) -> None:
    """Show one person with name, classes and groups. ログの番号(u…)がだれのものかを調べます。"""
    opened = _roster()
    person = opened.person(account)
    if person is None:
        raise RosterError(f"{account} というアカウントはありません。", remedy="`kanikko roster people` で確かめてください。")
    table = Table.grid(padding=(0, 2))
    for title, value in zip(("アカウント", "役割", "学年", "状態", "名前"), _cells(person, names=True), strict=True):
        table.add_row(title, value)
    for each in opened.classes_of(account):
        table.add_row("クラス", f"{each.course}  {escape(each.school)} {escape(each.title)}")
    table.add_row("グループ", "、".join(opened.groups_of(account)) or "なし")
    Console().print(table)


def _roster() -> Roster:
    settings = get_settings()
    settings.make_dirs()
    return Roster(settings.roster_db)


def _folding(*titles: str) -> Table:
    """A table whose long cells go on in the next line instead of losing their end."""
    table = Table()
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def _cells(person: Person, names: bool) -> list[str]:
    state = "在籍" if person.active else "転出"
    cells = [person.account, ROLE_NAMES[person.role], str(person.grade or ""), state]
    return [*cells, escape(f"{person.name}({person.kana})")] if names else cells


def _print_report(console: Console, report: Report) -> None:
    counts = report.counts()
    if not counts:
        console.print("変わるところはありません。" if not report.applied else "名簿はファイルと同じでした。何も変えていません。")
        return
    table = Table("何が", *KINDS.values())
    for name, words in WHAT.items():
        if any(counts[name, kind] for kind in KINDS):
            table.add_row(words, *(f"{counts[name, kind]:,}" if counts[name, kind] else "" for kind in KINDS))
    console.print(table)
    console.print("取り込みました。" if report.applied else "見ただけです(--dry-run)。名簿は変えていません。")


def _print_problems(error: RosterError, everything: Path | None) -> None:
    console = Console(stderr=True)
    console.print(f"[red]{escape(error.message)}[/]\n  → {escape(error.remedy)}")
    table = _folding("ファイル", "行", "列", "直すところ", "直し方")
    for problem in error.problems[:PROBLEMS_SHOWN]:
        table.add_row(*(escape(cell) for cell in _problem_cells(problem)))
    if error.problems:
        console.print(table)
    if len(error.problems) > PROBLEMS_SHOWN:
        console.print(f"ほかに {len(error.problems) - PROBLEMS_SHOWN:,} か所。--problems ファイル名 を付けると、すべて書き出します。")
    if everything is not None:
        with everything.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([("file", "line", "column", "problem", "remedy"), *map(_problem_cells, error.problems)])
        console.print(f"すべて {everything} に書きました。")


def _problem_cells(problem: Problem) -> tuple[str, str, str, str, str]:
    return problem.file, str(problem.line or ""), problem.column, problem.message, problem.remedy
