"""``nbgrader release_assignment`` and ``nbgrader fetch_assignment``."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from nbgrader.exchange.abc import ExchangeFetchAssignment, ExchangeReleaseAssignment

from grading.exchange.plugin.base import RoomExchange
from kanikko.exchange_client import ExchangeFault
from kanikko.safe_files import files_below


class RoomReleaseAssignment(RoomExchange, ExchangeReleaseAssignment):
    def init_src(self) -> None:
        self.src_path = Path(self.coursedir.format_path(self.coursedir.release_directory, ".", self.lesson))
        if self.src_path.is_dir():
            return
        if Path(self.coursedir.format_path(self.coursedir.source_directory, ".", self.lesson)).is_dir():
            self.fail(f"Assignment found in 'source' but not in '{self.src_path}', run `nbgrader generate_assignment` first.")
        self.fail(f"Assignment not found at: {self.src_path}")

    def copy_files(self) -> None:
        try:
            self.client.put_release(self.course, self.lesson, self.files(self.src_path), force=self.force)
        except ExchangeFault as fault:
            if fault.code == "exists":
                self.fail(f"Destination already exists, add --force to overwrite: {self.course} {self.lesson}")
            raise
        self.log.info("Released as: %s %s", self.course, self.lesson)


class RoomFetchAssignment(RoomExchange, ExchangeFetchAssignment):
    def init_src(self) -> None:
        if not self.authenticator.has_access(self.coursedir.student_id, self.course):
            self.fail("You do not have access to this course.")

    def init_dest(self) -> None:
        self.dest_path = self.local(self.course, self.lesson)
        if self.dest_path.is_dir() and not self.replace_missing_files:
            self.fail(f"You already have a copy of the assignment in this directory: {self.dest_path}")

    def copy_files(self) -> None:
        self.dest_path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch", dir=self.dest_path.parent) as folder:
            fetched = Path(folder) / "x"
            self.client.fetch_release(self.course, self.lesson, fetched)
            if not self.dest_path.exists():
                fetched.rename(self.dest_path)
            else:
                self._add_missing(fetched)
        self.log.info("Fetched as: %s %s", self.course, self.lesson)

    def _add_missing(self, fetched: Path) -> None:
        for name, place in files_below(fetched, ignore=self._ignores).items():
            mine = self.dest_path / name
            if not mine.exists():
                self.log.warning("Replacing missing file '%s'", name)
                mine.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(place, mine)
