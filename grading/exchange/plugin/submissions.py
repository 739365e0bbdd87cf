"""``nbgrader submit`` and ``nbgrader collect``."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.exchange.abc import ExchangeCollect, ExchangeSubmit

from grading.exchange.plugin.base import RoomExchange, as_naive_utc, by_student
from kanikko.exchange_client import Submission


class RoomSubmit(RoomExchange, ExchangeSubmit):
    """The service says who hands in and when; a student named on the command line can only be oneself."""

    def init_src(self) -> None:
        self.src_path = self.local(self.coursedir.course_id, self.lesson)
        self.coursedir.assignment_id = self.src_path.name
        if not self.src_path.is_dir():
            self.fail(f"Assignment not found at: {self.src_path}")

    def init_dest(self) -> None:
        if not self.authenticator.has_access(self.coursedir.student_id, self.course):
            self.fail("You do not have access to this course.")
        if self.student not in (None, self.client.me().name):
            self.fail(f"You cannot submit in the name of {self.student}.")

    def copy_files(self) -> None:
        files = self.files(self.src_path)
        self._compare(set(files))
        submission = self.client.submit(self.course, self.lesson, files)
        self.log.info("Submitted as: %s %s %s", self.course, self.lesson, self.stamp(submission))

    def _compare(self, names: set[str]) -> None:
        """Tell which notebooks are missing or extra; with ``--strict`` a missing one fails."""
        released = next((one for one in self.client.lessons(self.course) if one.lesson == self.lesson), None)
        if released is None:
            self.fail(f"Assignment not found: {self.lesson}")
        expected = {f"{name}.ipynb" for name in released.notebooks}
        mine = {name for name in names if name.endswith(".ipynb") and "/" not in name}
        if expected == mine:
            return
        lines = [f"{name}: {'FOUND' if name in mine else 'MISSING'}" for name in sorted(expected)]
        lines += [f"{name}: EXTRA" for name in sorted(mine - expected)]
        message = "\n\t".join((f"Possible missing notebooks and/or extra notebooks submitted for assignment {self.lesson}:", *lines))
        if self.strict and expected - mine:
            self.fail(f"Assignment {self.lesson} not submitted. {message}")
        self.log.warning(message)


class RoomCollect(RoomExchange, ExchangeCollect):
    """Brings each pupil's newest submission (or the last in time, ``--before-duedate``) to ``submitted/``."""

    def init_src(self) -> None:
        found = self.client.submissions(self.course, self.lesson, self.student)
        self.duedate = self._duedate() if self.before_duedate else None
        self.src_records = by_student(found, self._choose)

    def _duedate(self) -> datetime | None:
        with Gradebook(self.coursedir.db_url, self.course) as gradebook:
            try:
                duedate: datetime | None = gradebook.find_assignment(self.lesson).duedate
            except MissingEntry:
                return None
        return duedate

    def _choose(self, submissions: list[Submission]) -> Submission:
        in_time = [one for one in submissions if self.duedate and as_naive_utc(one.submitted_at) <= self.duedate]
        return (in_time or submissions)[-1]

    def copy_files(self) -> None:
        if not self.src_records:
            self.log.warning("No submissions of '%s' for course '%s' to collect", self.lesson, self.course)
            return
        self.log.info("Processing %d submissions of '%s' for course '%s'", len(self.src_records), self.lesson, self.course)
        for student, submission in self.src_records.items():
            self._collect(student, submission)

    def _collect(self, student: str, submission: Submission) -> None:
        place = Path(self.coursedir.format_path(self.coursedir.submitted_directory, student, self.lesson))
        if not place.is_dir():
            self.log.info("Collecting submission: %s %s", student, self.lesson)
        elif self._is_wanted_instead(place, submission):
            self.log.info("Updating submission: %s %s", student, self.lesson)
        else:
            hint = "No newer submission to collect" if self.update else "Submission already exists, use --update to update"
            self.log.info("%s: %s %s", hint, student, self.lesson)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".collect", dir=self.coursedir.root) as folder:
            fetched = Path(folder) / "x"
            self.client.fetch_submission(submission.id, fetched)
            if place.exists():
                shutil.move(place, Path(folder) / "old")
            fetched.rename(place)

    def _is_wanted_instead(self, place: Path, submission: Submission) -> bool:
        existing = self.coursedir.get_existing_timestamp(str(place))
        new = as_naive_utc(submission.submitted_at)
        newer = bool(self.update and (existing is None or new > existing))
        return newer or bool(self.before_duedate and existing != new)
