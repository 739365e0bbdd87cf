"""A pupil's server in its room, under the real hub and proxy."""

from __future__ import annotations

from rooms_house import House


def test_a_pupil_starts_his_server_and_runs_one_plus_one(house: House) -> None:
    pupil = house.person(house.pupils[0]).enter()
    status, said = pupil.get("api/status")
    assert status == 200, said
    assert pupil.run("1 + 1") == "2"
