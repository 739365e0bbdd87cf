"""What the exchange classes share: the client, nbgrader's ways of naming places and times, faults as nbgrader's errors."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from nbgrader.exchange.abc import Exchange
from traitlets import Bool

from kanikko.exchange_client import ExchangeClient, ExchangeFault, Submission
from kanikko.safe_files import files_below


class RoomExchange(Exchange):
    """Nothing is read from, or written to, a shared folder: every step is a call to the service, which knows who is asking."""

    path_includes_course = Bool(False, help="Whether local paths are <course>/<assignment> or just <assignment>.").tag(config=True)

    def __init__(self, coursedir: Any = None, authenticator: Any = None, **kwargs: Any) -> None:
        super().__init__(coursedir=coursedir, authenticator=authenticator, **kwargs)
        self.client = ExchangeClient()

    def start(self) -> Any:
        try:
            return super().start()
        except ExchangeFault as fault:
            self.fail(str(fault))
        finally:
            self.client.close()

    def fail(self, msg: str) -> NoReturn:
        super().fail(msg)
        raise AssertionError("nbgrader's fail returned")

    # what a subclass does not need
    def init_src(self) -> None: ...
    def init_dest(self) -> None: ...
    def copy_files(self) -> None: ...

    # ------------------------------------------------------------------ names
    @property
    def course(self) -> str:
        """The course's id; fails as nbgrader does if there is none."""
        course: str = self.coursedir.course_id
        return course or self.fail("No course id specified. Re-run with --course flag.")

    @property
    def lesson(self) -> str:
        lesson: str = self.coursedir.assignment_id
        return lesson

    @property
    def student(self) -> str | None:
        """The pupil asked for, or None for any."""
        return None if self.coursedir.student_id in ("", "*") else str(self.coursedir.student_id)

    def local(self, course: str, lesson: str) -> Path:
        """Where a pupil keeps a lesson."""
        parts = (course, lesson) if self.path_includes_course else (lesson,)
        return Path(self.assignment_dir, *parts).absolute()

    def stamp(self, submission: Submission) -> str:
        """A submission's time as nbgrader writes it: the same text as in its ``timestamp.txt``."""
        return submission.submitted_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")

    # ------------------------------------------------------------------ files
    def files(self, folder: Path) -> dict[str, Path]:
        """The files that nbgrader would copy: by ``CourseDirectory.ignore``, ``include`` and ``max_file_size``; no links."""
        return {name: place for name, place in files_below(folder, ignore=self._ignores).items() if self._is_wanted(place)}

    def _ignores(self, name: str) -> bool:
        return any(fnmatch.fnmatch(name, pattern) for pattern in self.coursedir.ignore)

    def _is_wanted(self, place: Path) -> bool:
        if not any(fnmatch.fnmatch(place.name, pattern) for pattern in self.coursedir.include):
            return False
        if place.lstat().st_size > 1000 * self.coursedir.max_file_size:
            self.log.warning("File is too large, left out: %s", place)
            return False
        return True


def as_naive_utc(moment: datetime) -> datetime:
    """The form in which nbgrader compares times."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def by_student(submissions: list[Submission], choose: Callable[[list[Submission]], Submission]) -> dict[str, Submission]:
    """One submission of each pupil; they come oldest first."""
    groups: dict[str, list[Submission]] = {}
    for submission in submissions:
        groups.setdefault(submission.student, []).append(submission)
    return {student: choose(group) for student, group in groups.items()}
