"""What a pupil's cells cost by themselves: their CPU seconds in a bare IPython that is warm, nothing around them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path


def seconds_of(notebook: Path) -> float:
    """CPU seconds of the notebook's code cells, run in order in a process of their own."""
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"IPYTHONDIR": home, "PYTHONPATH": str(Path(__file__).parent.parent)}
        done = subprocess.run(
            [sys.executable, "-m", "bench.owncells", str(notebook)], env=environment, cwd=home, capture_output=True, text=True, check=True
        )
    return float(done.stdout.rsplit(maxsplit=1)[-1])


def _main(path: str) -> None:
    import contextlib
    import io
    import time

    import nbformat
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    used = 0.0
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        shell.run_cell("1+1", store_history=False)
        for source in cells:
            began = time.process_time()
            shell.run_cell(source, store_history=True)
            used += time.process_time() - began
    print(used)


if __name__ == "__main__":
    _main(sys.argv[1])
