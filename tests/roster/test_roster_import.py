"""An operator imports the city's roster, again and again over the years."""

from __future__ import annotations

import datetime
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hub.roster import Roster, apply_oneroster
from hub.roster.demo_city import write_demo
from hub.roster.exporting import export_oneroster
from kanikko.settings import PROJECT


def account_of(roster: Roster, sourced_id: str) -> str:
    return roster.db.execute("select account from people where sourced_id = ?", [sourced_id]).fetchone()[0]


def everything(path: Path) -> list[tuple[object, ...]]:
    """Every row of every table, as another process sees it."""
    other = Roster(path)
    try:
        return [
            row
            for table in ("schools", "people", "classes", "enrollments", "version")
            for row in other.db.execute(f"select * from {table}")
        ]
    finally:
        other.close()


def test_a_clean_file_makes_schools_classes_and_people(roster, delivery):
    report = apply_oneroster(roster, delivery.save())
    assert report.counts() == {
        ("school", "add"): 3, ("class", "add"): 4, ("teacher", "add"): 4, ("student", "add"): 12, ("enrollment", "add"): 17,
    }  # fmt: skip
    assert [(each.title, each.grade) for each in roster.classes()] == [("3年1組", 3), ("5年1組", 5), ("6年1組", 6), ("1年1組", 7)]


def test_a_zip_works_like_a_folder_even_with_a_folder_inside(roster, delivery):
    apply_oneroster(roster, delivery.save())
    assert apply_oneroster(roster, delivery.save_zip("名簿/")).changes == []


def test_importing_the_same_file_again_changes_nothing(roster, delivery):
    apply_oneroster(roster, delivery.save())
    before, version = everything(roster.path), roster.version()
    assert apply_oneroster(roster, delivery.save()).changes == []
    assert apply_oneroster(roster, delivery.save(), full=True).changes == []
    assert everything(roster.path) == before
    assert roster.version() == version


def test_accounts_and_courses_are_opaque(roster, delivery):
    apply_oneroster(roster, delivery.save())
    letters = set("abcdefghjkmnpqrstuvwxyz23456789")
    for person in roster.people():
        assert len(person.account) == 10 and person.account[0] == "u" and set(person.account) <= letters
    for each in roster.classes():
        assert len(each.course) == 8 and each.course[0] == "c" and set(each.course) <= letters
        assert len(each.signin_code) == 6 and set(each.signin_code) <= letters
    assert len({each.signin_code for each in roster.classes()}) == 4


def test_pupils_come_in_the_order_of_their_attendance_numbers(roster, delivery):
    mine = [row for row in delivery["enrollments"] if row["classSourcedId"] == delivery["classes"][0]["sourcedId"]]
    pupils = [row for row in mine if row["role"] == "student"]
    for row, number in zip(pupils, ("10", "2", ""), strict=True):
        row["metadata.jp.ShussekiNo"] = number
    apply_oneroster(roster, delivery.save())
    course = roster.classes()[0].course
    expected = [account_of(roster, pupils[place]["userSourcedId"]) for place in (1, 0, 2)]
    assert [pupil.account for pupil in roster.pupils(course)] == expected
    assert list(roster.attendance_numbers(course).values()).count(None) == 1


@pytest.mark.parametrize("how", ["tobedeleted", "disabled", "missing from a bulk file", "missing with --full"])
def test_a_pupil_who_leaves_loses_access_and_keeps_the_account(roster, delivery, how):
    apply_oneroster(roster, delivery.save())
    pupil = delivery.pupils()[0]
    account = account_of(roster, pupil["sourcedId"])
    course = roster.classes_of(account)[0].course
    if how == "tobedeleted":
        pupil["status"] = "tobedeleted"
    elif how == "disabled":
        pupil["enabledUser"] = "false"
    else:
        delivery.remove_person(pupil["sourcedId"])
    if how == "missing with --full":
        for name in ("users", "roles", "enrollments", "classes", "orgs"):
            delivery.manifest(f"file.{name}", "delta")
    report = apply_oneroster(roster, delivery.save(), full=how == "missing with --full")
    assert report.counts()["student", "leave"] == 1
    person = roster.person(account)
    assert person is not None and not person.active
    assert roster.groups_of(account) == [] and roster.classes_of(account) == []
    assert account not in [each.account for each in roster.pupils(course)]
    assert account not in [each.account for each in roster.people()]


