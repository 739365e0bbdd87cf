"""Who gets a server next, when many wait."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from hub.classstart.queue import Failure, Lane, StartQueue


class Rooms:
    """Stands where servers start: each start lasts until the test lets it end."""

    def __init__(self, at_once: int) -> None:
        self.begun: list[str] = []
        self.at_once = 0
        self.most = 0
        self.doors: dict[str, asyncio.Future[None]] = {}
        self.queue = StartQueue(self.start, at_once)

    async def start(self, account: str, server: str) -> None:
        self.begun.append(account)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.doors[account] = asyncio.get_running_loop().create_future()
        try:
            await self.doors[account]
        finally:
            self.at_once -= 1

    async def end(self, account: str, error: Exception | None = None) -> None:
        door = self.doors.pop(account)
        door.set_exception(error) if error else door.set_result(None)
        await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


def test_only_a_few_start_at_a_time_and_all_have_their_turn() -> None:
    async def test() -> None:
        rooms = Rooms(2)
        starts = [rooms.queue.ask(f"p{number}", "", Lane.CLASS) for number in range(7)]
        for number in range(7):
            await settle()
            await rooms.end(f"p{number}")
        assert rooms.begun == [f"p{number}" for number in range(7)]
        assert rooms.most == 2
        assert all(start.ended.is_set() and start.failure is None for start in starts)

    run(test())


def test_a_child_who_presses_goes_before_a_class_that_nobody_waits_for() -> None:
    async def test() -> None:
        rooms = Rooms(1)
        for name in ("early1", "early2"):
            rooms.queue.ask(name, "", Lane.AHEAD)
        rooms.queue.ask("class1", "", Lane.CLASS)
        await settle()
        assert rooms.begun == ["early1"]
        rooms.queue.ask("child", "", Lane.PERSON)
        await settle()
        assert rooms.begun == ["early1", "child"], "one place is kept for a child, however slow the others are"
        for name in ("early1", "child", "class1", "early2"):
            await rooms.end(name)
        assert rooms.begun == ["early1", "child", "class1", "early2"]

    run(test())


def test_a_child_of_a_class_that_is_starting_moves_up_when_he_presses_and_starts_once() -> None:
    async def test() -> None:
        rooms = Rooms(1)
        starts = {name: rooms.queue.ask(name, "", Lane.CLASS) for name in ("a", "b", "c", "d")}
        await settle()
        assert rooms.queue.ask("d", "", Lane.PERSON) is starts["d"]
        assert rooms.queue.ask("d", "", Lane.CLASS) is starts["d"], "the teacher's second press moves nobody down"
        await settle()
        for name in ("a", "d", "b", "c"):
            await rooms.end(name)
        assert rooms.begun == ["a", "d", "b", "c"]

    run(test())


def test_a_waiting_child_learns_how_many_are_before_him() -> None:
    async def test() -> None:
        rooms = Rooms(1)
        children = [rooms.queue.ask(f"p{number}", "", Lane.PERSON) for number in range(5)]
        await settle()
        assert [rooms.queue.ahead(child) for child in children[2:]] == [0, 1, 2]
        await rooms.end("p0")
        assert [rooms.queue.ahead(child) for child in children[3:]] == [0, 1]

    run(test())


def test_a_start_that_fails_lets_the_next_in_and_is_remembered_until_it_is_asked_for_again() -> None:
    async def test() -> None:
        rooms = Rooms(1)
        slow, broken, fine = (rooms.queue.ask(name, "", Lane.CLASS) for name in ("slow", "broken", "fine"))
        await settle()
        await rooms.end("slow", TimeoutError())
        await rooms.end("broken", RuntimeError("no room"))
        await rooms.end("fine")
        assert (slow.failure, broken.failure, fine.failure) == (Failure.TIMEOUT, Failure.ERROR, None)
        assert rooms.queue.failures() == {("slow", ""): Failure.TIMEOUT, ("broken", ""): Failure.ERROR}
        again = rooms.queue.ask("slow", "", Lane.PERSON)
        assert rooms.queue.failures() == {("broken", ""): Failure.ERROR}
        await settle()
        await rooms.end("slow")
        assert again.ended.is_set() and again.failure is None

    run(test())


def test_a_city_of_starts_is_queued_in_no_time_and_a_child_passes_them_all() -> None:
    async def test() -> None:
        rooms = Rooms(4)
        for number in range(40_000):
            rooms.queue.ask(f"p{number}", "", Lane.AHEAD)
        child = rooms.queue.ask("child", "", Lane.PERSON)
        await settle()
        assert child.begun.is_set()
        assert rooms.begun == ["p0", "p1", "p2", "p3", "child"]
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await settle()
        assert len(rooms.begun) == 5, "a hub that ends begins nothing new"

    run(test())
