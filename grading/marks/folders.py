"""Puts a hand-in where nbgrader's tools look for it: ``submitted/`` as it came, ``autograded/`` as it was graded.

A teacher's room can write below the course folder, so no step follows a link (``kanikko.safe_files``). What stands in
``autograded/`` is served to the teacher's browser by formgrader: files a browser would run get a name it only shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from grading.marks.result import Book, HandIn
from kanikko.safe_files import ArchiveLimits, UnsafeFiles, files_below, open_folder, read_file, read_tree, write_file, write_tree

INERT = frozenset({
    ".ipynb", ".txt", ".csv", ".tsv", ".json", ".md", ".rst", ".py", ".toml", ".yaml", ".yml", ".ini", ".log", ".dat",
    ".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".wav", ".mp3", ".ogg", ".mp4", ".webm", ".zip", ".npy",
})  # fmt: skip
"""Endings of files that no browser runs in the name of the page they come from."""
MOST_SOURCE_BYTES = 32 << 20
MOST_SOURCE_FILES = 1000


def handed_in(hand_in: HandIn) -> dict[str, bytes]:
    """The files of a hand-in, by relative path."""
    return {name: place.read_bytes() for name, place in files_below(hand_in.folder).items()}


def lesson_files(book: Book, lesson: str) -> dict[str, bytes]:
    """What the teacher put beside the lesson's source notebooks: it overwrites what pupils hand in, as in nbgrader."""
    excluded = book.config.get("Autograde", {}).get("exclude_overwriting", {})
    excluded = set(excluded.get(lesson, [])) if isinstance(excluded, Mapping) else set()
    try:
        found = read_tree(book.root, "source", lesson, limits=ArchiveLimits(total=MOST_SOURCE_BYTES, entries=MOST_SOURCE_FILES))
    except FileNotFoundError:
        return {}
    except UnsafeFiles as error:
        if error.code == "link":  # a link where the folder belongs: there is no such folder
            return {}
        raise
    return {name: content for name, content in found.items() if not name.endswith(".ipynb") and name not in excluded}


def place(book: Book, hand_in: HandIn, files: Mapping[str, bytes], extra: Mapping[str, bytes], graded: Mapping[str, bytes]) -> None:
    """Write ``submitted/<student>/<lesson>/`` and ``autograded/<student>/<lesson>/`` anew. Safe to repeat after a crash.

    ``graded`` holds notebooks as JSON text.
    """
    stamp = {"timestamp.txt": hand_in.submitted_at.strftime("%Y-%m-%d %H:%M:%S.%f UTC").encode()}
    # The time first: a folder that a kill left unfinished without it would look like a newer hand-in, and be taken for one.
    write_tree(book.root, {**stamp, **files, **stamp}, "submitted", hand_in.student, hand_in.lesson, replace=True)
    shown = {inert(name): content for name, content in files.items() if not name.endswith(".ipynb")}
    notebooks = {f"{name}.ipynb": text for name, text in graded.items()}
    write_tree(book.root, {**shown, **extra, **stamp, **notebooks}, "autograded", hand_in.student, hand_in.lesson, replace=True)


def replace_graded(book: Book, hand_in: HandIn, name: str, before: bytes, after: bytes) -> None:
    """Put ``after`` in place of the graded notebook ``before``, in one step; nothing happens where something else stands by now."""
    with suppress(FileNotFoundError), open_folder(book.root, "autograded", hand_in.student, hand_in.lesson, create=False) as folder:
        if read_file(folder, file := f"{name}.ipynb", most=len(before)) == before:
            write_file(folder, file, after)


def inert(name: str) -> str:
    """The name under which a browser shows a file and does not run it."""
    return name if Path(PurePosixPath(name).name).suffix.lower() in INERT else f"{name}.txt"
