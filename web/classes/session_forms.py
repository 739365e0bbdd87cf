"""The desk's forms of sessions: one, and a series."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import jpholiday
from sqlite_utils import Database
from wtforms import BooleanField, StringField
from wtforms.validators import ValidationError

from kanikko.clock import CITY_TIME
from web.classes.fields import Choice, Clock, Day
from web.classes.series import LAST, Planned, Series, days_of, plan
from web.classes.words import WEEKDAYS
from web.data import every
from web.forms import SiteForm, at_most, needed, optional

LONGEST_SERIES = timedelta(days=400)
YEARS = range(2000, 2100)


class _Timed(SiteForm):
    """What both ask: hours and place."""

    starts = Clock("始まり", [needed()])
    ends = Clock("終わり", [needed()])
    place = Choice("場所", [needed()])
    note = StringField("この回のお知らせ", [at_most(200)], description="公開されます。例: 3階の入口から入ってください。")

    def fill_choices(self, db: Database, chosen: str | None = None) -> None:
        rows = every(db, "select id, name, area from places where active or id = ? order by area, name_kana, name", (chosen,))
        self.place.offer([("", "選んでください"), *((row["id"], f"{row['name']}（{row['area']}）") for row in rows)])

    def validate_ends(self, field: Clock) -> None:
        if self.starts.data and field.data and field.data <= self.starts.data:
            raise ValidationError("終わりは、始まりより後の時刻にしてください")

    def moments(self, day: date) -> tuple[datetime, datetime]:
        """Start and end on that day."""
        assert self.starts.data and self.ends.data  # noqa: S101 (needed)
        return datetime.combine(day, self.starts.data, CITY_TIME), datetime.combine(day, self.ends.data, CITY_TIME)


def _sensible(form: Any, field: Day) -> None:
    if field.data and field.data.year not in YEARS:
        raise ValidationError("年を確かめてください")


class SessionForm(_Timed):
    """One session."""

    day = Day("日", [needed(), _sensible])


class SeriesForm(_Timed):
    """A series; the preview is asked with GET, so that nothing is lost by looking."""

    weekday = Choice("曜日", [needed()], choices=[(str(number), f"{words.ja}曜日") for number, words in enumerate(WEEKDAYS)], default="5")
    rhythm = Choice(
        "くり返し",
        [needed()],
        choices=[
            ("w1", "毎週"), ("w2", "2週ごと"), ("w3", "3週ごと"), ("w4", "4週ごと"),
            ("n1", "毎月 第1"), ("n2", "毎月 第2"), ("n3", "毎月 第3"), ("n4", "毎月 第4"), ("nl", "毎月 最後"),
        ],
        default="w1",
    )  # fmt: skip
    from_day = Day("この日から", [needed(), _sensible])
    to_day = Day("この日まで", [needed(), _sensible])
    except_days = StringField("除く日", [optional(), at_most(400)], description="2026-12-26, 2027-1-2 のように、コンマで区切ります。")
    skip_holidays = BooleanField("祝日は除く", default=True)

    def validate_to_day(self, field: Day) -> None:
        if not (field.data and self.from_day.data):
            return
        if field.data < self.from_day.data:
            raise ValidationError("「この日から」より後の日にしてください")
        if field.data - self.from_day.data > LONGEST_SERIES:
            raise ValidationError(f"一度に作れるのは{LONGEST_SERIES.days}日の間までです")

    def validate_except_days(self, field: StringField) -> None:
        try:
            exceptions_of(field.data or "")
        except ValueError:
            raise ValidationError("日付は 2026-12-26 の形で、コンマで区切ってください") from None

    def planned(self) -> list[Planned]:
        """The days of the series with what is left out. For a form that is in order."""
        rhythm = self.rhythm.data
        assert self.from_day.data and self.to_day.data  # noqa: S101 (needed)
        series = Series(
            weekday=int(self.weekday.data),
            from_day=self.from_day.data,
            to_day=self.to_day.data,
            weeks=int(rhythm[1]) if rhythm[0] == "w" else 1,
            nth=None if rhythm[0] == "w" else LAST if rhythm == "nl" else int(rhythm[1]),
            except_days=frozenset(exceptions_of(self.except_days.data or "")),
        )
        holidays = {day: str(jpholiday.is_holiday_name(day)) for day in days_of(series) if jpholiday.is_holiday(day)}
        return plan(series, holidays, skip_holidays=self.skip_holidays.data)


def exceptions_of(typed: str) -> list[date]:
    """Days separated by commas or spaces: ``2026-12-26, 2027/1/2``. Raises ValueError."""
    return [_day(part) for part in re.split(r"[,、\s]+", typed) if part]


def _day(typed: str) -> date:
    found = re.fullmatch(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", typed)
    if found is None:
        raise ValueError(typed)
    return date(*map(int, found.groups()))
