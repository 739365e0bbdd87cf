"""What the replay's buttons call in the notebook's kernel. Each answers, whatever happens: a page cannot read a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kanikko.errors import KanikkoError
from robots.notebook import words
from robots.notebook.answer import Answer
from robots.notebook.board import tried
from robots.notebook.sending import sent
from robots.notebook.trouble import clean


def try_on_board(name: str) -> Answer:
    """「ほんもので ためす」"""
    return _answered(words.TRY_FAILED, tried, name)


def send_to_robot(name: str) -> Answer:
    """「ロボットに おくる」"""
    return _answered(words.SEND_FAILED, sent, name)


def _answered(failed: str, act: Callable[[str, Path], Answer], name: str) -> Answer:
    try:
        return act(name, Path.cwd())
    except KanikkoError as error:
        return Answer(False, tuple(filter(None, (failed, clean(error.message), clean(error.remedy)))))
    except Exception as error:  # noqa: BLE001
        return Answer(False, (failed, clean(f"{type(error).__name__}: {error}"), words.ASK))
