"""The operator at the command line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from hub.roster import Roster
from hub.roster.cli import roster as command
from kanikko.settings import Settings


@pytest.fixture
def run(tmp_path, monkeypatch):
    settings = Settings(var=tmp_path / "var")
    monkeypatch.setattr("hub.roster.cli.get_settings", lambda: settings)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)

    run.roster = lambda: Roster(settings.roster_db)
    return run


def test_import_reports_the_changes_and_then_that_there_are_none(run, delivery):
    first = run("import", delivery.save())
    assert first.exit_code == 0 and "児童生徒" in first.output and "12" in first.output and "取り込みました" in first.output
    second = run("import", delivery.save())
    assert second.exit_code == 0 and "何も変えていません" in second.output


def test_a_dry_run_says_so_and_changes_nothing(run, delivery):
    result = run("import", delivery.save(), "--dry-run")
    assert "名簿は変えていません" in result.output and run.roster().people() == []


def test_full_sends_away_who_is_missing(run, delivery):
    run("import", delivery.save())
    (delivery.folder / "manifest.csv").unlink()
    del delivery.files["manifest.csv"]
    delivery.remove_person(delivery.pupils()[0]["sourcedId"])
    assert "転出" not in run("import", delivery.save()).output
    assert "転出" in run("import", delivery.save(), "--full").output
    assert len(run.roster().people("student")) == 11


def test_people_are_listed_without_names_unless_asked(run, delivery):
    run("import", delivery.save())
    pupil = run.roster().people("student")[0]
    plain = run("people").output
    assert pupil.account in plain and pupil.family_name not in plain and "児童生徒 12 人、先生 4 人" in plain
    assert pupil.name in run("people", "--names").output
    assert pupil.account not in run("people", "--count").output
    assert pupil.account not in run("people", "--role", "teacher").output


def test_show_says_whose_account_it_is(run, delivery):
    run("import", delivery.save())
    roster = run.roster()
    pupil = roster.people("student")[0]
    shown = run("show", pupil.account).output
    assert pupil.name in shown and roster.groups_of(pupil.account)[0] in shown


def test_classes_show_their_sign_in_codes(run, delivery):
    run("import", delivery.save())
    output = run("classes").output
    for each in run.roster().classes():
        assert each.course in output and each.signin_code in output


def test_an_export_comes_back_unchanged(run, delivery, tmp_path):
    run("import", delivery.save())
    assert "users.csv" in run("export", tmp_path / "out.zip").output
    assert "何も変えていません" in run("import", tmp_path / "out.zip").output
    assert (tmp_path / "out.zip").stat().st_mode & 0o777 == 0o600


def test_a_wrong_use_exits_with_2(run, tmp_path):
    assert run("import", tmp_path / "nowhere").exit_code == 2
    assert run("people", "--role", "crab").exit_code == 2


def test_every_command_has_a_help_text_with_every_option_explained():
    for name, each in command.commands.items():
        assert each.help, name
        for parameter in each.params:
            if parameter.param_type_name == "option":
                assert parameter.help, f"{name} --{parameter.name}"
