"""A selection as the director and the reviewers go through it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlite_utils import Database

from tests.web.conftest import As
from tests.web.make import make_application, make_class, make_family, make_participant, make_staff
from web import clock
from web.clock import moment
from web.data import Row, every, value
from web.ids import new_id
from web.selection.book import Wish, propose
from web.staff.sessions import COOKIE, open_session


@dataclass
class Academy:
    """A closed selection class for one, with two reviewers, two criteria and three applications."""

    row: Row
    entries: list[Row]
    criteria: list[str]
    reviewers: list[FlaskClient]
    director: FlaskClient
    db: Database

    @property
    def desk(self) -> str:
        return f"/staff/selection/{self.row['id']}"

    def give(self, reviewer: int, *points: tuple[int, int]) -> None:
        """One reviewer's points for the entries, in their order."""
        for entry, given in zip(self.entries, points, strict=False):
            data = {f"points-{criterion}": str(one) for criterion, one in zip(self.criteria, given, strict=True)}
            assert self.reviewers[reviewer].post(f"{self.desk}/entries/{entry['id']}", data=data).status_code == 303

    def states(self) -> list[str]:
        return [str(value(self.db, "select state from entries where id = ?", (entry["id"],))) for entry in self.entries]

    def forged(self, accepted: int, waiting: int) -> dict[str, object]:
        """The form of a decision that the page does not offer."""
        return {"accepted": accepted, "waiting": waiting, "seal": propose(self.db, self.row["id"], Wish(accepted, waiting)).seal}

    def seal(self, **asked: object) -> str:
        page = self.director.get(f"{self.desk}/ranking", query_string=asked).text
        found = re.search(r'name="seal" value="(\w+)"', page)
        return found[1] if found else ""


def _signed_in(site: Flask, db: Database, staff: str) -> FlaskClient:
    made = site.test_client()
    made.set_cookie(COOKIE, open_session(db, staff, totp_done=True))
    return made


@pytest.fixture
def academy(site: Flask, db: Database, as_role: As) -> Iterator[Academy]:
    row = make_class(db, admission="selection", capacity=1, programme="7-2")
    question = {"id": new_id("question"), "class": row["id"], "position": 1, "kind": "text", "text": "作りたいもの", "reason": "選ぶため"}
    db["class_questions"].insert(question)
    entries = []
    for number in range(3):
        child = make_participant(db, family := make_family(db), name=f"秘密{number}", gender="female")
        entries += make_application(db, row, family, [child], state="applied")[1]
        db["answers"].insert({"entry": entries[-1]["id"], "question": question["id"], "text": f"ロボット{number}"})
    criteria = [new_id("criterion") for _ in range(2)]
    for position, (criterion, most, weight) in enumerate(zip(criteria, (5, 10), (1, 2), strict=True), 1):
        db["criteria"].insert(
            {"id": criterion, "class": row["id"], "position": position, "name": f"観点{position}", "most": most, "weight": weight}
        )
    clock.travel_to(moment(row["apply_to"]) + timedelta(minutes=1))
    staff = [make_staff(db, role="reviewer")["id"] for _ in range(2)]
    db["reviewers"].insert_all({"class": row["id"], "staff": one} for one in staff)
    yield Academy(row, entries, criteria, [_signed_in(site, db, one) for one in staff], as_role("director"), db)


def test_from_points_to_places_and_mails(academy: Academy) -> None:
    academy.give(0, (5, 5), (5, 10), (1, 1))
    academy.give(1, (4, 4), (5, 9), (0, 2))
    shown = academy.director.get(f"{academy.desk}/ranking", query_string={"accepted": 1, "waiting": 1}).text
    assert shown.index("2番 秘密1") < shown.index("1番 秘密0") < shown.index("3番 秘密2")
    assert academy.states() == ["applied"] * 3
    data = {"accepted": 1, "waiting": 1, "seal": academy.seal(accepted=1, waiting=1)}
    for _ in range(2):
        assert academy.director.post(f"{academy.desk}/decide", data=data).status_code == 303
    assert academy.states() == ["waiting", "accepted", "rejected"]
    assert value(academy.db, "select count(*) from mails where template = 'apply/result'") == 3
    assert value(academy.db, "select count(*) from audit where action = 'selection.decide'") == 1
    assert "決まっています" in academy.director.get(f"{academy.desk}/ranking").text
    late = academy.reviewers[0].post(f"{academy.desk}/entries/{academy.entries[0]['id']}", data={f"points-{academy.criteria[0]}": "1"})
    assert late.status_code == 404, "nothing is left to review"


