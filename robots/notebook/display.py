"""A run as a cell's output: the replay for the pupil's page, a still picture and words for every other."""

from __future__ import annotations

import base64
import os
from contextlib import suppress
from typing import Any

from robots.simulator.recording import MIME
from robots.simulator.run import Run
from robots.simulator.words import describe

PICTURE = "image/png"
WIDTH = 480


class Replay:
    """What a notebook shows of a run. ``program``: the name that the replay's buttons ask for.

    The picture is a PNG: a page without our renderer, a feedback page and formgrader show it as it is, and nothing in it can run.
    """

    def __init__(self, run: Run, program: str) -> None:
        self._run, self._program = run, program

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict[str, Any], dict[str, Any]]:
        recording = self._run.recording
        words = describe(recording)
        data: dict[str, Any] = {"text/plain": words}
        metadata: dict[str, Any] = {}
        if "NBGRADER_EXECUTION" not in os.environ:  # nobody replays a graded notebook, and what it may show is counted
            data[MIME] = recording.as_json()
            metadata[MIME] = {"program": self._program}
        with suppress(Exception):  # a picture that cannot be drawn takes nothing else away
            from robots.simulator.png import picture

            data[PICTURE] = base64.b64encode(picture(recording, width=WIDTH)).decode()
            metadata[PICTURE] = {"width": WIDTH, "alt": words.splitlines()[0]}
        return data, metadata
