"""What a plan says, in Japanese and English. Names come from whoever shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from web.dispatch.problem import Breach, Group, Instead, Plan, Role, Seats, Unfilled, Why
from web.dispatch.watch import Stage
from web.language import Text


class Names(Protocol):
    def session(self, session: str) -> Text:
        """Day, time and title, such as 9月12日(土) 10:00 ロボット教室."""

    def skill(self, skill: str) -> Text: ...


ROLES = {
    Role.LEAD: Text("リーダー", en="lead"),
    Role.ASSISTANT: Text("アシスタント", en="assistant"),
    Role.TRAINEE: Text("研修生", en="trainee"),
}
WHYS = {
    Why.UNSKILLED: Text("この分野を担当しません", en="do not teach this"),
    Why.UNQUALIFIED: Text("この役の資格がありません", en="not qualified for this role"),
    Why.EXPIRED: Text("この日は資格の期限の外です", en="qualification not valid that day"),
    Why.DECLINED: Text("この回を断りました", en="declined this session"),
    Why.AWAY: Text("この時間はお休みです", en="unavailable"),
    Why.HERE: Text("もうこの回にいます", en="already at this session"),
    Why.FIXED: Text("ほかの回に固定されています", en="fixed elsewhere"),
    Why.BOOKED: Text("同じ時間にほかの回があります", en="booked at the same time"),
    Why.TRAVEL: Text("ほかの会場からの移動が間に合いません", en="too far from another session that day"),
    Why.DAY: Text("1日の上限に達しています", en="at the limit for the day"),
    Why.WEEK: Text("1週間の上限に達しています", en="at the limit for the week"),
    Why.MONTH: Text("1か月の上限に達しています", en="at the limit for the month"),
    Why.FREE: Text("空いています(計算の時間が足りませんでした)", en="free (the time for planning ended)"),
}
BREACHES = {
    Breach.UNSKILLED: Text("固定されていますが、この分野を担当しません", en="fixed, but does not teach this"),
    Breach.UNQUALIFIED: Text("固定されていますが、この日はこの役の資格がありません", en="fixed, but not qualified for this role that day"),
    Breach.TRAINEE: Text(
        "リーダーやアシスタントに固定されていますが、まだ研修生です。研修生として数えました",
        en="fixed in a full role, but a trainee: counted as one",
    ),
    Breach.DECLINED: Text("固定されていますが、この回を断っています", en="fixed, but has declined this session"),
    Breach.AWAY: Text("固定されていますが、この時間はお休みです", en="fixed, but unavailable"),
    Breach.CLASH: Text(
        "固定された2つの回の時間が重なるか、移動が間に合いません", en="fixed at two sessions that overlap or are too far apart"
    ),
    Breach.LIMIT: Text("固定された回が上限をこえています", en="fixed at more sessions than the limits allow"),
    Breach.NO_LEAD: Text("研修生が固定されていますが、リーダーがいません", en="a trainee is fixed where nobody leads"),
}
STAGES: dict[Stage, Text] = {
    "fill": Text("席をうめています", en="Filling seats"),
    "changes": Text("変更を少なくしています", en="Keeping changes few"),
    "points": Text("希望・移動・負担を整えています", en="Balancing wishes, ways and load"),
    "explain": Text("うまらない席の理由を調べています", en="Finding out why seats stay empty"),
}
NO_SKILL = Text("", en="")


def explain(one: Unfilled, names: Names) -> Text:
    """One paragraph: what is missing, why each mentor who teaches this is not there, and what would become of filling it."""
    return _joined([_missing(one, names), _reasons(one), _instead(one.instead, names)])


def status(plan: Plan) -> Text:
    gap = f"{plan.gap:.2g}"
    if plan.status == "optimal":
        return Text("これより良い計画はありません(証明済み)。", en="No plan is better (proven).")
    if plan.status == "cancelled":
        return Text("途中で止めました。それまでで一番良い計画です。", en="Stopped before the end: the best plan until then.")
    return Text(
        f"時間内で一番良い計画です。最善との差は、あっても{gap}%です。",
        en=f"The best plan in the time given: at most {gap}% from the best there is.",
    )


def seats_words(seats: Seats, names: Names) -> Text:
    """「Scratchのリーダー」, "lead for Scratch"."""
    role, skill = ROLES[seats.role], names.skill(seats.skill) if seats.skill else NO_SKILL
    return Text(f"{skill}の{role.ja}" if skill else role.ja, en=f"{role.en} for {skill.in_language('en')}" if skill else role.en)


def _missing(one: Unfilled, names: Names) -> Text:
    where, what, count = names.session(one.seats.session), seats_words(one.seats, names), one.seats.count
    en = where.in_language("en")
    if count == one.wanted:
        return Text(f"{where}: {what}がいません。", en=f"{en}: no {what.en}.")
    return Text(f"{where}: {what}があと{count}人足りません。", en=f"{en}: {count} of {one.wanted} missing: {what.en}.")


def _reasons(one: Unfilled) -> Text:
    told = [group for group in one.groups if group.why is not Why.UNSKILLED]
    if not told:
        return Text("この分野を担当するメンターがいません。", en="No mentor teaches this.")
    count = sum(len(group.mentors) for group in told)
    who = (
        Text(f"この分野を担当するメンター{count}人のうち、", en=f"Of {count} who teach this: ")
        if one.seats.skill
        else Text(f"メンター{count}人のうち、", en=f"Of {count} mentors: ")
    )
    parts = [_reason(group) for group in told]
    return Text(f"{who}{'、'.join(part.ja for part in parts)}。", en=f"{who.en}{', '.join(part.en for part in parts)}.")


def _reason(group: Group) -> Text:
    count, why = len(group.mentors), WHYS[group.why]
    return Text(f"{count}人は{why}", en=f"{count} {why.en}")


def _instead(instead: Instead, names: Names) -> Text:
    if instead.possible is None:
        return Text(
            "入れかえでうまるかどうかは、時間内に分かりませんでした。", en="Whether moving people would help was not found out in time."
        )
    if not instead.possible:
        return Text("固定した割り当てのままでは、どう組んでもうまりません。", en="With what is fixed, no plan can fill it.")
    lost = [_emptied(seats, names) for seats in instead.emptied]
    return Text(
        f"うめることはできますが、すると{'と、'.join(part.ja for part in lost)}がいなくなります。",
        en=f"It could be filled, but then this would be empty: {'; '.join(part.en for part in lost)}.",
    )


def _emptied(seats: Seats, names: Names) -> Text:
    where, what = names.session(seats.session), seats_words(seats, names)
    many = seats.count > 1
    return Text(
        f"「{where}」の{what}{f'{seats.count}人' if many else ''}",
        en=f"{f'{seats.count} × ' if many else ''}{what.en} at {where.in_language('en')}",
    )


def _joined(parts: Iterable[Text]) -> Text:
    whole = list(parts)
    return Text("".join(part.ja for part in whole), en=" ".join(part.en for part in whole))
