"""The words for what mentors are, do and answer."""

from __future__ import annotations

from web.language import Text
from web.mail.reminders import ROLES as ROLES
from web.mentors.rules import AssignmentState, Kind, MentorState, Refusal

STATES: dict[MentorState, Text] = {
    "applied": Text("申し込みを受け付けました", "{申|もう}し{込|こ}みが とどきました", "We received your application"),
    "training": Text("研修中", "{練習|れんしゅう}して います", "In training"),
    "active": Text("活動中", "{手伝|てつだ}って います", "Active"),
    "resting": Text("お休み中", "{休|やす}んで います", "Taking a rest"),
    "left": Text("登録を終えました", "やめました", "Left"),
}
DESK_STATES: dict[MentorState, str] = {"applied": "申込", "training": "研修中", "active": "活動中", "resting": "休止", "left": "終了"}
STATE_LOOKS: dict[MentorState, tuple[str, str]] = {
    "applied": ("warning", "mail"),
    "training": ("info", "person"),
    "active": ("success", "check"),
    "resting": ("plain", "clock"),
    "left": ("plain", "close"),
}
"""Kind and icon of the badge (look/macros.html)."""

KIND_WORDS: dict[Kind, Text] = {
    "lead": Text("リーダー", "リーダー", "Lead"),
    "assistant": Text("アシスタント", "アシスタント", "Assistant"),
    "trainee": Text("研修生", "{練習|れんしゅう}する {人|ひと}", "Trainee"),
}

ASSIGNMENT_STATES: dict[AssignmentState, Text] = {
    "planned": Text("計画中", "{考|かんが}えて います", "Planned"),
    "offered": Text("お返事をください", "{返事|へんじ}を してください", "Please answer"),
    "accepted": Text("決まりました", "{決|き}まりました", "Confirmed"),
    "declined": Text("お断りになりました", "ことわりました", "Declined"),
    "cancelled": Text("取り消しになりました", "なくなりました", "Cancelled"),
    "done": Text("終わりました", "{終|お}わりました", "Done"),
}
DESK_ASSIGNMENT_STATES: dict[AssignmentState, str] = {
    "planned": "計画",
    "offered": "返事待ち",
    "accepted": "決定",
    "declined": "辞退",
    "cancelled": "取消",
    "done": "済み",
}
ASSIGNMENT_LOOKS: dict[AssignmentState, tuple[str, str]] = {
    "planned": ("plain", "clock"),
    "offered": ("warning", "mail"),
    "accepted": ("success", "check"),
    "declined": ("plain", "close"),
    "cancelled": ("error", "warning"),
    "done": ("plain", "check"),
}

REFUSALS: dict[Refusal, Text] = {
    Refusal.CANCELLED: Text(
        "この回は取り消しになりました。お返事はいりません。",
        "この {回|かい}は なくなりました。{返事|へんじ}は いりません。",
        "This session was cancelled. You need not answer.",
    ),
    Refusal.BEGUN: Text(
        "もう始まっているので、ここではお返事できません。お電話ください。",
        "もう {始|はじ}まって います。{電話|でんわ}してください。",
        "It has begun already, so it cannot be answered here. Please call us.",
    ),
    Refusal.ANSWERED: Text(
        "お返事はいただいています。変えたいときは、お電話ください。",
        "{返事|へんじ}は とどいて います。かえたい ときは {電話|でんわ}してください。",
        "You have answered already. To change it, please call us.",
    ),
    Refusal.NOT_ASKED: Text(
        "まだお願いしていない回です。",
        "まだ おねがいして いない {回|かい}です。",
        "We have not asked you for this one yet.",
    ),
    Refusal.BUSY: Text(
        "同じ時間に、引き受けた別の回があります。どちらかを先にお断りください。",
        "おなじ {時間|じかん}に ほかの {教室|きょうしつ}が あります。{先|さき}に どちらかを ことわってください。",
        "You have another session at that time. Please decline one of them first.",
    ),
}

WEEKDAYS: tuple[Text, ...] = (
    Text("月曜日", "{月曜日|げつようび}", "Monday"),
    Text("火曜日", "{火曜日|かようび}", "Tuesday"),
    Text("水曜日", "{水曜日|すいようび}", "Wednesday"),
    Text("木曜日", "{木曜日|もくようび}", "Thursday"),
    Text("金曜日", "{金曜日|きんようび}", "Friday"),
    Text("土曜日", "{土曜日|どようび}", "Saturday"),
    Text("日曜日", "{日曜日|にちようび}", "Sunday"),
)

WEIGHTS: tuple[tuple[int, Text], ...] = (
    (2, Text("ぜひ", "ぜひ", "Very much")),
    (1, Text("できれば", "できれば", "Gladly")),
    (0, Text("どちらでも", "どちらでも いい", "Either way")),
    (-1, Text("できれば避けたい", "できれば いや", "Rather not")),
    (-2, Text("避けたい", "いや", "Please not")),
)

SPOKEN: tuple[tuple[str, Text], ...] = (
    ("ja", Text("日本語", "{日本語|にほんご}", "Japanese")),
    ("en", Text("英語", "{英語|えいご}", "English")),
    ("zh", Text("中国語", "{中国語|ちゅうごくご}", "Chinese")),
    ("ko", Text("韓国・朝鮮語", "{韓国語|かんこくご}", "Korean")),
    ("vi", Text("ベトナム語", "ベトナム{語|ご}", "Vietnamese")),
    ("pt", Text("ポルトガル語", "ポルトガル{語|ご}", "Portuguese")),
    ("sign", Text("手話", "{手話|しゅわ}", "Sign language")),
)
"""Languages in which a mentor can help children."""