def test_what_is_confirmed_is_what_was_looked_at(academy: Academy) -> None:
    academy.give(0, (5, 5), (5, 10), (1, 1))
    seal = academy.seal(accepted=1, waiting=1)
    academy.give(0, (5, 10), (5, 5), (1, 1))
    answer = academy.director.post(f"{academy.desk}/decide", data={"accepted": 1, "waiting": 1, "seal": seal})
    assert answer.status_code == 422 and "採点か申し込みが変わりました" in answer.text
    assert academy.states() == ["applied"] * 3


def test_a_tie_at_the_line_is_shown_and_must_be_decided(academy: Academy) -> None:
    academy.give(0, (5, 5), (5, 5), (1, 1))
    asked = {"accepted": 1, "waiting": 1}
    page = academy.director.get(f"{academy.desk}/ranking", query_string=asked).text
    assert "同点の人が境目にいます" in page and not academy.seal(**asked)
    refused = academy.director.post(f"{academy.desk}/decide", data=academy.forged(**asked))
    assert refused.status_code == 422 and "同点" in refused.text
    assert academy.states() == ["applied"] * 3
    chosen = {**asked, "preferred": academy.entries[1]["id"]}
    data = {**chosen, "seal": academy.seal(**chosen)}
    assert academy.director.post(f"{academy.desk}/decide", data=data).status_code == 303
    assert academy.states() == ["waiting", "accepted", "rejected"]


def test_who_was_reviewed_by_nobody_holds_the_decision_up(academy: Academy) -> None:
    academy.give(0, (5, 5), (5, 10))
    assert "1人分" in academy.director.get(f"{academy.desk}/ranking").text
    answer = academy.director.post(f"{academy.desk}/decide", data=academy.forged(accepted=1, waiting=1))
    assert answer.status_code == 422 and "採点を終えていない" in answer.text
    assert academy.states() == ["applied"] * 3


# ---------------------------------------------------------------- the reviewers
def test_the_review_is_blind(academy: Academy) -> None:
    for path in (f"{academy.desk}/entries", f"{academy.desk}/entries/{academy.entries[0]['id']}"):
        page = academy.reviewers[0].get(path).text
        assert "秘密" not in page and "加賀" not in page and "example.jp" not in page and "女" not in page
    assert "ロボット0" in page and "小学" in page and "1番" in page
    seen = every(academy.db, "select subject from audit where action = 'family.see' and kind = 'entry'")
    assert [row["subject"] for row in seen] == [academy.entries[0]["id"]]


def test_others_points_show_only_when_ones_own_are_complete(academy: Academy) -> None:
    academy.give(1, (5, 10), (5, 10), (5, 10))
    academy.give(0, (0, 0), (0, 0))
    assert "100.0" not in academy.reviewers[0].get(f"{academy.desk}/entries").text
    academy.give(0, (0, 0), (0, 0), (0, 0))
    assert "100.0" in academy.reviewers[0].get(f"{academy.desk}/entries").text


