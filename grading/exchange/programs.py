"""Programs that pupils marked for the robot, out of their hand-ins."""

from __future__ import annotations

import hashlib

from grading.exchange.store import Store
from kanikko.exchange_facts import RobotProgram, Submission
from kanikko.exchange_faults import ExchangeFault
from robots.notebook.marked import marked


def marked_programs(store: Store, course: str, lesson: str) -> list[RobotProgram]:
    """One program a pupil, by account: what the newest hand-in with a mark holds. A later one without a mark takes nothing away."""
    found: dict[str, RobotProgram] = {}
    for submission in reversed(store.submissions(courses=[course], lesson=lesson)):
        if submission.student not in found and (program := _program(store, submission)):
            found[submission.student] = program
    return [found[student] for student in sorted(found)]


def _program(store: Store, submission: Submission) -> RobotProgram | None:
    try:
        mark = marked(store.submission_files(submission.id))
        source = mark.source.decode() if mark else ""
    except (ExchangeFault, UnicodeDecodeError):  # taken off the lists meanwhile; no program at all
        return None
    if mark is None:
        return None
    return RobotProgram(
        student=submission.student,
        submission=submission.id,
        submitted_at=submission.submitted_at,
        program=mark.program,
        # Of what travels, not of what the pupil's own file says of it.
        sha256=hashlib.sha256(mark.source).hexdigest(),
        source=source,
    )
