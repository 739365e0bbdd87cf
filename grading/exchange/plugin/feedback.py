"""``nbgrader release_feedback`` and ``nbgrader fetch_feedback``."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from nbgrader.exchange.abc import ExchangeFetchFeedback, ExchangeReleaseFeedback
from nbgrader.utils import parse_utc

from grading.exchange.plugin.base import RoomExchange, as_naive_utc
from kanikko.exchange_client import Submission


class RoomReleaseFeedback(RoomExchange, ExchangeReleaseFeedback):
    """Gives each page of ``feedback/<student>/<assignment>/`` to the submission it was made from."""

    def init_src(self) -> None:
        pattern = self.coursedir.format_path(self.coursedir.feedback_directory, "*", self.lesson)
        self.excluded = set((self.coursedir.student_id_exclude or "").split(","))
        self.folders = {
            place.parent.name: place
            for place in sorted(Path("/").glob(pattern.lstrip("/")))
            if self.student in (None, place.parent.name) and place.parent.name not in self.excluded
        }

    def copy_files(self) -> None:
        for student, folder in self.folders.items():
            pages = {place.name: place for place in sorted(folder.glob("*.html"))}
            if not pages:
                continue
            submission = self._submission(student, folder)
            if submission is None:
                self.log.error("No submission of '%s' for '%s' that this feedback belongs to", student, self.lesson)
                continue
            self.client.put_feedback(submission.id, pages)
            names = ", ".join(sorted(pages))
            self.log.info("Releasing feedback for student '%s' on assignment '%s/%s' (%s): %s",
                          student, self.course, self.lesson, self.stamp(submission), names)  # fmt: skip

    def _submission(self, student: str, folder: Path) -> Submission | None:
        """By the time that nbgrader carried along; without one, the newest."""
        found = self.client.submissions(self.course, self.lesson, student)
        stamp = folder / "timestamp.txt"
        if not stamp.is_file():
            return found[-1] if found else None
        wanted = parse_utc(stamp.read_text().strip())
        return next((one for one in found if as_naive_utc(one.submitted_at) == wanted), None)


class RoomFetchFeedback(RoomExchange, ExchangeFetchFeedback):
    """Brings the feedback of one's own submissions to ``<assignment>/feedback/<time>/``."""

    def init_src(self) -> None:
        mine = self.client.me().name
        if self.student not in (None, mine):
            self.fail(f"You cannot fetch the feedback of {self.student}.")
        self.submissions = self.client.submissions(self.course, self.lesson or None, mine)

    def copy_files(self) -> None:
        for submission in self.submissions:
            facts = (submission.course, submission.lesson, self.stamp(submission))
            if not submission.feedback:
                self.log.warning("Could not find feedback for '%s/%s' submitted at %s", *facts)
                continue
            place = self.local(submission.course, submission.lesson) / "feedback" / self.stamp(submission)
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".fetch", dir=place) as folder:
                for name in self.client.fetch_feedback(submission.id, Path(folder) / "x"):
                    (place / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.move(Path(folder) / "x" / name, place / name)
            self.log.info("Fetched feedback for '%s/%s' submitted at %s", *facts)
