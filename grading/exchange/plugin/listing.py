"""``nbgrader list``: released lessons, hand-ins (``--inbound``, ``--cached``), their feedback; as text, JSON, or to remove.

What it returns is what formgrader and the assignment list read, so its keys are nbgrader's. Paths are empty where
nbgrader would name its shared folder: there is none.
"""

from __future__ import annotations

import hashlib
import json
from itertools import groupby
from pathlib import Path
from typing import Any

from nbgrader.exchange.abc import ExchangeList
from traitlets import Bool

from grading.exchange.plugin.base import RoomExchange
from kanikko.exchange_client import ExchangeFault, Lesson, Submission

Info = dict[str, Any]


class RoomList(RoomExchange, ExchangeList):
    as_json = Bool(False, help="Print the assignments as JSON.").tag(config=True)

    def init_src(self) -> None:
        course = self.coursedir.course_id or None
        lesson = self.lesson if self.lesson not in ("", "*") else None
        self.lessons: list[Lesson] = []
        self.submissions: list[Submission] = []
        try:
            if self.inbound:
                self.submissions = self.client.submissions(course, lesson, self.student)
            elif self.cached:  # one's own: nothing is cached here, the service remembers
                self.submissions = self.client.submissions(course, lesson, self.client.me().name)
            else:
                self.lessons = [one for one in self.client.lessons(course) if lesson in (None, one.lesson)]
        except ExchangeFault as fault:
            if fault.code != "not-allowed":
                raise
            self.log.warning("You do not have access to course '%s'", course)

    def list_files(self) -> list[Info]:
        found = self._found()
        self._say("Submitted assignments:" if self.inbound or self.cached else "Released assignments:", found)
        return found

    def remove_files(self) -> list[Info]:
        """Withdraw lessons; take submissions off the lists (teachers). One's own hand-ins stay: every one is kept."""
        found = self._found()
        self._say("Removing submitted assignments:" if self.inbound or self.cached else "Removing released assignments:", found)
        for lesson in self.lessons:
            self.client.delete_release(lesson.course, lesson.lesson)
        for submission in self.submissions if self.inbound else ():
            self.client.delete_submission(submission.id)
        return found

    # ------------------------------------------------------------------ what is there
    def _found(self) -> list[Info]:
        if not (self.inbound or self.cached):
            return [self._released(lesson) for lesson in sorted(self.lessons, key=lambda one: (one.course, one.lesson))]
        ordered = sorted(self.submissions, key=lambda one: (one.course, one.student, one.lesson, one.submitted_at))
        groups = groupby(ordered, key=lambda one: (one.course, one.student, one.lesson))
        return [self._group(*key, [self._submitted(one) for one in group]) for key, group in groups]

    def _group(self, course: str, student: str, lesson: str, submissions: list[Info]) -> Info:
        status = submissions[0]["status"]
        return {"course_id": course, "student_id": student, "assignment_id": lesson, "status": status, "submissions": submissions}

    def _released(self, lesson: Lesson) -> Info:
        place = self.local(lesson.course, lesson.lesson)
        fetched = place.is_dir()
        notebooks = sorted(place.glob("*.ipynb")) if fetched else [Path(f"{name}.ipynb") for name in lesson.notebooks]
        return {
            "course_id": lesson.course, "assignment_id": lesson.lesson, "title": lesson.title,
            "status": "removed" if self.remove else "fetched" if fetched else "released", "path": str(place) if fetched else "",
            "notebooks": [{"notebook_id": one.stem, "path": str(one) if fetched else ""} for one in notebooks],
        }  # fmt: skip

    def _submitted(self, submission: Submission) -> Info:
        pages = self.local(submission.course, submission.lesson) / "feedback" / self.stamp(submission)
        notebooks = [self._notebook(name, pages / f"{name}.html", submission.feedback.get(name)) for name in submission.notebooks]
        here = bool(notebooks) and all(one["has_local_feedback"] for one in notebooks)
        return {
            "course_id": submission.course, "student_id": submission.student, "assignment_id": submission.lesson,
            "timestamp": self.stamp(submission), "status": "removed" if self.remove else "submitted", "path": "",
            "submission_id": submission.id, "notebooks": notebooks, "has_local_feedback": here,
            "has_exchange_feedback": bool(notebooks) and all(one["has_exchange_feedback"] for one in notebooks),
            "feedback_updated": any(one["feedback_updated"] for one in notebooks),
            "local_feedback_path": str(pages) if here else None,
        }  # fmt: skip

    def _notebook(self, name: str, page: Path, released: str | None) -> Info:
        local = hashlib.sha256(page.read_bytes()).hexdigest() if page.is_file() else None
        return {
            "notebook_id": name, "path": "", "has_local_feedback": local is not None, "has_exchange_feedback": released is not None,
            "local_feedback_path": str(page) if local else None, "feedback_updated": bool(local and released and local != released),
        }  # fmt: skip

    # ------------------------------------------------------------------ how it is said
    def _say(self, title: str, found: list[Info]) -> None:
        if self.as_json:
            print(json.dumps(found, ensure_ascii=False))  # to standard output, as nbgrader's flag promises
            return
        self.log.info(title)
        for info in found:
            for one in info.get("submissions", [info]):
                self.log.info(self._line(one))

    def _line(self, info: Info) -> str:
        if "timestamp" not in info:
            there = " (already downloaded)" if info["status"] == "fetched" else ""
            return f"{info['course_id']} {info['assignment_id']}{there}"
        words = f"{info['course_id']} {info['student_id']} {info['assignment_id']} {info['timestamp']}"
        if info["status"] != "submitted":
            return words
        if info["has_local_feedback"] and not info["feedback_updated"]:
            return f"{words} (feedback already fetched)"
        return f"{words} (feedback ready to be fetched)" if info["has_exchange_feedback"] else f"{words} (no feedback available)"
