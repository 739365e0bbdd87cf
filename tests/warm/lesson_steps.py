"""What a child's page asks of its server in a lesson, by HTTP and websocket."""

from __future__ import annotations

import json

from rooms_house import Visitor

from bench.page import OURS

NOTEBOOK = {
    "cells": [{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None, "source": "1+1"}],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
PLACE = "cabcdefg/lesson/a.ipynb"


def use(pupil: Visitor) -> str:
    """Open a notebook, run cells well and badly, save, hand in, restart; returns the kernel."""
    home = pupil.house.settings.homes_dir / pupil.account
    (home / PLACE).parent.mkdir(parents=True)
    (home / PLACE).write_text(json.dumps(NOTEBOOK))
    for place in (f"notebooks/{PLACE}", *(call for wave in OURS.of(PLACE) for call in wave)):
        assert pupil.get(place)[0] == 200, place
    call = pupil.house.call
    status, session = call(
        "POST", f"{pupil.base}/api/sessions", pupil.token, {"path": PLACE, "type": "notebook", "name": "", "kernel": {"name": "python3"}}
    )
    assert status == 201, session
    kernel: str = session["kernel"]["id"]
    assert pupil.run("1 + 1", kernel) == "2"
    assert "NotImplementedError" in pupil.run("raise NotImplementedError()", kernel)
    assert "SyntaxError" in pupil.run("print(1", kernel)
    content = {"type": "notebook", "format": "json", "content": NOTEBOOK}
    assert call("PUT", f"{pupil.base}/api/contents/{PLACE}", pupil.token, content)[0] == 200
    assert call("POST", f"{pupil.base}/kanikko/submit", pupil.token, {"path": PLACE})[0] in (201, 503)  # no exchange in this house
    for act in ("interrupt", "restart"):
        assert call("POST", f"{pupil.base}/api/kernels/{kernel}/{act}", pupil.token)[0] in (200, 204)
    assert pupil.run("2 + 2", kernel) == "4"
    return kernel
