"""How long personal data is kept: one table of periods, and pure functions that say what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from web.clock import fiscal_year
from web.language import Text


@dataclass(frozen=True)
class Period:
    """``what`` is kept for ``years`` and ``days`` from the day that ``since`` names (``whole_year``: from the end of its fiscal year)."""

    what: Text
    since: Text
    days: int = 0
    years: int = 0
    whole_year: bool = False

    @property
    def length(self) -> Text:
        """「年度の終わりから3年」."""
        number = self.years or self.days
        unit = ("年", "{年|ねん}", "year") if self.years else ("日", "{日|にち}", "day")
        start = (
            ("年度の終わりから", "{3月|さんがつ}{31日|さんじゅういちにち}から ", " after the end of the fiscal year")
            if self.whole_year
            else ("", "", "")
        )
        english = f"{number} {unit[2]}{'s' if number > 1 else ''}{start[2]}"
        return Text(f"{start[0]}{number}{unit[0]}", f"{start[1]}{number}{unit[1]}", english)


_CLASS_OVER = Text("教室の最後の日", "{教室|きょうしつ}の {最後|さいご}の {日|ひ}", "the last day of the class")

PERIODS: dict[str, Period] = {
    "confirmation": Period(
        Text("確認の途中のメールアドレス", "{確認|かくにん}の まえの メールアドレス", "E-mail addresses not confirmed"),
        Text("リンクの期限", "リンクが {使|つか}えなくなった {日|ひ}", "the end of the link"),
        days=1,
    ),
    "care": Period(
        Text(
            "配慮してほしいこと・緊急の連絡先",
            "{気|き}を つけてほしい こと・{急|いそ}ぎの {電話|でんわ}",
            "Care notes and emergency contacts",
        ),
        _CLASS_OVER,
        days=30,
    ),
    "answers": Period(
        Text("申し込みの質問への答え・選考の講評", "{質問|しつもん}の {答|こた}え", "Answers to questions, reviewers' comments"),
        _CLASS_OVER,
        years=1,
    ),
    "not_admitted": Period(
        Text(
            "参加にならなかった申し込みの名前と連絡先",
            "{参加|さんか}しなかった {人|ひと}の {名前|なまえ}と {連絡先|れんらくさき}",
            "Names and contacts of who did not take part",
        ),
        _CLASS_OVER,
        years=1,
    ),
    "family": Period(
        Text(
            "参加した人の名前と連絡先",
            "{参加|さんか}した {人|ひと}の {名前|なまえ}と {連絡先|れんらくさき}",
            "Names and contacts of participants",
        ),
        _CLASS_OVER,
        years=3,
        whole_year=True,
    ),
    "mail": Period(
        Text("送ったメールの中身とあて先", "{送|おく}った メール", "Mails that were sent"),
        Text("送った日", "{送|おく}った {日|ひ}", "the day of sending"),
        days=180,
    ),
    "borrower": Period(
        Text("機材を借りた人の連絡先", "{道具|どうぐ}を {借|か}りた {人|ひと}の {連絡先|れんらくさき}", "Contacts of borrowers"),
        Text("返す日", "{返|かえ}す {日|ひ}", "the day of return"),
        years=1,
    ),
    "outreach": Period(
        Text(
            "出前授業を頼んだ人の連絡先",
            "{先生|せんせい}を よんだ {人|ひと}の {連絡先|れんらくさき}",
            "Contacts of those who asked for outreach lessons",
        ),
        Text("依頼の日", "たのんだ {日|ひ}", "the day of the request"),
        years=3,
        whole_year=True,
    ),
    "mentor": Period(
        Text(
            "やめたメンターの名前と連絡先",
            "やめた メンターの {名前|なまえ}と {連絡先|れんらくさき}",
            "Names and contacts of mentors who left",
        ),
        Text("最後の派遣の日", "{最後|さいご}に {教|おし}えた {日|ひ}", "their last lesson"),
        years=5,
        whole_year=True,
    ),
    "audit": Period(
        Text("だれが何を見て、何を変えたかの記録", "だれが {見|み}たかの {記録|きろく}", "The log of who saw and changed what"),
        Text("記録の日", "{記録|きろく}の {日|ひ}", "the day of the entry"),
        years=3,
    ),
}
"""By kind. The privacy page and the desk show this table; the daily job does what it says."""


def kept_until(kind: str, since: date) -> date:
    """The last day on which data of this kind is kept. Pure."""
    period = PERIODS[kind]
    start = date(fiscal_year(since) + 1, 3, 31) if period.whole_year else since
    try:
        end = start.replace(year=start.year + period.years)
    except ValueError:  # February 29
        end = date(start.year + period.years, 3, 1)
    return end + timedelta(days=period.days)


def is_due(kind: str, since: date, today: date) -> bool:
    """Must it be erased? Pure."""
    return today > kept_until(kind, since)


def first_kept(kind: str, today: date) -> date:
    """The first day whose data of this kind is still kept; what began before it is due. Pure."""
    period = PERIODS[kind]
    day = today - timedelta(days=period.days)
    day = date(day.year - period.years - period.whole_year, day.month, min(day.day, 28))
    while is_due(kind, day, today):
        day += timedelta(days=1)
    return day


@dataclass(frozen=True)
class FamilyFacts:
    """What decides about a family: days of the last sessions of classes it applied to, and of those it came to or had a place in."""

    created: date
    last_class: date | None
    last_place: date | None
    open: bool = False
    """Something may still come of an application: nothing is due."""


def family_due(facts: FamilyFacts, today: date) -> str:
    """``family`` (erase it), ``care`` (notes and emergency contacts only) or ''. Pure."""
    if facts.open:
        return ""
    last = max(day for day in (facts.created, facts.last_class, facts.last_place) if day)
    kind, since = ("family", facts.last_place) if facts.last_place else ("not_admitted", last)
    if is_due(kind, since, today) and is_due("not_admitted", last, today):
        return "family"
    return "care" if is_due("care", last, today) else ""