def test_a_pupil_who_returns_gets_the_same_account_and_class(roster, delivery, tmp_path):
    apply_oneroster(roster, delivery.save())
    pupil = delivery.pupils()[0]
    account = account_of(roster, pupil["sourcedId"])
    groups = roster.groups_of(account)
    pupil["enabledUser"] = "false"
    apply_oneroster(roster, delivery.save())
    pupil["enabledUser"] = "true"
    report = apply_oneroster(roster, delivery.save())
    assert report.counts() == {("student", "return"): 1}
    assert roster.groups_of(account) == groups


def test_a_delta_that_only_names_someone_does_not_send_the_others_away(roster, delivery):
    apply_oneroster(roster, delivery.save())
    for name in ("orgs", "classes", "academicSessions", "courses", "roles", "enrollments"):
        delivery.drop_file(name)
    delivery.manifest("file.users", "delta")
    delivery.files["users.csv"] = [delivery["users"][1] | {"status": "active", "metadata.jp.kanaFamilyName": "べつ"}]
    report = apply_oneroster(roster, delivery.save())
    assert report.counts() == {("student", "update"): 1}
    assert len(roster.people()) == 16


def test_one_schools_complete_file_leaves_the_other_schools_alone(roster, delivery):
    apply_oneroster(roster, delivery.save())
    junior = next(row for row in delivery["orgs"] if row["name"].endswith("中学校"))["sourcedId"]
    delivery.files["classes.csv"] = [row for row in delivery["classes"] if row["schoolSourcedId"] == junior]
    keep = {row["sourcedId"] for row in delivery["users"] if row["primaryOrgSourcedId"] == junior}
    gone = next(row["sourcedId"] for row in delivery.pupils() if row["sourcedId"] in keep)
    for row in list(delivery["users"]):
        if row["sourcedId"] not in keep - {gone}:
            delivery.remove_person(row["sourcedId"])
    report = apply_oneroster(roster, delivery.save())
    assert report.counts() == {("student", "leave"): 1}


@pytest.mark.parametrize("same_id", [True, False], ids=["same enrollment id", "new enrollment id"])
@pytest.mark.parametrize("bulk", [True, False], ids=["bulk", "delta"])
def test_a_pupil_who_changes_class_moves_to_the_other_group(roster, delivery, same_id, bulk):
    apply_oneroster(roster, delivery.save())
    pupil = delivery.pupils()[0]
    account = account_of(roster, pupil["sourcedId"])
    before = roster.groups_of(account)
    row = delivery.enrollment(pupil["sourcedId"])
    if not bulk:
        delivery.manifest("file.enrollments", "delta")
        if not same_id:
            delivery["enrollments"].append({**row, "sourcedId": "old", "status": "tobedeleted"})
    row["classSourcedId"] = delivery["classes"][1]["sourcedId"]
    row["sourcedId"] = row["sourcedId"] if same_id else "new"
    apply_oneroster(roster, delivery.save())
    after = roster.groups_of(account)
    assert len(after) == 1 and after != before
    assert roster.classes_of(account)[0].title == delivery["classes"][1]["title"]


def test_an_enrollment_that_has_ended_does_not_count(roster, delivery):
    row = delivery.enrollment(delivery.pupils()[0]["sourcedId"])
    row["endDate"] = "2026-07-20"
    apply_oneroster(roster, delivery.save(), today=datetime.date(2026, 7, 20))
    account = account_of(roster, row["userSourcedId"])
    assert len(roster.classes_of(account)) == 1
    apply_oneroster(roster, delivery.save(), today=datetime.date(2026, 7, 21))
    assert roster.classes_of(account) == []


