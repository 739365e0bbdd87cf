"""``kanikko lesson``: look at the library, give lessons to classes, take them back."""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from hub.roster import Roster, SchoolClass
from kanikko.settings import Settings, get_settings
from lessons import library


@click.group()
def lesson() -> None:
    """List, check, release and withdraw lessons."""


@lesson.command("list")
def list_lessons() -> None:
    """Every lesson of the library."""
    table = Table(Column("lesson", no_wrap=True), "title", "grade", "minutes", "points")
    for found in library.lessons():
        numbers = (str(found.grade), str(found.minutes), f"{found.points:g}")
        table.add_row(found.id, found.plain_title, *numbers)
    Console().print(table)


@lesson.command()
@click.argument("lessons", nargs=-1)
def check(lessons: tuple[str, ...]) -> None:
    """Are these lessons (all, if none is named) fit to be taught? Runs them, solved and blank."""
    from lessons.check import check as check_lesson  # nbgrader takes seconds to import

    chosen = [library.lesson(name) for name in lessons] or library.lessons()
    console = Console()
    problems = 0
    for found in chosen:
        with console.status(f"checking {found.id} …"):
            findings = check_lesson(found)
        console.print(f"{'[red]✘' if findings else '[green]✔'} {found.id}[/]  {found.plain_title}")
        for finding in findings:
            console.print(f"    {finding.place}: {finding.problem}", markup=False, highlight=False)
        problems += len(findings)
    sys.exit(1 if problems else 0)


def _choose_classes(settings: Settings, course: tuple[str, ...], grade: int | None, every: bool) -> list[SchoolClass]:
    """The active classes that the options mean; exactly one way of choosing must be used."""
    if sum((bool(course), grade is not None, every)) != 1:
        raise click.UsageError("say which classes: --course C (again and again), --grade G, or --all")
    active = [found for found in Roster(settings.roster_db).classes() if found.active]
    unknown = set(course) - {found.course for found in active}
    if unknown:
        raise click.UsageError(f"the roster has no such class: {', '.join(sorted(unknown))}")
    chosen = [found for found in active if every or found.course in course or (grade is not None and found.grade == grade)]
    if not chosen:
        raise click.UsageError("no class matches")
    return chosen


@lesson.command()
@click.argument("lesson")
@click.option("--course", multiple=True, help="A class's course id; may be given again.")
@click.option("--grade", type=click.IntRange(1, 9), help="Every class of this school year.")
@click.option("--all", "every", is_flag=True, help="Every class.")
def release(lesson: str, course: tuple[str, ...], grade: int | None, every: bool) -> None:
    """Give LESSON to classes, with furigana for each one's grade. Again brings it up to date; marks stay."""
    from grading.release.publish import Released, release_many

    settings = get_settings()
    library.lesson(lesson)
    chosen = _choose_classes(settings, course, grade, every)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    failed = []
    new = 0
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(lesson, total=len(chosen))
        for found, outcome in zip(chosen, release_many(settings, (found.course for found in chosen), lesson), strict=True):
            progress.advance(task)
            if isinstance(outcome, Released):
                new += outcome.new
            else:
                failed.append((found, outcome))
    click.echo(f"{lesson}: released to {new}, unchanged in {len(chosen) - new - len(failed)}, failed in {len(failed)} classes")
    for found, outcome in failed:
        click.secho(f"  {found.course}: {outcome}", fg="red", err=True)
    sys.exit(1 if failed else 0)


@lesson.command()
@click.argument("lesson")
@click.option("--course", multiple=True, help="A class's course id; may be given again.")
@click.option("--grade", type=click.IntRange(1, 9), help="Every class of this school year.")
@click.option("--all", "every", is_flag=True, help="Every class.")
def withdraw(lesson: str, course: tuple[str, ...], grade: int | None, every: bool) -> None:
    """Hide LESSON from the pupils of classes. Hand-ins, marks and the course folders stay."""
    from grading.release.publish import withdraw as withdraw_from

    settings = get_settings()
    library.lesson(lesson)
    chosen = _choose_classes(settings, course, grade, every)
    taken = sum(withdraw_from(settings, found.course, lesson) for found in chosen)
    click.echo(f"{lesson}: withdrawn from {taken} of {len(chosen)} classes")


@lesson.command()
@click.option("--course", multiple=True, help="Only this class; may be given again.")
def status(course: tuple[str, ...]) -> None:
    """Which lessons each class has now, and how many pupils have handed in."""
    from grading.exchange.store import Store

    settings = get_settings()
    chosen = _choose_classes(settings, course, None, not course)
    store = Store(settings)
    table = Table(Column("class", no_wrap=True), "school", "title", Column("lesson", no_wrap=True), "released (UTC)", "handed in")
    try:
        for found in chosen:
            for out in store.lessons([found.course]):
                handed_in = str(len(store.progress(found.course, out.lesson)))
                when = f"{out.released_at:%Y-%m-%d %H:%M}"
                table.add_row(found.course, found.school, found.title, out.lesson, when, handed_in)
    finally:
        store.close()
    Console().print(table)
