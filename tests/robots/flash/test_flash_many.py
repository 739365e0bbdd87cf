"""Thirty boards on a hub: all flashed, all verified, each with its own team's program."""

from __future__ import annotations

from collections.abc import Callable

from rig import PROGRAM, Beside, Table, expected, files_on, files_on_all, team

from robots.flash.teams import Programs


def test_thirty_boards_at_once_are_flashed_and_verified(table: Table, station: Callable[..., Beside]) -> None:
    boards = [table.add(wait=False) for _ in range(30)]
    beside = station()
    views = beside.done(30)
    assert [view.kind for view in views] == ["good"] * 30, [(view.what, view.step) for view in views if view.kind != "good"]
    wanted = dict(expected(PROGRAM).hashes)
    assert all(held == wanted for held in files_on_all(boards))
    assert {view.uid for view in views} == {board.serial for board in boards}
    rows = beside.log.rows()
    assert len(rows) == 30
    assert {row["verdict"] for row in rows} == {"good"}


def test_each_board_gets_the_program_of_the_team_that_the_log_remembers(table: Table, station: Callable[..., Beside]) -> None:
    boards = [table.add() for _ in range(3)]
    teams = [team(number) for number in ("1", "2", "3")]
    beside = station(programs=Programs({one.team: one for one in teams}))
    beside.wait_for(lambda views: sum(view.kind == "asks" for view in views) == 3)
    for board, one in zip(boards, teams, strict=True):
        row = next(view for view in beside.station.views() if view.uid == board.serial)
        beside.station.assign(row.number, one.team)
    beside.done(3)
    for board, one in zip(boards, teams, strict=True):
        assert files_on(board)["program.py"] == one.sha256
        assert beside.log.team_of(board.serial) == one.team
    boards[0].unplug()
    beside.wait_for(lambda views: any(not view.plugged for view in views))
    boards[0].plug_in()
    beside.wait_for(lambda views: all(view.plugged and view.kind == "good" for view in views))
    assert files_on(boards[0])["program.py"] == teams[0].sha256, "the log knows whose board it is"
