"""Writing OneRoster 1.2 CSV files (Japan profile), to a folder or a ZIP."""

from __future__ import annotations

import csv
import io
import os
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

HEADERS: dict[str, tuple[str, ...]] = {
    "orgs.csv": ("sourcedId", "status", "dateLastModified", "name", "type", "identifier", "parentSourcedId"),
    "academicSessions.csv": (
        "sourcedId", "status", "dateLastModified", "title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear",
    ),
    "courses.csv": (
        "sourcedId", "status", "dateLastModified", "schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId",
        "subjects", "subjectCodes",
    ),
    "classes.csv": (
        "sourcedId", "status", "dateLastModified", "title", "grades", "courseSourcedId", "classCode", "classType", "location",
        "schoolSourcedId", "termSourcedIds", "subjects", "subjectCodes", "periods", "metadata.jp.specialNeeds",
    ),
    "users.csv": (
        "sourcedId", "status", "dateLastModified", "enabledUser", "username", "userIds", "givenName", "familyName", "middleName",
        "identifier", "email", "sms", "phone", "agentSourcedIds", "grades", "password", "userMasterIdentifier",
        "preferredGivenName", "preferredMiddleName", "preferredFamilyName", "primaryOrgSourcedId", "pronouns",
        "metadata.jp.kanaGivenName", "metadata.jp.kanaFamilyName", "metadata.jp.kanaMiddleName", "metadata.jp.homeClass",
    ),
    "roles.csv": (
        "sourcedId", "status", "dateLastModified", "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId",
        "userProfileSourcedId",
    ),
    "enrollments.csv": (
        "sourcedId", "status", "dateLastModified", "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary",
        "beginDate", "endDate", "metadata.jp.ShussekiNo", "metadata.jp.PublicFlg",
    ),
}  # fmt: skip

NEVER_WRITTEN = ("categories", "classResources", "courseResources", "demographics", "lineItems", "resources", "results", "userProfiles")

Line = Mapping[str, object]


def write_delivery(target: Path, files: Mapping[str, Iterable[Line]]) -> None:
    """Write ``files`` and their manifest, all ``bulk``, to a ZIP (``target`` ends in .zip) or else into a folder.

    A ZIP appears whole or not at all. Both are readable by their owner only: they hold names.
    """
    texts = {name: _table(name, lines) for name, lines in files.items()}
    texts = {"manifest.csv": _manifest(texts), **texts}
    if target.suffix.casefold() == ".zip":
        _write_zip(target, texts)
        return
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in texts.items():
        place = target / name
        place.touch(mode=0o600)
        place.write_text(text, encoding="utf-8", newline="")


def _write_zip(target: Path, texts: Mapping[str, str]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=target.parent, prefix=".roster-", suffix=".zip")
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in texts.items():
                archive.writestr(name, text)
        Path(aside).replace(target)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _table(name: str, lines: Iterable[Line]) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, HEADERS[name], restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    return buffer.getvalue()


def _manifest(written: Iterable[str]) -> str:
    here = {name.removesuffix(".csv") for name in written}
    every = sorted({name.removesuffix(".csv") for name in HEADERS} | set(NEVER_WRITTEN))
    rows = [
        ("propertyName", "value"), ("manifest.version", "1.0"), ("oneroster.version", "1.2"),
        *((f"file.{name}", "bulk" if name in here else "absent") for name in every),
        ("source.systemName", "Kanikko"), ("source.systemCode", "kanikko"),
    ]  # fmt: skip
    return "".join(f"{name},{value}\r\n" for name, value in rows)
