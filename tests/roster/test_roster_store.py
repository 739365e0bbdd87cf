"""What other rooms ask the roster."""

from __future__ import annotations

import logging

import pytest

from hub.roster import Roster, RosterError, apply_oneroster


def test_a_person_has_a_name_a_reading_and_a_grade(roster, delivery):
    delivery["users"][1] |= {
        "familyName": "山田", "givenName": "花子", "grades": "J2",
        "metadata.jp.kanaFamilyName": "やまだ", "metadata.jp.kanaGivenName": "はなこ",
    }  # fmt: skip
    apply_oneroster(roster, delivery.save())
    [hanako] = [person for person in roster.people() if person.name == "山田 花子"]
    assert (hanako.kana, hanako.grade, hanako.role, hanako.active) == ("やまだ はなこ", 8, "student", True)
    assert roster.person(hanako.account) == hanako


def test_a_name_never_slips_into_a_log_line(roster, delivery, caplog):
    apply_oneroster(roster, delivery.save())
    person = roster.people("student")[0]
    logging.getLogger("kanikko").warning("who: %r %s", person, person)
    assert person.family_name not in caplog.text and person.account in caplog.text


def test_a_class_is_found_by_its_sign_in_code_however_it_is_typed(roster, delivery):
    apply_oneroster(roster, delivery.save())
    each = roster.classes()[0]
    full_width = "".join(chr(ord(letter) + 0xFEE0) for letter in each.signin_code.upper())
    for typed in (each.signin_code, each.signin_code.upper(), f" {each.signin_code[:3]}-{each.signin_code[3:]} ", full_width):
        assert roster.class_by_signin_code(typed) == each
    for wrong in ("", "nowhere", each.signin_code[:-1], "' or 1=1 --"):
        assert roster.class_by_signin_code(wrong) is None


def test_a_new_sign_in_code_ends_the_old_one(roster, delivery):
    apply_oneroster(roster, delivery.save())
    old = roster.classes()[0]
    new = roster.renew_signin_code(old.course)
    assert roster.class_by_signin_code(old.signin_code) is None
    assert roster.class_by_signin_code(new.signin_code) == new
    assert apply_oneroster(roster, delivery.save()).changes == []
    assert roster.school_class(old.course) == new
    with pytest.raises(RosterError, match="クラスはありません"):
        roster.renew_signin_code("cnowhere")


def test_the_class_code_of_a_class_that_has_ended_opens_nothing(roster, delivery):
    apply_oneroster(roster, delivery.save())
    delivery["classes"][0]["status"] = "tobedeleted"
    code = roster.classes()[0].signin_code
    apply_oneroster(roster, delivery.save())
    assert roster.class_by_signin_code(code) is None


def test_people_nobody_knows_are_none_and_in_no_group(roster):
    assert roster.person("unobody") is None
    assert roster.school_class("cnowhere") is None
    assert roster.groups_of("unobody") == [] and roster.classes_of("unobody") == []
    assert roster.pupils("cnowhere") == [] and roster.teachers("cnowhere") == []


def test_staff_added_by_hand_outlive_every_import(roster, delivery):
    apply_oneroster(roster, delivery.save())
    operator = roster.add_staff("運用", "担当", "operator", "Ops@Example.jp")
    assert roster.groups_of(operator.account) == ["operators"]
    assert roster.person_by_email("ops@example.JP ") == operator
    assert apply_oneroster(roster, delivery.save(), full=True).changes == []
    assert roster.person(operator.account) == operator


def test_staff_can_be_sent_away_and_taken_back(roster):
    operator = roster.add_staff("運用", "担当", "operator")
    assert roster.set_staff_active(operator.account, False).active is False
    assert roster.groups_of(operator.account) == []
    version = roster.version()
    roster.set_staff_active(operator.account, False)
    assert roster.version() == version
    assert roster.set_staff_active(operator.account, True) == operator


def test_only_staff_are_changed_by_hand(roster, delivery):
    apply_oneroster(roster, delivery.save())
    with pytest.raises(RosterError):
        roster.add_staff("山田", "花子", "student")
    with pytest.raises(RosterError):
        roster.add_staff(" ", "花子", "teacher")
    with pytest.raises(RosterError):
        roster.set_staff_active(roster.people("student")[0].account, False)


def test_an_address_that_two_people_share_identifies_nobody(roster):
    one = roster.add_staff("運用", "一", "operator", "ops@example.jp")
    two = roster.add_staff("運用", "二", "operator", "ops@example.jp")
    assert roster.person_by_email("ops@example.jp") is None
    roster.set_staff_active(two.account, False)
    assert roster.person_by_email("ops@example.jp") == one
    assert roster.person_by_email("") is None


def test_the_version_grows_with_each_change_and_only_then(roster, delivery):
    seen = [roster.version()]
    apply_oneroster(roster, delivery.save())
    seen.append(roster.version())
    roster.add_staff("運用", "担当", "operator")
    seen.append(roster.version())
    apply_oneroster(roster, delivery.save())
    roster.people()
    assert seen == sorted(set(seen)) and roster.version() == seen[-1]


def test_all_groups_are_each_persons_groups(roster, delivery):
    apply_oneroster(roster, delivery.save())
    roster.add_staff("運用", "担当", "operator")
    delivery.pupils()[0]["enabledUser"] = "false"
    apply_oneroster(roster, delivery.save())
    everyone = roster.people(include_left=True)
    assert roster.all_groups() == {person.account: roster.groups_of(person.account) for person in everyone if person.active}


def test_the_file_is_private_and_opens_again(roster, delivery):
    apply_oneroster(roster, delivery.save())
    for place in roster.path.parent.glob("roster.db*"):
        assert place.stat().st_mode & 0o077 == 0, place.name
    again = Roster(roster.path)
    assert len(again.people()) == 16
    again.close()


def test_a_second_import_at_the_same_time_is_told_to_wait(roster, delivery, monkeypatch):
    monkeypatch.setattr("hub.roster.store.WAIT_SECONDS", 0.1)
    other = Roster(roster.path)
    with roster.write(), pytest.raises(RosterError, match="ほかの取り込み"):
        apply_oneroster(other, delivery.save())
    assert apply_oneroster(other, delivery.save()).applied
    other.close()
