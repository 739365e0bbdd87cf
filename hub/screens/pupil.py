"""The pupil's home: a card for each lesson, and one tap into the notebook."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import quote

from tornado import web

from hub.roster import SchoolClass
from hub.screens.screen import Screen
from hub.screens.starting import wait_or_go
from hub.screens.states import HANDED_IN, PUPIL_LOOKS, Look, Standing, full_marks, points, standing
from kanikko.exchange_client import Card, ExchangeFault

DISK_WARNING_PERCENT = 70
"""From here on a pupil sees how full his home is."""


@dataclass(frozen=True)
class LessonCard:
    """One lesson on the pupil's home. ``title`` is furigana markup."""

    course: str
    lesson: str
    title: str
    look: Look
    button: str
    url: str
    score: str = ""
    max_score: str = ""
    full: bool = False


@dataclass(frozen=True)
class Shelf:
    """The cards of one class."""

    title: str
    cards: list[LessonCard]


BUTTONS = {"not-yet": "はじめる", "opened": "つづける", "handed-in": "ひらく", "returned": "みてみる"}


def lesson_card(facts: Card, opened: bool, hub_base: str) -> LessonCard:
    """The card of one lesson, from the exchange's entry for it."""
    state = standing(facts.state, opened)
    look = PUPIL_LOOKS[state]
    returned = state is Standing.GRADED
    return LessonCard(
        course=facts.course,
        lesson=facts.lesson,
        title=facts.title or facts.lesson,
        look=look,
        button=BUTTONS[look.key],
        url=f"{hub_base}lesson/{quote(facts.course)}/{quote(facts.lesson)}",
        score=points(facts.score) if returned else "",
        max_score=points(facts.max_score) if returned else "",
        full=returned and full_marks(facts.score, facts.max_score),
    )


def shelves(classes: list[SchoolClass], facts: list[Card], opened: set[tuple[str, str]], hub_base: str) -> list[Shelf]:
    """The cards by class, the newest lesson first; only of classes the pupil is in now, whatever the exchange remembers.

    ``facts`` come in the order of release.
    """
    return [
        Shelf(
            title=school_class.title,
            cards=[
                lesson_card(entry, (entry.course, entry.lesson) in opened, hub_base)
                for entry in reversed(facts)
                if entry.course == school_class.course
            ],
        )
        for school_class in classes
    ]


def next_card(found: list[Shelf]) -> LessonCard | None:
    """What to do now: the newest lesson that is not handed in."""
    done = {PUPIL_LOOKS[state].key for state in HANDED_IN}
    return next((entry for shelf in found for entry in shelf.cards if entry.look.key not in done), None)


async def show_home(screen: Screen) -> None:
    """Answer a pupil's ``/hub/home``. Without the exchange the page opens too, says so, and looks again by itself."""
    classroom, person = screen.classroom, screen.person
    resting = False
    try:
        facts: list[Card] = await classroom.exchange.pupil(person.account)
    except ExchangeFault as error:
        screen.log.warning("No lessons for the home page: %s", error.message)
        facts, resting = [], True
    found = shelves(classroom.classes(person), facts, classroom.openings.lessons(person.account), screen.hub.base_url)
    percent = await asyncio.to_thread(classroom.disk_percent, person.account)
    await screen.show(
        "ks_home.html",
        shelves=found,
        any_cards=any(shelf.cards for shelf in found),
        now=next_card(found),
        resting=resting,
        disk_percent=percent if percent is not None and percent >= DISK_WARNING_PERCENT else None,
    )


class OpenLesson(Screen):
    """``/hub/lesson/<course>/<lesson>``: note that it was opened, wake the pupil's server, go to the notebook."""

    roles = frozenset({"student"})

    async def get(self, course: str, lesson: str) -> None:
        await self._check_released(course, lesson)
        self.classroom.openings.record(self.person.account, course, lesson)
        target = f"{self.current_user.url}kanikko/open/{quote(course)}/{quote(lesson)}"
        await wait_or_go(self, "", target, back=self.hub_url("home"))

    async def _check_released(self, course: str, lesson: str) -> None:
        """Only a released lesson. When the exchange is away the notebook decides: what he has fetched, he may go on with."""
        try:
            facts = await self.classroom.exchange.lessons(course)
        except ExchangeFault as error:
            self.log.warning("Lesson opened unchecked: %s", error.message)
            return
        if all(entry.lesson != lesson for entry in facts):
            raise web.HTTPError(404, "no such lesson in this class")
