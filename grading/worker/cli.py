"""``kanikko grader``."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path

import click

from grading.pool.local import start_server
from kanikko.settings import get_settings


@click.command()
@click.option("--verbose", is_flag=True, help="Log each job.")
def grader(verbose: bool) -> None:
    """Run the grading worker in the foreground (kanikko run does it for you)."""
    settings = get_settings()
    if not settings.grading_cluster:
        start_server()  # its imports go beside ours
    from grading.worker.worker import Worker  # the command line's help does not need nbgrader

    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("traitlets").setLevel(logging.CRITICAL)  # nbgrader's parts log pupils' text
    # nbgrader runs alembic by name, which stands beside this Python.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    settings.make_dirs()
    worker = Worker(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()
