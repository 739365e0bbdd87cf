"""The last look before a lesson goes out."""

import json
from typing import Any

import pytest

from grading.release.errors import LeakError
from grading.release.guard import check_release

ANSWER = "start(1)\n### BEGIN SOLUTION\nsteps = 4\n### END SOLUTION\nshow()"
TEST = "crab = tried(1)\n### BEGIN HIDDEN TESTS\nfor size in (1, 3):\n    pass\n### END HIDDEN TESTS"


def notebook(*sources: str, **more: Any) -> dict[str, bytes]:
    cells = [{"id": f"c{number}", "cell_type": "code", "source": text, **more} for number, text in enumerate(sources)]
    return {"kani.ipynb": json.dumps({"cells": cells}).encode()}


SOURCE = notebook(ANSWER, TEST)


def test_the_pupils_version_may_go_out() -> None:
    check_release(SOURCE, notebook("start(1)\n# ここに かいてね\nshow()", "crab = tried(1)", outputs=[]))


@pytest.mark.parametrize(
    "leaking",
    [
        SOURCE,
        notebook("start(1)\nsteps = 4\nshow()", "crab = tried(1)"),
        notebook("start(1)", "crab = tried(1)\n  for size in (1, 3):"),
        notebook("start(1)", "# BEGIN HIDDEN TESTS"),
        notebook("start(1)", "crab = tried(1)", outputs=[{"text": "4"}]),
        notebook("start(1)", "crab = tried(1)", attachments={"kotae.png": {}}),
        notebook("start(1)", "crab = tried(1)") | {"kotae.txt": b"4"},
        {},
    ],
)
def test_a_release_that_tells_too_much_or_is_not_whole_stays_in(leaking: dict[str, bytes]) -> None:
    with pytest.raises(LeakError):
        check_release(SOURCE, leaking)
