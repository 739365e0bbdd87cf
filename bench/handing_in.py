"""A class hands in at once: from the press of 「ていしゅつ」 to the points on each pupil's own page."""

from __future__ import annotations

import asyncio
import statistics
import time
from urllib.parse import quote

from bench.lesson import SOURCE, solve
from bench.pupil import Pupil
from bench.result import Reading, Readings
from bench.site import SiteError

WAIT = 25
"""Seconds that one question of the page may wait for the points."""
PATIENCE = 180.0


async def hand_in_at_once(pupils: list[Pupil]) -> Readings:
    """All these pupils, ready in their notebooks; every other one has solved everything."""
    await asyncio.gather(*(_solves(pupil) for pupil in pupils[1::2]))
    done = await asyncio.gather(*(_hands_in(pupil) for pupil in pupils), return_exceptions=True)
    seconds = [one for one in done if isinstance(one, float)]
    failed = [one for one in done if isinstance(one, BaseException)]
    note = f"{len(failed)} of {len(pupils)} without points, e.g. {failed[0]!r}"[:200] if failed else ""
    if not seconds:
        return {name: Reading(None, note or "nobody to hand in") for name in ("hand_in_median_s", "hand_in_max_s")}
    return {"hand_in_median_s": Reading(statistics.median(seconds), note), "hand_in_max_s": Reading(max(seconds), note)}


async def _solves(pupil: Pupil) -> None:
    path = f"api/contents/{quote(pupil.notebook)}"
    notebook = (await pupil.asks("GET", f"{path}?type=notebook&content=1"))["content"]
    solve(notebook, SOURCE)
    await pupil.asks("PUT", path, {"type": "notebook", "format": "json", "content": notebook})


async def _hands_in(pupil: Pupil) -> float:
    began = time.perf_counter()
    async with asyncio.timeout(PATIENCE):
        submission = await pupil.asks("POST", "kanikko/submit", {"path": pupil.notebook, "wait": 0})
        while submission["state"] not in ("graded", "failed"):
            submission = await pupil.asks("GET", f"kanikko/submission/{submission['id']}?wait={WAIT}")
    if submission["state"] == "failed" or submission["score"] is None:
        raise SiteError(f"no points: {submission.get('note')}")
    return time.perf_counter() - began
