"""The formgrader's "autograde" button and ``nbgrader autograde``: pupils' code runs in the grading sandbox, never in the teacher's room."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Dict, Float, Integer

from kanikko.exchange_client import ExchangeClient
from kanikko.safe_files import files_below

MOST_FILE_BYTES = 20 * 1024 * 1024


class RoomExecute(NbGraderPreprocessor):
    """Takes the place of nbgrader's ``Execute``: sends the notebook to the exchange and puts the outputs into it."""

    wait_seconds = Float(600.0, help="Longest to wait for the sandbox, its queue included.").tag(config=True)
    limits = Dict(key_trait=None, help="Limits to ask for; the service's own are the most there is.").tag(config=True)
    most_file_bytes = Integer(MOST_FILE_BYTES, help="Files beside the notebook, all together.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        client = ExchangeClient()
        try:
            executed = client.execute(nb, self._files(resources), self.limits, wait=self.wait_seconds)
        finally:
            client.close()
        if executed.ended != "done":
            self.log.warning("The notebook did not run to its end: %s %s", executed.ended, executed.detail or "")
        take_outputs(nb, from_dict(executed.notebook))
        return nb, resources

    def _files(self, resources: dict[str, Any]) -> dict[str, str]:
        """What lies beside the notebook, other notebooks excepted."""
        folder = Path(resources.get("metadata", {}).get("path") or ".")
        found, total = {}, 0
        for name, place in files_below(folder).items():
            total += place.stat().st_size
            if total > self.most_file_bytes:
                self.log.warning("Files beside the notebook are too large; %s and what follows is left out", name)
                break
            if place.suffix != ".ipynb":
                found[name] = base64.b64encode(place.read_bytes()).decode()
        return found


def take_outputs(notebook: NotebookNode, executed: NotebookNode) -> None:
    """Take over outputs and execution counts, nothing else, from a run of the very same cells. Raises ValueError if they differ."""
    if [(cell.cell_type, cell.source) for cell in notebook.cells] != [(cell.cell_type, cell.source) for cell in executed.cells]:
        raise ValueError("what came back is another notebook")
    for cell, ran in zip(notebook.cells, executed.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs = ran.outputs
            cell.execution_count = ran.execution_count