def test_next_years_classes_replace_this_years(roster, delivery):
    apply_oneroster(roster, delivery.save())
    old = {each.course for each in roster.classes()}
    for name, column in (
        ("classes", "sourcedId"),
        ("enrollments", "classSourcedId"),
        ("enrollments", "sourcedId"),
        ("users", "metadata.jp.homeClass"),
    ):
        for row in delivery[name]:
            row[column] = row[column] and f"2027-{row[column]}"
    apply_oneroster(roster, delivery.save())
    new = {each.course for each in roster.classes()}
    assert not old & new and len(new) == 4
    assert {each.course for each in roster.classes(include_ended=True)} == old | new
    assert all(len(roster.classes_of(pupil.account)) == 1 for pupil in roster.people("student"))


def test_teachers_come_from_enrollments_and_may_have_two_classes(roster, delivery):
    apply_oneroster(roster, delivery.save())
    first, second = roster.classes()[:2]
    helper = roster.teachers(first.course)[0]
    assert roster.groups_of(helper.account) == sorted([f"formgrade-{first.course}", f"formgrade-{second.course}"])
    assert len(roster.teachers(second.course)) == 2
    assert roster.teachers(second.course)[1] == helper, "the form teacher comes first"


def test_administrators_become_operators_only_when_asked(roster, delivery):
    teacher = next(row for row in delivery["roles"] if row["role"] == "teacher")
    teacher["role"] = "siteAdministrator"
    head = {**delivery["users"][0], "sourcedId": "head"}
    delivery["users"].append(head)
    delivery["roles"].append({**teacher, "sourcedId": "head-role", "userSourcedId": "head", "role": "principal"})
    apply_oneroster(roster, delivery.save())
    assert roster.people("operator") == []
    assert len(roster.people("teacher")) == 4, "who teaches a class is a teacher; the principal has no account"
    apply_oneroster(roster, delivery.save(), administrators=True)
    assert len(roster.people("operator")) == 2
    assert roster.groups_of(account_of(roster, "head")) == ["operators"]
    assert apply_oneroster(roster, delivery.save()).changes == [], "an import without the option takes nothing away"


def test_oneroster_1_1_has_the_role_in_users_csv(roster, delivery):
    roles = {row["userSourcedId"]: row["role"] for row in delivery["roles"]}
    for row in delivery["users"]:
        row["role"] = roles[row["sourcedId"]]
        row["orgSourcedIds"] = row.pop("primaryOrgSourcedId")
        row["status"] = "active"
    delivery.drop_file("roles")
    apply_oneroster(roster, delivery.save())
    assert len(roster.people("student")) == 12 and len(roster.people("teacher")) == 4
    gone = delivery["users"].pop(1)
    delivery.files["enrollments.csv"] = [row for row in delivery["enrollments"] if row["userSourcedId"] != gone["sourcedId"]]
    assert apply_oneroster(roster, delivery.save()).counts() == {("student", "leave"): 1}


def test_guardians_get_no_account(roster, delivery):
    child = delivery.pupils()[0]
    delivery["users"].append({**child, "sourcedId": "parent", "grades": ""})
    delivery["roles"].append({**delivery["roles"][0], "sourcedId": "parent-role", "userSourcedId": "parent", "role": "guardian"})
    delivery["enrollments"].append(
        {**delivery.enrollment(child["sourcedId"]), "sourcedId": "parent-in", "userSourcedId": "parent", "role": "guardian"}
    )
    apply_oneroster(roster, delivery.save())
    assert len(roster.people()) == 16


def test_a_dry_run_reports_and_changes_nothing(roster, delivery):
    report = apply_oneroster(roster, delivery.save(), dry_run=True)
    assert report.counts()["student", "add"] == 12 and not report.applied
    assert roster.people() == [] and roster.version() == 1


def test_a_place_given_by_hand_stays_when_a_file_comes(roster, delivery):
    apply_oneroster(roster, delivery.save())
    colleague = roster.add_staff("同僚", "三郎", "teacher")
    course = roster.classes()[0].course
    with roster.write() as db:
        db.table("enrollments").insert(
            {**next(db.query("select * from enrollments")), "course": course, "account": colleague.account, "role": "teacher"}
        )
    assert apply_oneroster(roster, delivery.save(), full=True).changes == []
    assert [each.course for each in roster.classes_of(colleague.account)] == [course]


