"""``kanikko lesson``: what an operator types and reads."""

import pytest
from click.testing import CliRunner, Result

from grading.exchange.store import Store
from grading.release import cli
from kanikko.settings import Settings


@pytest.fixture
def kanikko(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cli, "get_settings", lambda: settings)

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli.lesson, list(words))

    return run


def test_the_library_is_listed_with_plain_titles(kanikko) -> None:
    shown = kanikko("list").output
    assert "kani-wo-ugokasou" in shown
    assert "カニを 動かそう" in shown


def test_a_lesson_is_given_to_a_class_seen_in_the_status_and_taken_back(kanikko, settings: Settings, city: dict[int, str]) -> None:
    done = kanikko("release", "hajimete-no-python", "--course", city[3], "--course", city[5])
    assert "released to 2, unchanged in 0, failed in 0 classes" in done.output
    assert done.exit_code == 0
    assert "hajimete-no-python" in kanikko("status", "--course", city[3]).output
    assert "withdrawn from 1 of 1" in kanikko("withdraw", "hajimete-no-python", "--course", city[3]).output
    store = Store(settings)
    assert [out.course for out in store.lessons([city[3], city[5]])] == [city[5]]
    store.close()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ((), "say which classes"),
        (("--all", "--grade", "5"), "say which classes"),
        (("--course", "cnobody2"), "no such class: cnobody2"),
        (("--grade", "1"), "no class matches"),
    ],
)
def test_an_operator_must_say_which_classes(kanikko, options: tuple[str, ...], problem: str) -> None:
    done = kanikko("release", "kani-wo-ugokasou", *options)
    assert done.exit_code == 2
    assert problem in done.output


def test_a_check_of_a_good_lesson_passes(kanikko) -> None:
    done = kanikko("check", "hajimete-no-python")
    assert done.exit_code == 0, done.output
