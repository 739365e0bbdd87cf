"""What a state looks like, what a mark reads like: rules without a hub."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from hub.screens.marks import Column, marks_csv
from hub.screens.openings import Openings
from hub.screens.states import PUPIL_LOOKS, TEACHER_LOOKS, Pupil, Standing, clock_text, row, score_text, standing, summary
from hub.screens.words import ruby_for, unmarked
from kanikko.exchange_facts import Flag, Progress
from kanikko.settings import Settings
from kanikko.spreadsheet import safe

NOW = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)  # 13:30 in the classroom
AIKO = Pupil("uaaaaaaaa2", "1", "青木 愛子", "あおき あいこ")


def progress(state: str = "graded", score: float | None = 8, most: float | None = 10, **more: object) -> Progress:
    return Progress.model_validate(
        {"state": state, "score": score, "max_score": most, "submission": "s1", "submitted_at": NOW, "flags": (), "note": None, **more}
    )


@pytest.mark.parametrize(
    ("exchange", "opened", "expected"),
    [
        (None, False, Standing.NOT_YET),
        ("released", False, Standing.NOT_YET),
        ("released", True, Standing.OPENED),
        ("queued", False, Standing.QUEUED),
        ("graded", True, Standing.GRADED),
        ("a state of tomorrow", True, Standing.OPENED),
    ],
)
def test_opened_but_not_handed_in_is_tochuu(exchange: str | None, opened: bool, expected: Standing) -> None:
    assert standing(exchange, opened) is expected


def test_every_state_has_a_word_and_a_picture_for_both_readers() -> None:
    for looks in (PUPIL_LOOKS, TEACHER_LOOKS):
        assert set(looks) == set(Standing)
        assert all(look.label and look.icon for look in looks.values())
    assert {look.label for look in PUPIL_LOOKS.values()} == {"まだ", "とちゅう", "ていしゅつした", "かえってきた"}


def test_times_are_those_of_the_classrooms_clock() -> None:
    assert clock_text(datetime(2026, 11, 22, 4, 5, tzinfo=UTC), NOW) == "13:05"
    assert clock_text(datetime(2026, 11, 21, 14, 59, tzinfo=UTC), NOW) == "11/21 23:59"
    assert clock_text(datetime(2026, 11, 21, 15, 0, tzinfo=UTC), NOW) == "00:00"


def test_points_are_shown_only_when_graded() -> None:
    assert row(AIKO, "on", True, progress(), NOW).points == "8 / 10"
    assert row(AIKO, "on", True, progress("grading", None, None), NOW).points == ""
    assert score_text(7.5, 10) == "7.5 / 10"


def test_the_counters_count_who_started_handed_in_and_has_full_marks() -> None:
    rows = [
        row(AIKO, "off", False, None, NOW),
        row(AIKO, "on", True, None, NOW),
        row(AIKO, "on", True, progress("queued", None, None), NOW),
        row(AIKO, "off", False, progress(score=10), NOW),
    ]
    counted = summary(rows)
    assert (counted.pupils, counted.started, counted.handed_in, counted.full) == (4, 3, 2, 1)


def test_zero_of_zero_points_are_not_full_marks() -> None:
    assert not row(AIKO, "on", True, progress(score=0, most=0), NOW).full


def test_what_travels_to_the_page_holds_no_name() -> None:
    sent = row(AIKO, "on", True, progress(flags=(Flag(grade_id="q1", kind="eq-always-true"),)), NOW).message()
    assert "青木" not in str(sent) and "あおき" not in str(sent)
    assert sent["flags"] == 1


def test_the_marks_open_in_excel_and_run_nothing() -> None:
    hostile = Pupil("ubbbbbbbb2", "2", "=cmd|'/c calc'!A1", "＝たす")
    marks = {AIKO.account: progress(), hostile.account: progress("queued", None, None)}
    written = marks_csv([AIKO, hostile], [Column("カニを動かそう", marks)])
    assert written.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))
    assert table[0] == ["番号", "名前", "ふりがな", "カニを動かそう(10点満点)"]
    assert table[1] == ["1", "青木 愛子", "あおき あいこ", "8"]
    assert table[2] == ["2", "'=cmd|'/c calc'!A1", "'＝たす", "採点中"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "＠x"])
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert safe(text).startswith("'")


def test_openings_are_remembered_once_and_by_class_and_lesson(settings: Settings) -> None:
    openings = Openings(settings.var / "screens.db")
    assert openings.record("uaaaaaaaa2", "caaaaaaa", "kani")
    assert not openings.record("uaaaaaaaa2", "caaaaaaa", "kani")
    again = Openings(settings.var / "screens.db")
    assert again.accounts("caaaaaaa", "kani") == {"uaaaaaaaa2"}
    assert again.accounts("cbbbbbbb", "kani") == set()
    assert again.lessons("uaaaaaaaa2") == {("caaaaaaa", "kani")}


def test_furigana_that_makes_no_sense_is_shown_as_text_never_as_html() -> None:
    assert ruby_for(1)("{<b>壊|") == "{&lt;b&gt;壊|"
    assert ruby_for(1)("<script>{課題|かだい}") == "&lt;script&gt;<ruby>課題<rp>(</rp><rt>かだい</rt><rp>)</rp></ruby>"
    assert unmarked("{壊") == "{壊"
