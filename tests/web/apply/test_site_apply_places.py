"""Places: never more than there are, nobody overtakes, no free place while somebody who fits waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlite_utils import Database

from tests.web.apply.conftest import Apply
from tests.web.make import make_class, make_family, make_participant
from web.apply import places, standing
from web.apply.errors import AlreadyApplied, NoPlace, PlacesError, TooLate
from web.apply.places import Decision
from web.apply.waiting import Group, Waiter, admitted, groups, next_groups
from web.clock import now, stamp
from web.data import Row, every, one, value


def state(db: Database, entry: str) -> str:
    return str(value(db, "select state from entries where id = ?", (entry,)))


def states(db: Database, of_class: Row) -> list[str]:
    return [row["state"] for row in every(db, "select state from entries where class = ? order by rowid", (of_class["id"],))]


def mails(db: Database, template: str) -> list[Row]:
    return every(db, "select * from mails where template = ? order by rowid", (f"apply/{template}",))


@pytest.mark.parametrize(
    ("row", "free", "chosen"),
    [
        ([], 3, []),
        ([1, 1, 1], 2, [0, 1]),
        ([3, 1, 2], 2, [1]),  # the group of three is passed over; what is left is too small for the two
        ([2, 1], 0, []),
        ([2, 2, 1], 4, [0, 1]),
    ],
)
def test_free_places_go_to_the_first_groups_that_fit(row: list[int], free: int, chosen: list[int]) -> None:
    listed = [Group(tuple(f"{number}.{child}" for child in range(size))) for number, size in enumerate(row)]
    assert next_groups(listed, free) == [listed[number] for number in chosen]


def test_a_group_stands_where_its_first_child_stands_and_who_arrives_overtakes_nobody_who_fits() -> None:
    row = groups([Waiter("c", 3, "twins"), Waiter("a", 1, "twins"), Waiter("b", 2, "b")])
    assert row == [Group(("a", "c")), Group(("b",))]
    assert admitted(row, [Group(("new",))], 1) == []
    assert admitted(row[:1], [Group(("new",))], 1) == [Group(("new",))]


def test_the_first_to_come_get_the_places_and_the_rest_wait_in_their_order(db: Database, apply: Apply) -> None:
    of_class = make_class(db, capacity=2)
    came = [apply(of_class).entries[0] for _ in range(4)]
    assert [entry["state"] for entry in came] == ["accepted", "accepted", "waiting", "waiting"]
    assert [standing.position(db, entry) for entry in came] == [None, None, 1, 2]
    assert (standing.taken(db, of_class["id"]), standing.free(db, of_class["id"])) == (2, 0)


def test_siblings_all_or_none_wait_together_while_any_of_them_takes_what_is_left(db: Database, apply: Apply) -> None:
    of_class = make_class(db, capacity=3)
    apply(of_class, 2)
    assert {entry["state"] for entry in apply(of_class, 2, "all").entries} == {"waiting"}
    assert [entry["state"] for entry in apply(of_class, 2, "any").entries] == ["accepted", "waiting"]


def test_siblings_all_or_none_who_can_never_fit_are_told_so(db: Database, apply: Apply) -> None:
    with pytest.raises(PlacesError, match="定員は1人"):
        apply(make_class(db, capacity=1), 2, "all")
    assert value(db, "select count(*) from applications") == 0


def test_the_same_key_gives_the_same_application_back_and_one_mail(db: Database) -> None:
    of_class, family = make_class(db), make_family(db)
    child = make_participant(db, family)
    made = [places.add_application(db, of_class, family, [child], mode="any", via="web", key="k") for _ in range(3)]
    assert len({one.application["id"] for one in made}) == 1
    assert [one.repeated for one in made] == [False, True, True]
    assert len(mails(db, "received")) == 1


def test_a_child_applies_once_and_again_after_withdrawing(db: Database) -> None:
    of_class, family = make_class(db), make_family(db)
    child = make_participant(db, family)
    first = places.add_application(db, of_class, family, [child], mode="any", via="web", key="1")
    with pytest.raises(AlreadyApplied) as caught:
        places.add_application(db, of_class, family, [child], mode="any", via="web", key="2")
    assert caught.value.participants == [child["id"]]
    places.withdraw(db, first.entries[0]["id"], "system")
    assert places.add_application(db, of_class, family, [child], mode="any", via="web", key="3").entries[0]["state"] == "accepted"


def test_a_place_given_back_is_offered_to_the_next_who_accepts_it(db: Database, apply: Apply) -> None:
    of_class = make_class(db, capacity=1)
    first, second, third = (apply(of_class).entries[0]["id"] for _ in range(3))
    at = now()
    assert places.withdraw(db, first, "system", at)
    assert not places.withdraw(db, first, "system"), "nothing is left to withdraw"
    assert states(db, of_class) == ["withdrawn", "offered", "waiting"]
    assert one(db, "select offered_until from entries where id = ?", (second,)) == {"offered_until": stamp(at + timedelta(hours=48))}
    assert places.accept_offer(db, second, "family:x") == [second]
    assert places.accept_offer(db, second, "family:x") == [second], "answered twice is answered once"
    assert states(db, of_class) == ["withdrawn", "accepted", "waiting"]
    assert [len(mails(db, name)) for name in ("withdrawn", "offer", "answered")] == [1, 1, 1]
    assert state(db, third) == "waiting"


def test_a_declined_and_an_expired_offer_go_on_to_the_next(db: Database, apply: Apply) -> None:
    of_class = make_class(db, capacity=1)
    first, second, third, fourth = (apply(of_class).entries[0]["id"] for _ in range(4))
    at = now()
    places.withdraw(db, first, "system", at)
    places.decline_offer(db, second, "family:x", at)
    assert (state(db, second), state(db, third)) == ("declined", "offered")
    later = at + timedelta(hours=48)
    with pytest.raises(TooLate):
        places.accept_offer(db, third, "family:x", later)
    assert places.expire_offers(db, later - timedelta(seconds=1)) == []
    assert places.expire_offers(db, later) == [third]
    assert places.expire_offers(db, later) == []
    assert (state(db, third), state(db, fourth)) == ("expired", "offered")
    assert len(mails(db, "offer-expired")) == 1


def test_siblings_all_or_none_get_and_answer_their_offer_together(db: Database, apply: Apply) -> None:
    of_class = make_class(db, capacity=2)
    there = [entry["id"] for entry in apply(of_class, 2).entries]
    twins = [entry["id"] for entry in apply(of_class, 2, "all").entries]
    single = apply(of_class).entries[0]["id"]
    places.withdraw(db, there[0], "system")
    assert [state(db, entry) for entry in (*twins, single)] == ["waiting", "waiting", "offered"], "one place: the twins are passed over"
    places.withdraw(db, there[1], "system")
    places.decline_offer(db, single, "system")
    assert [state(db, entry) for entry in twins] == ["offered", "offered"]
    assert sorted(places.accept_offer(db, twins[1], "system")) == sorted(twins)
    places.withdraw(db, twins[0], "system")
    assert [state(db, entry) for entry in twins] == ["withdrawn", "accepted"], "one child may give its place back alone"


def test_where_staff_offers_by_hand_nobody_is_offered_or_let_in_past_the_row(db: Database, apply: Apply) -> None:
    of_class = make_class(db, capacity=1, auto_promote=0)
    first, second, third = (apply(of_class).entries[0]["id"] for _ in range(3))
    places.withdraw(db, first, "system")
    assert states(db, of_class) == ["withdrawn", "waiting", "waiting"]
    assert apply(of_class).entries[0]["state"] == "waiting", "a free place belongs to those who wait"
    assert places.offer(db, third, "stclerk") == [third]
    with pytest.raises(NoPlace):
        places.offer(db, second, "stclerk")
    with pytest.raises(TooLate):
        places.offer(db, third, "stclerk")


def test_an_offer_ends_when_the_class_begins_and_none_is_made_by_itself_afterwards(db: Database, apply: Apply) -> None:
    begun = now() + timedelta(hours=5)
    of_class = make_class(db, capacity=1, starts=begun, sessions=2)
    first, second, third = (apply(of_class).entries[0]["id"] for _ in range(3))
    places.withdraw(db, first, "system")
    assert value(db, "select offered_until from entries where id = ?", (second,)) == stamp(begun)
    places.expire_offers(db, begun)
    assert state(db, third) == "waiting"
    assert places.offer(db, third, "stclerk", begun) == [third]


def test_more_places_are_offered_at_once_when_staff_makes_the_class_larger(db: Database, apply: Apply) -> None:
    of_class = make_class(db, capacity=1)
    for _ in range(4):
        apply(of_class)
    db.execute("update classes set capacity = 3 where id = ?", (of_class["id"],))
    assert len(places.promote(db, of_class["id"])) == 2
    assert states(db, of_class) == ["accepted", "offered", "offered", "waiting"]


def test_a_lottery_waits_for_its_result_which_is_mailed_once_a_family(db: Database, apply: Apply) -> None:
    of_class = make_class(db, capacity=2, admission="lottery")
    twins, single, late = apply(of_class, 2, "all"), apply(of_class), apply(of_class)
    assert set(states(db, of_class)) == {"applied"}
    a, b = (entry["id"] for entry in twins.entries)
    c, d = single.entries[0]["id"], late.entries[0]["id"]
    places.withdraw(db, c, "system")
    result = {a: Decision("accepted"), b: Decision("accepted"), c: Decision("waiting", 1), d: Decision("waiting", 2)}
    assert places.decide_all(db, of_class["id"], result) == [c], "who withdrew meanwhile is left alone"
    assert [state(db, entry) for entry in (a, b, c, d)] == ["accepted", "accepted", "withdrawn", "waiting"]
    assert len(mails(db, "result")) == 2
    assert sorted("QRコード" in mail["body"] for mail in mails(db, "result")) == [False, True]
    assert places.decide_all(db, of_class["id"], result) == [c]
    assert len(mails(db, "result")) == 2, "the same result is told once"


def test_a_result_with_more_winners_than_places_changes_nothing(db: Database, apply: Apply) -> None:
    of_class = make_class(db, capacity=1, admission="selection")
    entries = [apply(of_class).entries[0]["id"] for _ in range(2)]
    with pytest.raises(NoPlace):
        places.decide_all(db, of_class["id"], dict.fromkeys(entries, Decision("accepted")))
    assert states(db, of_class) == ["applied", "applied"]
    assert places.decide(db, entries[0], "accepted")
    assert places.decide(db, entries[1], "rejected")
    assert apply(of_class).entries[0]["state"] == "waiting", "who comes after the decision is treated as first come"


@pytest.mark.parametrize(("draw", "outcome"), [("committed", "applied"), ("frozen", None), ("previewed", None), ("confirmed", "accepted")])
def test_nobody_slips_into_a_lottery_that_is_being_drawn(db: Database, apply: Apply, draw: str, outcome: str | None) -> None:
    of_class = make_class(db, admission="lottery")
    row: dict[str, Any] = {"class": of_class["id"], "state": draw, "seed_sealed": "", "commitment": "", "committed_at": stamp()}
    db.table("draws").insert(row)
    if outcome is None:
        with pytest.raises(PlacesError, match="抽選中"):
            apply(of_class)
    else:
        assert apply(of_class).entries[0]["state"] == outcome


def test_a_cancelled_class_ends_all_that_is_open_and_tells_each_family_once(db: Database, apply: Apply) -> None:
    of_class = make_class(db, capacity=1)
    for size in (1, 2, 1):
        apply(of_class, size)
    db.execute("update classes set state = 'cancelled', cancelled_reason = '大雪のため' where id = ?", (of_class["id"],))
    assert len(places.cancel_class(db, of_class["id"], "stboss")) == 4
    assert set(states(db, of_class)) == {"cancelled"}
    assert len(mails(db, "cancelled")) == 3
    assert "大雪のため" in mails(db, "cancelled")[0]["body"]
    with pytest.raises(PlacesError):
        apply(of_class)


def test_every_change_stands_in_the_audit_log_without_a_name(db: Database, apply: Apply) -> None:
    of_class = make_class(db, capacity=1)
    first, second = apply(of_class), apply(of_class)
    places.withdraw(db, first.entries[0]["id"], "family:f1")
    places.decline_offer(db, second.entries[0]["id"], "stclerk")
    lines = every(db, "select actor, action, detail_json from audit order by id")
    assert [line["action"] for line in lines] == ["application.make", "application.make", "entry.withdraw", "entry.offer", "entry.decline"]
    assert [line["actor"] for line in lines[2:]] == ["family:f1", "system", "stclerk"]
    assert "加賀" not in "".join(line["detail_json"] for line in lines)
