"""``kanikko grade``: a whole class, or every class of the city, now."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from grading.exchange import bells
from grading.exchange.store import Store
from grading.pool.local import start_server
from grading.worker.classes import Found, courses_of, queue_up
from grading.worker.lock import WorkerError, is_taken
from grading.worker.warm import warm_rooms
from kanikko.settings import Settings, get_settings

if TYPE_CHECKING:
    from grading.worker.worker import Worker

ENDED = ("graded", "failed")
LOOK_SECONDS = 1.0


@click.command()
@click.argument("courses", nargs=-1)
@click.argument("lesson")
@click.option("--all", "every", is_flag=True, help="Every class that has the lesson.")
@click.option("--again", is_flag=True, help="Grade anew what was graded (the lesson's tests were mended). Teachers' own marks stay.")
def grade(courses: tuple[str, ...], lesson: str, every: bool, again: bool) -> None:
    """Grade every hand-in of LESSON that has no marks yet, in the classes COURSES.

    Stopped (Ctrl-C), it goes on where it was when it is called once more, then without --again. While the house runs, the house does
    the work and this command watches.
    """
    if every == bool(courses):
        raise click.UsageError("say which classes: COURSES, or --all")
    settings = get_settings()
    settings.make_dirs()
    logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s")
    with closing(Store(settings)) as store:
        chosen = courses_of(settings) if every else list(courses)
        found = queue_up(settings, store, chosen, lesson, again=again)
        finished = _Run(settings, store, [(course, lesson) for course in chosen], found).go()
        sys.exit(_report(store, lesson, found, finished=finished))


class _Run:
    """From a full queue to an empty one, with a progress bar."""

    def __init__(self, settings: Settings, store: Store, places: Sequence[tuple[str, str]], found: Found) -> None:
        self._settings, self._store, self._places = settings, store, places
        self._waiting = found.waiting
        self._over = threading.Event()

    def go(self) -> bool:
        """Whether it came to its end (False: Ctrl-C)."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(self._places[0][1] if self._places else "", total=len(self._waiting))
            try:
                while not self._count(progress, task):
                    if is_taken(self._settings):
                        self._watch(progress, task)
                    else:
                        self._work(progress, task)
            except KeyboardInterrupt:
                return False
        return True

    def _count(self, progress: Progress, task: TaskID) -> bool:
        """Show how far it is; whether it is over."""
        states = Counter(self._store.states(self._waiting).values())
        done = sum(states[state] for state in ENDED)
        progress.update(task, completed=done)
        return done == len(self._waiting)

    def _watch(self, progress: Progress, task: TaskID) -> None:
        """The house's worker does it. Returns when all is done, or when that worker has gone."""
        with closing(bells.Listener(self._store.bells, bells.EXCHANGE)) as listener:
            while not self._count(progress, task) and is_taken(self._settings):
                listener.wait(LOOK_SECONDS)

    def _work(self, progress: Progress, task: TaskID) -> None:
        """Nobody does it: we are the worker."""
        self._over.clear()
        with warm_rooms(self._settings), ThreadPoolExecutor(1, thread_name_prefix="worker") as thread:
            if not self._settings.grading_cluster:
                start_server()  # its imports go beside ours
            from grading.worker.worker import Worker  # nbgrader takes seconds to import

            logging.getLogger("traitlets").setLevel(logging.CRITICAL)  # nbgrader's parts log pupils' text
            # nbgrader runs alembic by name, which stands beside this Python.
            os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
            worker = Worker(self._settings, within=self._places, is_over=self._over.is_set)
            running = thread.submit(worker.run)
            try:
                self._follow(running, progress, task)
                self._over.set()
                worker.stop()  # what is under way is finished first, and what feedback pages show
                self._follow_feedback(worker, running, progress)
            finally:
                worker.stop()
        try:
            running.result()
        except WorkerError:
            return  # a house was started in this very moment

    def _follow(self, running: Future[None], progress: Progress, task: TaskID) -> None:
        with closing(bells.Listener(self._store.bells, bells.EXCHANGE)) as listener:
            while not self._count(progress, task) and not running.done():
                listener.wait(LOOK_SECONDS)

    @staticmethod
    def _follow_feedback(worker: Worker, running: Future[None], progress: Progress) -> None:
        task = progress.add_task("feedback", total=worker.sees) if not running.done() and worker.sees else None
        while not running.done():
            if task is not None:
                progress.update(task, completed=(progress.tasks[task].total or 0) - worker.sees)
            wait([running], LOOK_SECONDS)


def _report(store: Store, lesson: str, found: Found, *, finished: bool) -> int:
    """The end in words; the exit code."""
    states = store.states(found.waiting)
    failed = [one for one in found.waiting if states.get(one) == "failed"]
    graded = sum(states.get(one) == "graded" for one in found.waiting)
    left = len(found.waiting) - graded - len(failed)
    if not found.waiting and not found.before:
        click.echo(f"{lesson}: nobody in these classes has handed it in.")
    else:
        click.echo(f"{lesson}: graded {graded}, were graded before {found.before}, could not be graded {len(failed)}, left {left}.")
    for one in failed:
        about = store.submission(one)
        click.secho(f"  {about.course} {about.student} {about.id}: could not be graded (var/logs/grader.log, or above)", fg="red", err=True)
    if found.strange:
        click.secho(
            f"  {found.strange} folders in submitted/ are no hand-ins (links, too large, or not named by an id)", fg="red", err=True
        )
    if not finished:
        click.echo("Stopped. The same command (without --again) goes on from here.", err=True)
        return 130
    return 1 if failed or found.strange or left else 0
