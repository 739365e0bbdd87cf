"""Handing in, as pupils, teachers and the hub meet it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from exchange_house import AIKO, BUNTA, COURSE, OTHER_COURSE, OTHER_TEACHER, STRANGER, TEACHER, House, Worker, notebook, token_of

from kanikko.exchange_client import Asks, AsyncExchangeClient, Event, ExchangeClient, ExchangeFault


def refused(code: str):  # a sentence's end: "… is refused as not-found"
    return pytest.raises(ExchangeFault, check=lambda fault: fault.code == code)


def test_everyone_learns_who_they_are(house: House) -> None:
    assert house.client(AIKO).me().student_of == (COURSE,)
    assert house.client(TEACHER).me().instructor_of == (COURSE,)
    assert house.client(STRANGER).me().student_of == ()


def test_a_token_the_hub_does_not_know_gets_nothing(house: House) -> None:
    with refused("sign-in"):
        ExchangeClient(house.settings.exchange_socket, "nobody-has-this").lessons()


def test_a_pupil_hands_in_and_soon_sees_points_and_hints_but_no_flags(house: House, released: str, worker: Worker) -> None:
    aiko = house.client(AIKO)
    handed_in = aiko.submit(COURSE, released, {"kani.ipynb": notebook(), "e/かに.txt": b"x"})
    start = time.monotonic()
    graded = aiko.submission(handed_in.id, wait=10)
    assert time.monotonic() - start < 1, "the worker and the waiting pupil are woken, not polled"
    assert (graded.state, graded.score, graded.max_score) == ("graded", 3, 5)
    assert graded.cells[0].hint == "もういちど"
    assert graded.flags == ()
    assert house.client(TEACHER).submission(handed_in.id).flags[0].kind == "eq-always-true"
    assert house.as_hub().progress(COURSE, released)[AIKO].score == 3


def test_what_was_handed_in_comes_back_byte_for_byte_with_the_servers_time(house: House, released: str, tmp_path: Path) -> None:
    mine = notebook("x = 'わたしの'")
    handed_in = house.client(AIKO).submit(COURSE, released, {"kani.ipynb": mine, "timestamp.txt": b"1999-01-01 00:00:00 UTC"})
    names = house.client(TEACHER).fetch_submission(handed_in.id, tmp_path / "got")
    assert names == ["kani.ipynb", "timestamp.txt"]
    assert (tmp_path / "got" / "kani.ipynb").read_bytes() == mine
    assert (tmp_path / "got" / "timestamp.txt").read_text() == handed_in.submitted_at.strftime("%Y-%m-%d %H:%M:%S.%f UTC")


def test_every_hand_in_is_kept_and_the_newest_counts(house: House, released: str) -> None:
    aiko = house.client(AIKO)
    ids = [aiko.submit(COURSE, released, {"kani.ipynb": notebook(f"x = {n}")}).id for n in range(3)]
    found = aiko.submissions(COURSE, released)
    assert [one.id for one in found] == ids
    assert len({one.submitted_at for one in found}) == 3
    assert house.client(TEACHER).progress(COURSE, released)[AIKO].submission == ids[-1]
    store = house.store()
    assert [store.is_newest(one) for one in ids] == [False, False, True]


def test_a_lesson_that_is_not_released_or_withdrawn_cannot_be_handed_in_but_work_stays(house: House, released: str) -> None:
    aiko, teacher = house.client(AIKO), house.client(TEACHER)
    with refused("not-released"):
        aiko.submit(COURSE, "never-released", {"kani.ipynb": notebook()})
    handed_in = aiko.submit(COURSE, released, {"kani.ipynb": notebook()})
    teacher.delete_release(COURSE, released)
    with refused("not-released"):
        aiko.submit(COURSE, released, {"kani.ipynb": notebook()})
    assert released not in [one.lesson for one in aiko.lessons(COURSE)]
    assert aiko.submission(handed_in.id).id == handed_in.id


def test_a_hand_in_without_the_lessons_notebook_is_refused(house: House, released: str) -> None:
    with refused("no-notebook"):
        house.client(AIKO).submit(COURSE, released, {"other.ipynb": notebook(), "e.txt": b""})


def test_the_home_page_shows_each_lessons_state(house: House, released: str, worker: Worker) -> None:
    def card(account: str) -> str:
        return next(card.state for card in house.client(account).ask(Asks.pupil(account)) if card.lesson == released)

    handed_in = house.client(AIKO).submit(COURSE, released, {"kani.ipynb": notebook()})
    house.client(AIKO).submission(handed_in.id, wait=5)
    assert card(AIKO) == "graded"
    assert card(BUNTA) == "released"


def test_the_hub_asks_the_roster_for_a_pupils_classes(house: House) -> None:
    assert house.as_hub().ask(Asks.pupil("unobody222")) == []


@pytest.mark.parametrize("who", [BUNTA, OTHER_TEACHER, STRANGER])
def test_nobody_else_sees_a_pupils_work_at_any_address(house: House, released: str, tmp_path: Path, who: str) -> None:
    mine = house.client(AIKO).submit(COURSE, released, {"kani.ipynb": notebook("secret = 1")})
    house.client(TEACHER).put_feedback(mine.id, {"kani.html": b"<p>yoku dekimashita</p>"})
    other = house.client(who)
    for look in (
        lambda: other.submission(mine.id),
        lambda: other.fetch_submission(mine.id, tmp_path / "s"),
        lambda: other.fetch_feedback(mine.id, tmp_path / "f"),
        lambda: other.put_feedback(mine.id, {"kani.html": b"forged"}),
        lambda: other.delete_submission(mine.id),
        lambda: other.submissions(COURSE, student=AIKO),
        lambda: other.submissions(student=AIKO),
        lambda: other.progress(COURSE, released),
        lambda: other.ask(Asks.pupil(AIKO)),
        lambda: other.ask(Asks.release_lesson(COURSE, released)),
        lambda: other.put_release(COURSE, released, {"kani.ipynb": notebook("forged")}),
        lambda: other.delete_release(COURSE, released),
        lambda: other.execute({"cells": []}, {}, {}) if who != OTHER_TEACHER else other.submission(mine.id),
    ):
        with pytest.raises(ExchangeFault) as caught:
            look()
        assert caught.value.code in ("not-allowed", "not-found")
    assert not [one for one in other.submissions() if one.student == AIKO]
    assert b"secret" not in (tmp_path / "s").read_bytes() if (tmp_path / "s").exists() else True


def test_a_teacher_of_another_class_cannot_hand_in_or_fetch_here(house: House, released: str, tmp_path: Path) -> None:
    with refused("not-allowed"):
        house.client(TEACHER).submit(COURSE, released, {"kani.ipynb": notebook()})
    with refused("not-allowed"):
        house.client(OTHER_TEACHER).fetch_release(COURSE, released, tmp_path / "r")
    assert house.client(OTHER_TEACHER).lessons() == []
    with refused("not-allowed"):
        house.client(OTHER_TEACHER).lessons(COURSE)
    assert house.client(OTHER_TEACHER).submissions(OTHER_COURSE) == []


def test_feedback_reaches_the_pupil_it_is_for(house: House, released: str, tmp_path: Path) -> None:
    aiko = house.client(AIKO)
    mine = aiko.submit(COURSE, released, {"kani.ipynb": notebook()})
    with refused("not-found"):
        aiko.fetch_feedback(mine.id, tmp_path / "early")
    for text in (b"<p>first</p>", b"<p>second</p>"):
        house.client(TEACHER).put_feedback(mine.id, {"kani.html": text})
    aiko.fetch_feedback(mine.id, tmp_path / "f")
    assert (tmp_path / "f" / "kani.html").read_bytes() == b"<p>second</p>"
    assert list(aiko.submission(mine.id).feedback) == ["kani"]


def test_the_hub_hears_every_change_and_what_it_missed(house: House, released: str, worker: Worker) -> None:
    async def listen(after: int | None) -> list[Event]:
        client = AsyncExchangeClient(house.settings.exchange_socket, house.settings.secret("hub-service-token"))
        pupil = AsyncExchangeClient(house.settings.exchange_socket, token_of(AIKO))
        heard: list[Event] = []
        if after is None:
            asyncio.get_running_loop().call_later(
                0.3, lambda: asyncio.ensure_future(pupil.submit(COURSE, released, {"kani.ipynb": notebook()}))
            )
        async for event in client.events(after):
            if event.lesson != released:
                continue  # what an earlier test handed in, graded now
            heard.append(event)
            if event.state == "graded":
                break
        await client.close()
        return heard

    heard = asyncio.run(asyncio.wait_for(listen(None), 10))
    assert [event.state for event in heard] == ["queued", "grading", "graded"]
    assert {(event.course, event.lesson, event.account) for event in heard} == {(COURSE, released, AIKO)}
    again = asyncio.run(asyncio.wait_for(listen(heard[0].id), 10))
    assert again == heard[1:]


def test_only_the_hub_hears_events(house: House) -> None:
    async def listen() -> None:
        async for _ in AsyncExchangeClient(house.settings.exchange_socket, token_of(TEACHER)).events():
            pass

    with refused("not-allowed"):
        asyncio.run(listen())


def test_releasing_from_the_library_is_queued_for_the_worker_and_reported(house: House, worker: Worker) -> None:
    async def release() -> str:
        client = AsyncExchangeClient(house.settings.exchange_socket, house.settings.secret("hub-service-token"))
        return (await client.release_lesson(COURSE, "kani-01", wait=5)).state

    assert asyncio.run(release()) == "done"


def test_a_pupil_who_hands_in_too_often_waits_and_classmates_do_not(var: Path) -> None:
    house = House(var)
    house.start_hub()
    house.start_exchange(KANIKKO_SUBMISSIONS_KEPT_PER_HOUR="3")
    try:
        house.client(TEACHER).put_release(COURSE, "l", {"kani.ipynb": notebook()})
        for _ in range(3):
            house.client(AIKO).submit(COURSE, "l", {"kani.ipynb": notebook()})
        with refused("too-often"):
            house.client(AIKO).submit(COURSE, "l", {"kani.ipynb": notebook()})
        house.client(BUNTA).submit(COURSE, "l", {"kani.ipynb": notebook()})
    finally:
        house.close()


def test_hand_in_goes_on_while_the_hub_restarts(var: Path) -> None:
    house = House(var)
    house.start_hub()
    house.start_exchange()
    try:
        house.client(TEACHER).put_release(COURSE, "l", {"kani.ipynb": notebook()})
        house.client(AIKO).me()
        assert house.hub is not None
        house.hub.kill()
        house.hub.wait()
        house.client(AIKO).submit(COURSE, "l", {"kani.ipynb": notebook()})
        with refused("down"):
            house.client(BUNTA).me()  # not asked about before: nobody can vouch for him now
    finally:
        house.close()


def test_the_service_ends_cleanly_when_told_to(var: Path) -> None:
    house = House(var)
    house.start_hub()
    house.start_exchange()
    assert house.exchange is not None
    house.exchange.terminate()
    assert house.exchange.wait(10) == 0
    assert "Traceback" not in (var / "logs" / "exchange.log").read_text()
    house.close()