def test_points_are_kept_entry_by_entry_and_may_change(academy: Academy) -> None:
    first, second = academy.criteria
    path = f"{academy.desk}/entries/{academy.entries[0]['id']}"
    me = academy.reviewers[0]
    assert me.post(path, data={f"points-{first}": "3", f"comment-{first}": "よい"}).headers["Location"].endswith(academy.entries[1]["id"])
    assert "途中" in me.get(f"{academy.desk}/entries").text
    shown = me.get(path).text
    assert re.search(r'value="3" checked', shown) and "よい" in shown
    me.post(path, data={f"points-{first}": "4", f"points-{second}": "7", "list": "1"})
    points = {row["criterion"]: row["points"] for row in every(academy.db, "select * from reviews")}
    assert points == {first: 4, second: 7}
    assert "1 / 3人 採点ずみ" in me.get(f"{academy.desk}/entries").text


def test_points_that_there_are_not_are_refused_beside_the_field(academy: Academy) -> None:
    path, first = f"{academy.desk}/entries/{academy.entries[0]['id']}", academy.criteria[0]
    for points in ("6", "-1", "x", "９９９９", "1.5", "1" * 5000):
        answer = academy.reviewers[0].post(path, data={f"points-{first}": points, f"comment-{first}": "のこす"})
        assert answer.status_code == 422 and "0から5まで" in answer.text and "のこす" in answer.text, points
    assert not value(academy.db, "select count(*) from reviews")


def test_reviewers_see_only_their_own_classes(academy: Academy, as_role: As) -> None:
    stranger = as_role("reviewer")
    assert academy.row["title"] not in stranger.get("/staff/selection/").text
    assert stranger.get(f"{academy.desk}/entries").status_code == 404
    path = f"{academy.desk}/entries/{academy.entries[0]['id']}"
    assert stranger.get(path).status_code == stranger.post(path).status_code == 404
    assert academy.row["title"] in academy.reviewers[0].get("/staff/selection/").text
    for page in ("", "/ranking", f"/ranking/{academy.entries[0]['id']}", "/criteria/new"):
        assert academy.reviewers[0].get(f"{academy.desk}{page}").status_code == 403
    assert academy.director.get(f"{academy.desk}/entries").status_code == 303
    assert as_role("clerk").get("/staff/selection/").status_code == 200


def test_nobody_reviews_while_applications_are_open(academy: Academy) -> None:
    academy.db.execute("update classes set apply_to = '2027-01-01T00:00:00+09:00'")
    path = f"{academy.desk}/entries/{academy.entries[0]['id']}"
    assert "受付が終わってから" in academy.reviewers[0].get(path, follow_redirects=True).text
    academy.reviewers[0].post(path, data={f"points-{academy.criteria[0]}": "1"})
    assert not value(academy.db, "select count(*) from reviews")


# ---------------------------------------------------------------- setting it up
def test_criteria_and_reviewers_are_set_and_stand_once_points_are_given(academy: Academy) -> None:
    form = {"name": "アイデア", "hint": "", "most": "5", "weight": "3"}
    assert academy.director.post(f"{academy.desk}/criteria/new", data={**form, "most": "0"}).status_code == 422
    assert academy.director.post(f"{academy.desk}/criteria/new", data=form).status_code == 303
    added = str(value(academy.db, "select id from criteria where name = 'アイデア'"))
    assert academy.director.post(f"{academy.desk}/criteria/{added}/remove").status_code == 303
    academy.give(0, (1, 1))
    first = f"{academy.desk}/criteria/{academy.criteria[0]}"
    assert academy.director.post(first, data={**form, "weight": "1", "name": "意欲"}).status_code == 303
    assert "変えられません" in academy.director.post(first, data={**form, "most": "9"}).text
    academy.director.post(f"{first}/remove")
    assert [row["name"] for row in every(academy.db, "select name from criteria order by position")] == ["意欲", "観点2"]
    staff = [row["staff"] for row in every(academy.db, "select staff from reviewers")]
    clerk = make_staff(academy.db, role="clerk")["id"]
    academy.director.post(f"{academy.desk}/reviewers", data={"reviewer": [staff[1], clerk, "x"]})
    assert [row["staff"] for row in every(academy.db, "select staff from reviewers")] == [staff[1]]
    assert academy.reviewers[0].get(f"{academy.desk}/entries").status_code == 404
