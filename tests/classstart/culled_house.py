"""A house with real rooms and the culler, in which a server may stay unused for a few seconds only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rooms_house import House

HERE = Path(__file__).resolve().parent
IDLE_SECONDS = 12


class CulledHouse(House):
    def environment(self) -> dict[str, str]:
        # The machine's clock shows what the wall's does: times that travel between programs must not depend on it.
        return {**super().environment(), "KANIKKO_IDLE_MINUTES": str(IDLE_SECONDS / 60), "TZ": "Asia/Tokyo"}

    def start(self, name: str) -> None:
        own = {"hub": ["kanikko.quickly", "jupyterhub", "-f", str(HERE / "hub_for_culling.py")], "culler": ["kanikko", "culler"]}
        if name not in own:
            return super().start(name)
        with (self.settings.logs_dir / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *own[name]], env=self.environment(), cwd=self.settings.var,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        return None
