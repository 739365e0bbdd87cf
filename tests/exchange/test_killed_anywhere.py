"""``kill -9`` of the service while children hand in: what was acknowledged is there, whole; nothing else is seen."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest
from exchange_house import COURSE, GROUPS, TEACHER, House, notebook, token_of, wait_for

from kanikko.exchange_client import ExchangeClient, ExchangeFault

KILLS = 20
PUPILS = [f"uk{n}aaaaaa2" for n in range(3)]


@pytest.mark.timeout(600)
def test_no_hand_in_that_a_pupil_was_told_of_is_lost_and_no_half_one_is_seen(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for pupil in PUPILS:
        monkeypatch.setitem(GROUPS, pupil, [f"nbgrader-{COURSE}"])
    house = House(var)
    house.start_hub()
    house.start_exchange(KANIKKO_SUBMISSIONS_KEPT_PER_HOUR="100000")
    told: dict[str, bytes] = {}
    ending, lock, dice = threading.Event(), threading.Lock(), random.Random(7)

    def hand_in_again_and_again(pupil: str) -> None:
        client, number = ExchangeClient(house.settings.exchange_socket, token_of(pupil)), 0
        while not ending.is_set():
            number += 1
            mine = notebook(f"x = '{pupil} {number}'")
            try:
                identity = client.submit(COURSE, "l", {"kani.ipynb": mine, "big.bin": bytes(500_000), "e/え.txt": b"x"}).id
            except ExchangeFault:
                time.sleep(0.2)
                continue
            with lock:
                told[identity] = mine

    try:
        house.client(TEACHER).put_release(COURSE, "l", {"kani.ipynb": notebook()})
        threads = [threading.Thread(target=hand_in_again_and_again, args=(pupil,)) for pupil in PUPILS]
        for thread in threads:
            thread.start()
        for _ in range(KILLS):
            enough = len(told) + 2
            wait_for(lambda enough=enough: len(told) >= enough)
            time.sleep(dice.uniform(0.0, 0.2))  # others are on their way, each at another point
            house.kill_exchange()
            house.start_exchange(KANIKKO_SUBMISSIONS_KEPT_PER_HOUR="100000")
        time.sleep(0.5)
        ending.set()
        for thread in threads:
            thread.join(60)
        house.kill_exchange()
        house.start_exchange()
        store = house.store()
        seen = {one.id: one for one in store.submissions(courses=[COURSE])}
        assert not set(told) - set(seen), "acknowledged and lost"
        for identity in seen:
            files = store.submission_files(identity)
            names = sorted(str(place.relative_to(files)) for place in files.rglob("*") if place.is_file())
            assert names == ["big.bin", "e/え.txt", "kani.ipynb", "timestamp.txt"], f"half a hand-in is seen: {names}"
            assert (files / "big.bin").stat().st_size == 500_000
            assert identity not in told or (files / "kani.ipynb").read_bytes() == told[identity]
        queued = {row["submission"] for row in store.facts.read().query("SELECT submission FROM jobs WHERE kind = 'submission'")}
        assert queued == set(seen), "every hand-in is queued exactly once"
        on_disk = {place.name for place in (house.settings.exchange_dir / "submissions").glob("*/*/*/*")}
        assert on_disk == set(seen) and not list((house.settings.exchange_dir / "incoming").iterdir())
    finally:
        ending.set()
        house.close()
