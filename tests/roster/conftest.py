"""A roster of one's own, and a delivery whose rows a test may bend before it is imported."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.roster import Roster
from hub.roster.demo_city import write_demo

Row = dict[str, str]


class Delivery:
    """A OneRoster folder as editable rows. ``save()`` writes it back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, list[Row]] = {}
        for place in sorted(folder.glob("*.csv")):
            with place.open(encoding="utf-8", newline="") as file:
                self.files[place.name] = list(csv.DictReader(file))

    def __getitem__(self, name: str) -> list[Row]:
        return self.files[f"{name}.csv"]

    def pupils(self) -> list[Row]:
        roles = {row["userSourcedId"] for row in self["roles"] if row["role"] == "student"}
        return [row for row in self["users"] if row["sourcedId"] in roles]

    def enrollment(self, user: str) -> Row:
        return next(row for row in self["enrollments"] if row["userSourcedId"] == user)

    def remove_person(self, user: str) -> None:
        for name, column in (("users", "sourcedId"), ("roles", "userSourcedId"), ("enrollments", "userSourcedId")):
            self.files[f"{name}.csv"] = [row for row in self[name] if row[column] != user]

    def manifest(self, name: str, value: str) -> None:
        next(row for row in self["manifest"] if row["propertyName"] == name)["value"] = value

    def drop_file(self, name: str) -> None:
        del self.files[f"{name}.csv"]
        (self.folder / f"{name}.csv").unlink(missing_ok=True)
        self.manifest(f"file.{name}", "absent")

    def save(self) -> Path:
        for name, rows in self.files.items():
            (self.folder / name).write_text(as_csv(rows), encoding="utf-8", newline="")
        return self.folder

    def save_zip(self, prefix: str = "") -> Path:
        place = self.folder.with_suffix(".zip")
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, rows in self.files.items():
                archive.writestr(prefix + name, as_csv(rows))
        return place


def as_csv(rows: list[Row]) -> str:
    buffer = io.StringIO(newline="")
    header: dict[str, None] = {}
    for row in rows:
        header |= dict.fromkeys(row)
    writer = csv.DictWriter(buffer, list(header), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


@pytest.fixture
def roster(tmp_path: Path) -> Iterator[Roster]:
    opened = Roster(tmp_path / "roster.db")
    yield opened
    opened.close()


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    """Two schools, four classes, three pupils a class."""
    return Delivery(write_demo(tmp_path / "oneroster", pupils_per_class=3))
