"""The demo city: made once by ``make run``, kept in ``var/``, with a sign-in sheet to print."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import pyotp
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from grading.release import release
from grading.release.generator import Generator
from hub.roster import Person, Roster, SchoolClass, apply_oneroster
from hub.roster.demo_city import write_demo
from hub.signin.credentials import TOTP_STEP_SECONDS, Credentials
from hub.signin.pictures import BY_ID
from kanikko.settings import Settings, get_settings
from lessons.library import lesson, lessons

SHOWN_PUPILS = 3
"""Pupils of one class whose PIN stands in the sheet's file; one of them is printed."""


@dataclass(frozen=True)
class DemoPupil:
    account: str
    name: str
    pin: list[str]


@dataclass(frozen=True)
class DemoStaff:
    account: str
    name: str
    password: str
    totp_secret: str


FIRST_LESSON = "kani-wo-ugokasou"
"""What the sheet's pupils open first."""


@dataclass(frozen=True)
class Sheet:
    """What a newcomer needs to sign in as each kind of user. Kept in ``var/demo/sheet.json``, readable by the service's user only."""

    course: str
    class_title: str
    class_code: str
    lesson: str
    pupils: list[DemoPupil]
    teacher: DemoStaff
    operator: DemoStaff


def sheet_path(settings: Settings) -> Path:
    return settings.var / "demo" / "sheet.json"


def ensure(settings: Settings, console: Console) -> None:
    """Make the demo city unless it stands. Each step may be repeated, so an interrupted start is simply started again."""
    if sheet_path(settings).exists():
        return
    folder = settings.var / "demo" / "oneroster"
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        people = progress.add_task("The demo city's schools and people", total=1)
        write_demo(folder)
        roster = Roster(settings.roster_db)
        apply_oneroster(roster, folder)
        progress.advance(people)

        credentials = Credentials(settings)
        pupils = roster.people("student")
        pins: dict[str, list[str]] = {}
        for pupil in progress.track(pupils, description="Picture PINs"):
            pins[pupil.account] = credentials.new_pin(pupil.account)

        classes = roster.classes()
        with Generator(settings) as generator:
            handed = [(school_class, given) for school_class in classes for given in _fitting(school_class.grade or 0)]
            for school_class, given in progress.track(handed, description="Lessons handed to the classes"):
                release(settings, school_class.course, given, generator=generator)
    _write_sheet(settings, _sheet(roster, credentials, pins))


def _fitting(grade: int) -> list[str]:
    """What a class of this grade has been given: the crab robot where that is meant for just this grade, and the first lesson for it."""
    known = lessons()
    robots = [each.id for each in known if each.robot and each.grade == grade]
    return [*robots, FIRST_LESSON if lesson(FIRST_LESSON).grade <= grade else known[0].id]  # what comes last stands at the top


def _sheet(roster: Roster, credentials: Credentials, pins: dict[str, list[str]]) -> Sheet:
    school_class = _class_for(roster, lesson(FIRST_LESSON).grade)
    shown = [DemoPupil(pupil.account, pupil.name, pins[pupil.account]) for pupil in roster.pupils(school_class.course)[:SHOWN_PUPILS]]
    operator = next(iter(roster.people("operator")), None) or roster.add_staff(
        "運用", "太郎", "operator", family_kana="うんよう", given_kana="たろう"
    )
    return Sheet(
        course=school_class.course,
        class_title=f"{school_class.school} {school_class.title}",
        class_code=school_class.signin_code,
        lesson=FIRST_LESSON,
        pupils=shown,
        teacher=_staff(credentials, roster.teachers(school_class.course)[0]),
        operator=_staff(credentials, operator),
    )


def _class_for(roster: Roster, grade: int) -> SchoolClass:
    return next(each for each in roster.classes() if each.grade == grade)


def _staff(credentials: Credentials, person: Person) -> DemoStaff:
    password = secrets.token_urlsafe(9)
    credentials.set_password(person.account, password)
    return DemoStaff(person.account, person.name, password, credentials.totp_secret(person.account))


def _write_sheet(settings: Settings, sheet: Sheet) -> None:
    place = sheet_path(settings)
    aside = place.with_suffix(".new")
    aside.touch(mode=0o600)
    aside.write_text(json.dumps(asdict(sheet), ensure_ascii=False, indent=1))
    aside.replace(place)


def read_sheet(settings: Settings) -> Sheet | None:
    """The sheet of the demo city, or None where there is no demo."""
    try:
        data = json.loads(sheet_path(settings).read_text())
    except FileNotFoundError:
        return None
    pupils = [DemoPupil(**pupil) for pupil in data.pop("pupils")]
    teacher, operator = (DemoStaff(**data.pop(role)) for role in ("teacher", "operator"))
    return Sheet(pupils=pupils, teacher=teacher, operator=operator, **data)


def print_sheet(settings: Settings, console: Console) -> None:
    """Print how to sign in as a pupil, a teacher and an operator; one-time codes are those of this moment."""
    sheet = read_sheet(settings)
    if sheet is None:
        return
    pupil = sheet.pupils[0]
    table = Table.grid(padding=(0, 2))
    table.add_row("[bold]児童 pupil[/]", "クラスのコード class code", f"[bold]{sheet.class_code}[/]  ({sheet.class_title})")
    table.add_row("", "なまえ name", pupil.name)
    table.add_row("", "え pictures", " → ".join(f"{BY_ID[picture].name} ({picture})" for picture in pupil.pin))
    for title, staff in (("先生 teacher", sheet.teacher), ("運用 operator", sheet.operator)):
        table.add_row(f"[bold]{title}[/]", "番号 account", f"[bold]{staff.account}[/]  ({staff.name})")
        table.add_row("", "パスワード password", staff.password)
        table.add_row("", "確認コード code", _code(staff.totp_secret))
    table.add_row("", "", "[dim]コードは一度きりです。新しいコード: .venv/bin/kanikko demo sheet[/]")
    console.print(Panel(table, title="サインイン表 sign-in sheet（おためし用 demo）", expand=False))


def _code(secret: str) -> str:
    left = TOTP_STEP_SECONDS - int(time.time()) % TOTP_STEP_SECONDS
    return f"{pyotp.TOTP(secret).now()}  [dim](あと {left} 秒)[/]"


@click.group()
def demo() -> None:
    """Make the demo city, or print its sign-in sheet."""


@demo.command()
def make() -> None:
    """Make the demo city in var/ unless it stands."""
    settings = get_settings()
    settings.make_dirs()
    ensure(settings, Console())
    print_sheet(settings, Console())


@demo.command()
def sheet() -> None:
    """Print the sign-in sheet again, with one-time codes of this moment."""
    settings = get_settings()
    if read_sheet(settings) is None:
        raise click.ClickException("There is no demo city here. Make it with: kanikko demo make")
    print_sheet(settings, Console())
