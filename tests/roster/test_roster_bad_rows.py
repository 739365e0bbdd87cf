"""A file with mistakes is refused as a whole, and every mistake is named with its place and its remedy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner

from hub.roster import Roster, RosterError, apply_oneroster
from hub.roster.cli import roster as cli
from kanikko.settings import Settings

Bend = Callable[[object], None]


def problems_of(roster: Roster, place) -> list[tuple[str, int, str]]:
    with pytest.raises(RosterError) as caught:
        apply_oneroster(roster, place)
    for problem in caught.value.problems:
        assert problem.message and problem.remedy
    return [(problem.file, problem.line, problem.column) for problem in caught.value.problems]


def put(file: str, row: int, column: str, value: str) -> Bend:
    def bend(delivery) -> None:
        delivery[file][row][column] = value

    return bend


def again(file: str, row: int) -> Bend:
    def bend(delivery) -> None:
        delivery[file].append(dict(delivery[file][row]))

    return bend


def without_role(delivery) -> None:
    delivery.files["roles.csv"].pop(1)


def both_roles(delivery) -> None:
    delivery["roles"].append({**delivery["roles"][1], "sourcedId": "second", "role": "teacher"})


def two_grades(delivery) -> None:
    delivery["users"][1]["grades"] = "P3,P4"


def other_school(delivery) -> None:
    delivery["enrollments"][1]["schoolSourcedId"] = delivery["orgs"][2]["sourcedId"]


# What is wrong, how to make it, and where it must be reported. Row 1 of users.csv is a pupil, row 0 a teacher;
# the header is line 1, so that row n stands in line n + 2.
NUMBER = "metadata.jp.ShussekiNo"
BAD_ROWS: dict[str, tuple[Bend, tuple[str, int, str]]] = {
    "a missing id": (put("users", 1, "sourcedId", ""), ("users.csv", 3, "sourcedId")),
    "a missing family name": (put("users", 1, "familyName", ""), ("users.csv", 3, "familyName")),
    "a missing given name": (put("users", 2, "givenName", "  "), ("users.csv", 4, "givenName")),
    "a missing class title": (put("classes", 0, "title", ""), ("classes.csv", 2, "title")),
    "a missing school name": (put("orgs", 1, "name", ""), ("orgs.csv", 3, "name")),
    "a pupil's grade that does not exist": (put("users", 1, "grades", "P7"), ("users.csv", 3, "grades")),
    "a grade in other words": (put("users", 1, "grades", "5年"), ("users.csv", 3, "grades")),
    "a class's grade that does not exist": (put("classes", 3, "grades", "J4"), ("classes.csv", 5, "grades")),
    "one bad grade among good ones": (put("classes", 3, "grades", "J1,K1"), ("classes.csv", 5, "grades")),
    "two grades for one pupil": (two_grades, ("users.csv", 3, "grades")),
    "an unknown class": (put("enrollments", 1, "classSourcedId", "nowhere"), ("enrollments.csv", 3, "classSourcedId")),
    "an unknown user in a class": (put("enrollments", 1, "userSourcedId", "nobody"), ("enrollments.csv", 3, "userSourcedId")),
    "an unknown school of a class": (put("classes", 0, "schoolSourcedId", "nowhere"), ("classes.csv", 2, "schoolSourcedId")),
    "an unknown school of a user": (put("users", 1, "primaryOrgSourcedId", "nowhere"), ("users.csv", 3, "primaryOrgSourcedId")),
    "an unknown home class": (put("users", 1, "metadata.jp.homeClass", "nowhere"), ("users.csv", 3, "metadata.jp.homeClass")),
    "an unknown user with a role": (put("roles", 1, "userSourcedId", "nobody"), ("roles.csv", 3, "userSourcedId")),
    "an unknown parent org": (put("orgs", 1, "parentSourcedId", "nowhere"), ("orgs.csv", 3, "parentSourcedId")),
    "an unknown course": (put("classes", 0, "courseSourcedId", "nowhere"), ("classes.csv", 2, "courseSourcedId")),
    "one unknown term among many": (put("classes", 0, "termSourcedIds", "a,b"), ("classes.csv", 2, "termSourcedIds")),
    "a class at another school": (other_school, ("enrollments.csv", 3, "schoolSourcedId")),
    "the same user twice": (again("users", 1), ("users.csv", 18, "sourcedId")),
    "the same class twice": (again("classes", 0), ("classes.csv", 6, "sourcedId")),
    "the same enrollment twice": (again("enrollments", 0), ("enrollments.csv", 19, "sourcedId")),
    "a status that does not exist": (put("users", 1, "status", "deleted"), ("users.csv", 3, "status")),
    "an enabledUser that is neither": (put("users", 1, "enabledUser", "yes"), ("users.csv", 3, "enabledUser")),
    "a date with slashes": (put("enrollments", 1, "beginDate", "2026/04/01"), ("enrollments.csv", 3, "beginDate")),
    "a day that does not exist": (put("enrollments", 1, "endDate", "2027-02-30"), ("enrollments.csv", 3, "endDate")),
    "an end before the beginning": (put("enrollments", 1, "endDate", "2026-03-31"), ("enrollments.csv", 3, "endDate")),
    "a bad time of change": (put("users", 1, "dateLastModified", "きのう"), ("users.csv", 3, "dateLastModified")),
    "a role that does not exist": (put("roles", 1, "role", "pupil"), ("roles.csv", 3, "role")),
    "a role in class that does not exist": (put("enrollments", 1, "role", "pupil"), ("enrollments.csv", 3, "role")),
    "a pupil enrolled as teacher": (put("enrollments", 1, "role", "teacher"), ("enrollments.csv", 3, "role")),
    "a teacher enrolled as pupil": (put("enrollments", 0, "role", "student"), ("enrollments.csv", 2, "role")),
    "a user without a role": (without_role, ("users.csv", 3, "sourcedId")),
    "a pupil who is also a teacher": (both_roles, ("roles.csv", 18, "role")),
    "a school code with a wrong check digit": (put("orgs", 1, "identifier", "B117299000008"), ("orgs.csv", 3, "identifier")),
    "a school code that is too short": (put("orgs", 1, "identifier", "B1172990000"), ("orgs.csv", 3, "identifier")),
    "an org of an unknown type": (put("orgs", 0, "type", "juku"), ("orgs.csv", 2, "type")),
    "an attendance number of 0": (put("enrollments", 1, "metadata.jp.ShussekiNo", "0"), ("enrollments.csv", 3, "metadata.jp.ShussekiNo")),
    "an attendance number in full width": (put("enrollments", 2, "metadata.jp.ShussekiNo", "３"), ("enrollments.csv", 4, NUMBER)),
    "a primary that is neither": (put("enrollments", 1, "primary", "1"), ("enrollments.csv", 3, "primary")),
    "an email that is none": (put("users", 1, "email", "やまだ"), ("users.csv", 3, "email")),
    "a name with a control character": (put("users", 1, "familyName", "山\u202e田"), ("users.csv", 3, "familyName")),
    "a name with lost characters": (put("users", 1, "familyName", "山\ufffd田"), ("users.csv", 3, "familyName")),
    "a name without end": (put("users", 1, "familyName", "山" * 300), ("users.csv", 3, "familyName")),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_ROWS)
def test_a_bad_row_is_reported_by_file_line_and_column(roster, delivery, what):
    bend, place = BAD_ROWS[what]
    bend(delivery)
    assert place in problems_of(roster, delivery.save())
    assert roster.people() == [] and roster.version() == 1


def test_every_bad_row_is_reported_at_once(roster, delivery):
    fields = [name for name, (bend, _) in BAD_ROWS.items() if bend.__qualname__.startswith("put.")]
    places = set()
    for name in fields:
        bend, place = BAD_ROWS[name]
        if place not in places and "sourcedId" not in place:  # a second value in the same cell would hide the first
            bend(delivery)
            places.add(place)
    assert places <= set(problems_of(roster, delivery.save()))
    assert len(places) > 25


def test_thousands_of_problems_are_counted_and_only_some_are_shown(roster, delivery):
    row = delivery["enrollments"][1]
    delivery["enrollments"].extend({**row, "sourcedId": f"e{number}", "primary": "?"} for number in range(3000))
    with pytest.raises(RosterError) as caught:
        apply_oneroster(roster, delivery.save())
    assert len(caught.value.problems) == 3000
    assert "3,000 か所" in str(caught.value) and "ほかに 2,980 か所" in str(caught.value)
    assert len(str(caught.value)) < 10_000


def test_no_persons_name_stands_in_a_report(roster, delivery):
    for row in delivery["users"]:
        row["grades"], row["familyName"] = row["familyName"], row["familyName"] + "\x07"
        row["email"] = row["givenName"]
    with pytest.raises(RosterError) as caught:
        apply_oneroster(roster, delivery.save())
    report = "\n".join(str(problem) for problem in caught.value.problems)
    for row in delivery["users"]:
        assert row["grades"] not in report and row["givenName"] not in report


def test_a_missing_column_and_a_doubled_column_are_named(roster, delivery):
    place = delivery.save()
    users = (place / "users.csv").read_text(encoding="utf-8")
    (place / "users.csv").write_text(users.replace("familyName", "myouji", 1).replace("middleName", "email", 1), encoding="utf-8")
    found = problems_of(roster, place)
    assert ("users.csv", 1, "familyName") in found and ("users.csv", 1, "email") in found


def test_a_row_with_too_few_cells_and_an_open_quote_are_named(roster, delivery):
    place = delivery.save()
    with (place / "users.csv").open("a", encoding="utf-8") as file:
        file.write('only,three,cells\r\n"never closed\r\n')
    found = problems_of(roster, place)
    assert ("users.csv", 18, "") in found and ("users.csv", 19, "") in found


def test_lines_are_counted_as_an_editor_shows_them(roster, delivery):
    delivery["users"][0]["middleName"] = "two\r\nlines"
    delivery["users"][2]["grades"] = "X9"
    assert ("users.csv", 5, "grades") in problems_of(roster, delivery.save())


def test_a_missing_file_is_named(roster, delivery):
    place = delivery.save()
    (place / "users.csv").unlink()
    assert ("users.csv", 0, "") in problems_of(roster, place)
    (place / "manifest.csv").unlink()
    assert ("users.csv", 0, "") in problems_of(roster, place)


def test_a_manifest_must_say_bulk_delta_or_absent(roster, delivery):
    delivery.manifest("file.users", "everything")
    line = [row["propertyName"] for row in delivery["manifest"]].index("file.users") + 2
    assert problems_of(roster, delivery.save()) == [("manifest.csv", line, "file.users")]


def test_a_file_the_manifest_calls_absent_is_questioned(roster, delivery):
    delivery.manifest("file.roles", "absent")
    assert ("roles.csv", 0, "") in problems_of(roster, delivery.save())


def test_unknown_columns_files_and_the_other_spelling_of_headers_do_not_matter(roster, delivery):
    for row in delivery["enrollments"]:
        row["metadata.jp.shussekiNo"] = row.pop("metadata.jp.ShussekiNo")
        row["metadata.city.note"] = "?"
    delivery.files["demographics.csv"] = [{"sourcedId": "x", "birthDate": "not a date"}]
    apply_oneroster(roster, delivery.save())
    assert all(roster.attendance_numbers(each.course).values() for each in roster.classes())


def test_the_command_prints_the_problems_and_exits_with_1(delivery, tmp_path, monkeypatch):
    monkeypatch.setattr("hub.roster.cli.get_settings", lambda: Settings(var=tmp_path / "var"))
    delivery["users"][1]["grades"] = "P7"
    result = CliRunner().invoke(cli, ["import", str(delivery.save()), "--problems", str(tmp_path / "all.csv")])
    assert result.exit_code == 1
    assert "users.csv" in result.output and "P1〜P6" in result.output
    assert "users.csv,3,grades" in (tmp_path / "all.csv").read_text(encoding="utf-8")
