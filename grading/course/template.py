"""``python -m grading.course.template FILE``: an empty gradebook as nbgrader makes it, without a course in it."""

from __future__ import annotations

import sys
from pathlib import Path

from nbgrader.api import Course, Gradebook


def make(place: Path) -> None:
    """Write the file. Runs alembic from PATH."""
    with Gradebook(f"sqlite:///{place}") as book:
        for course in book.db.query(Course):  # the one it makes when not told a name
            book.db.delete(course)
        book.db.commit()


if __name__ == "__main__":
    make(Path(sys.argv[1]).absolute())
