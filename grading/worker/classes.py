"""Which hand-ins of whole classes are to be graded now. What it finds it queues; the queue is what a stopped run is resumed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from grading.exchange.store import Store
from grading.worker.collected import take_collected
from kanikko.errors import KanikkoError
from kanikko.exchange_facts import Submission
from kanikko.settings import Settings


class GradeError(KanikkoError):
    """There is nothing that could be graded."""


@dataclass
class Found:
    """``waiting``: ids of hand-ins in the queue. ``before``: how many were graded already. ``strange``: folders that hold no hand-in."""

    waiting: list[str] = field(default_factory=list)
    before: int = 0
    strange: int = 0


def courses_of(settings: Settings) -> list[str]:
    """Every class that has a course folder."""
    return sorted(place.name for place in settings.courses_dir.iterdir() if place.is_dir() and not place.name.startswith("."))


def queue_up(settings: Settings, store: Store, courses: Sequence[str], lesson: str, *, again: bool = False) -> Found:
    """Queue every hand-in of a lesson that has no marks yet, wherever it lies. Nothing is queued twice.

    Those that could not be graded are tried again. ``again``: of those that were graded, each pupil's newest too.
    Raises GradeError for a class that there is none of.
    """
    unknown = sorted(set(courses) - set(courses_of(settings)))
    if unknown:
        raise GradeError(f"no such class: {', '.join(unknown)}", remedy="`kanikko lesson status` lists the classes and their lessons.")
    found = Found()
    for course in courses:
        taken = take_collected(settings, store, course, lesson, again=again)
        found.strange += taken.strange
        _queue_course(store, found, store.submissions(courses=[course], lesson=lesson), again=again)
    return found


def _queue_course(store: Store, found: Found, known: Sequence[Submission], *, again: bool) -> None:
    newest = {one.student: one.id for one in known}
    graded = [one.id for one in known if one.state == "graded"]
    anew = [one for one in graded if again and one in newest.values()]
    failed = [one.id for one in known if one.state == "failed"]
    found.waiting += [one.id for one in known if one.state in ("queued", "grading")]
    found.waiting += store.queue_again(failed, anew=False) + store.queue_again(anew, anew=True)
    found.before += len(graded) - len(anew)