@pytest.mark.parametrize("target", ["export.zip", "export"])
def test_importing_an_export_changes_nothing(roster, delivery, tmp_path, target):
    apply_oneroster(roster, delivery.save())
    pupil = delivery.pupils()[0]
    pupil["status"] = "tobedeleted"
    delivery["users"][0]["familyName"] = '"渡邉, 改"'
    apply_oneroster(roster, delivery.save())
    roster.add_staff("運用", "担当", "operator")
    before = everything(roster.path)
    lines = export_oneroster(roster, tmp_path / target)
    assert lines["users.csv"] == 15
    assert apply_oneroster(roster, tmp_path / target).changes == []
    assert apply_oneroster(roster, tmp_path / target, full=True).changes == []
    assert everything(roster.path) == before


def test_an_export_moves_the_city_to_a_new_machine(roster, delivery, tmp_path):
    apply_oneroster(roster, delivery.save())
    export_oneroster(roster, tmp_path / "city.zip")
    other = Roster(tmp_path / "other.db")
    apply_oneroster(other, tmp_path / "city.zip")

    def plain(each: Roster) -> list[object]:
        return sorted((person.role, person.name, person.kana, str(person.grade)) for person in each.people())

    assert plain(other) == plain(roster)
    assert [(each.title, each.school, len(other.pupils(each.course))) for each in other.classes()] == [
        (each.title, each.school, len(roster.pupils(each.course))) for each in roster.classes()
    ]


def test_reading_goes_on_while_an_import_writes(roster, delivery):
    apply_oneroster(roster, delivery.save())
    reader = Roster(roster.path)
    with roster.write() as db:
        db.execute("update people set active = 0")
        assert len(reader.people("student")) == 12
    assert reader.people("student") == []
    reader.close()


IMPORTING = """
import sys, time
from pathlib import Path
from hub.roster import Roster, apply_oneroster
path, city, stage_wanted, done_wanted = sys.argv[1:]
def progress(stage, done, total):
    if stage == stage_wanted and done >= int(done_wanted):
        print("here", flush=True)
        time.sleep(60)
apply_oneroster(Roster(Path(path)), Path(city), progress=progress)
"""


@pytest.mark.parametrize("moment", ["read 0", "merge 0", "write 1", "write 500", "write 1500", "write 2130"])
def test_kill_9_during_an_import_leaves_the_old_roster(roster, delivery, tmp_path, moment):
    apply_oneroster(roster, delivery.save())
    before = everything(roster.path)
    city = write_demo(tmp_path / "city.zip", classes=41, pupils_per_class=25, seed=2)
    importing = [sys.executable, "-c", IMPORTING, str(roster.path), str(city), *moment.split()]
    process = subprocess.Popen(importing, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "here", f"the import was over before {moment}"
        assert everything(roster.path) == before, "nobody sees a half-written roster"
    finally:
        process.kill()
        process.communicate()
    assert everything(roster.path) == before
    apply_oneroster(roster, city)
    assert len(roster.people("student")) == 12 + 1025


def test_several_processes_may_open_a_new_roster_at_once(tmp_path):
    opening = "import sys; from pathlib import Path; from hub.roster import Roster; print(Roster(Path(sys.argv[1])).version())"
    processes = [
        subprocess.Popen([sys.executable, "-c", opening, str(tmp_path / "new.db")], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [process.communicate(timeout=60)[0].strip() for process in processes] == ["1"] * 4
    assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600


def test_a_citys_36000_pupils_come_in_within_a_minute(roster, tmp_path):
    city = write_demo(tmp_path / "city.zip", schools=77, classes=1200, pupils_per_class=30)
    begin = time.monotonic()
    report = apply_oneroster(roster, city)
    took = time.monotonic() - begin
    assert report.counts()["student", "add"] == 36_000 and report.counts()["class", "add"] == 1_200
    assert took < 60, f"{took:.1f} s"
    begin = time.monotonic()
    assert apply_oneroster(roster, city).changes == []
    assert time.monotonic() - begin < 60
    assert len(roster.all_groups()) == 37_200
