"""The words for what a class is: level, audience, admission, window, state. Each stands here once, in three languages."""

from __future__ import annotations

from typing import Any

from babel.dates import get_month_names

from web.classes.rules import Room, Window
from web.language import Text
from web.school_years import year_words

LEVELS: dict[str, Text] = {
    "first": Text("はじめて", "はじめて", "First steps"),
    "beginner": Text("初級", "{初級|しょきゅう}", "Beginner"),
    "middle": Text("中級", "{中級|ちゅうきゅう}", "Intermediate"),
    "advanced": Text("上級", "{上級|じょうきゅう}", "Advanced"),
    "any": Text("だれでも", "だれでも", "Any level"),
}
AUDIENCES: dict[str, Text] = {
    "preschool": Text("就学前の子ども", "{小学校|しょうがっこう}に {入|はい}る{前|まえ}の {子|こ}", "Children before school"),
    "children": Text("小・中学生", "{小学生|しょうがくせい}・{中学生|ちゅうがくせい}", "School children"),
    "seniors": Text("シニア", "60{歳|さい}ぐらいから", "Seniors"),
    "citizens": Text("一般", "おとな", "Citizens"),
    "staff": Text("市の職員", "{市|し}の {人|ひと}", "City staff"),
}
ADMISSIONS: dict[str, Text] = {
    "first_come": Text("先着順", "{早|はや}い{順|じゅん}", "First come"),
    "lottery": Text("抽選", "くじ", "Lottery"),
    "selection": Text("選考", "えらびます", "By selection"),
    "invited": Text("申し込みなし", "{申|もう}し{込|こ}みは ありません", "No applications"),
}
HOW_ADMITTED: dict[str, Text] = {
    "first_come": Text(
        "申し込みの早い順に決まります。定員をこえたらキャンセル待ちになり、席が空いたら順番にお知らせします。",
        "{早|はや}く {申|もう}し{込|こ}んだ{人|ひと}から {決|き}まります。いっぱいの ときは {待|ま}つことが できます。"
        "{席|せき}が {空|あ}いたら お{知|し}らせします。",
        "Places go to those who apply first. When it is full you join the waiting list; as places become free we offer them in order.",
    ),
    "lottery": Text(
        "受付が終わってから抽選で決めます。早く申し込んでも有利にはなりません。抽選はだれでも確かめられます。",
        "{申|もう}し{込|こ}みが {終|お}わってから くじで {決|き}めます。{早|はや}くても おそくても {同|おな}じです。"
        "くじは だれでも {確|たし}かめられます。",
        "Places are drawn by lot after applications close. Applying early gives no advantage. Anyone can check the draw.",
    ),
    "selection": Text(
        "申し込みの内容を選考委員が読んで決めます。結果はメールでお知らせします。",
        "{申|もう}し{込|こ}みに {書|か}いたことを {読|よ}んで {決|き}めます。{結果|けっか}は メールで お{知|し}らせします。",
        "Reviewers read the applications and decide. You get the result by mail.",
    ),
    "invited": Text(
        "この教室は依頼をいただいた先で行います。一般の申し込みはありません。",
        "この {教室|きょうしつ}は たのまれた ところで します。{申|もう}し{込|こ}みは ありません。",
        "This class is held where we were asked to come; there are no applications.",
    ),
}
WINDOWS: dict[Window, Text] = {
    "before": Text("受付前", "まだ {申|もう}し{込|こ}めません", "Not open yet"),
    "open": Text("受付中", "{申|もう}し{込|こ}めます", "Open"),
    "closed": Text("受付終了", "{申|もう}し{込|こ}みは {終|お}わりました", "Closed"),
    "none": Text("申し込みなし", "{申|もう}し{込|こ}みは ありません", "No applications"),
}
WINDOW_LOOKS: dict[Window, tuple[str, str]] = {
    "before": ("info", "clock"),
    "open": ("success", "check"),
    "closed": ("plain", "close"),
    "none": ("plain", "info"),
}
"""Kind and icon of the badge (look/macros.html)."""
STATES: dict[str, Text] = {
    "draft": Text("下書き", "{下書|したが}き", "Draft"),
    "published": Text("公開中", "{公開|こうかい}", "Published"),
    "cancelled": Text("中止", "なくなりました", "Cancelled"),
}
STATE_LOOKS: dict[str, tuple[str, str]] = {
    "draft": ("warning", "pencil"),
    "published": ("success", "check"),
    "cancelled": ("error", "warning"),
}
SESSION_STATES: dict[str, Text] = {
    "planned": Text("予定", "{予定|よてい}", "Planned"),
    "held": Text("実施済み", "{終|お}わりました", "Held"),
    "cancelled": Text("中止", "なくなりました", "Cancelled"),
}
LANGUAGES: dict[str, Text] = {
    "ja": Text("日本語", "{日本語|にほんご}", "Japanese"),
    "easy": Text("やさしい日本語", "やさしい {日本語|にほんご}", "Plain Japanese"),
    "en": Text("英語", "{英語|えいご}", "English"),
}
DAYS: dict[str, Text] = {
    "saturday": Text("土曜日", "{土曜日|どようび}", "Saturday"),
    "sunday": Text("日曜日・祝日", "{日曜日|にちようび}・{休|やす}みの{日|ひ}", "Sunday or holiday"),
    "weekday": Text("平日", "{月曜日|げつようび}から {金曜日|きんようび}", "Weekday"),
}
WEEKDAYS: tuple[Text, ...] = (
    Text("月", "{月|げつ}", "Mon"),
    Text("火", "{火|か}", "Tue"),
    Text("水", "{水|すい}", "Wed"),
    Text("木", "{木|もく}", "Thu"),
    Text("金", "{金|きん}", "Fri"),
    Text("土", "{土|ど}", "Sat"),
    Text("日", "{日|にち}", "Sun"),
)
QUESTION_KINDS: dict[str, Text] = {
    "text": Text("文章で答える", "{書|か}く", "Text"),
    "choice": Text("選んで答える", "えらぶ", "Choice"),
    "yesno": Text("はい・いいえ", "はい・いいえ", "Yes or no"),
}
FREE = Text("無料", "お{金|かね}は いりません", "Free")


def for_whom(row: dict[str, Any]) -> Text:
    """「小学3年〜小学6年」「55歳以上」, else the audience."""
    if row["grade_from"] is not None or row["grade_to"] is not None:
        return _span(row["grade_from"], row["grade_to"], year_words)
    if row["age_from"] is not None or row["age_to"] is not None:
        return _span(row["age_from"], row["age_to"], lambda age: Text(f"{age}歳", f"{age}{{歳|さい}}", f"age {age}"))
    return AUDIENCES[row["audience"]]


def _span(lowest: int | None, highest: int | None, words: Any) -> Text:
    if lowest is not None and highest is not None:
        low, high = words(lowest), words(highest)
        return low if lowest == highest else Text(f"{low}〜{high}", f"{low.easy}から {high.easy}まで", f"{low.en} to {high.en}")
    if lowest is not None:
        low = words(lowest)
        return Text(f"{low}以上", f"{low.easy}から", f"{low.en} and older")
    high = words(highest)
    return Text(f"{high}まで", f"{high.easy}まで", f"up to {high.en}")


def fee_words(yen: int) -> Text:
    """What it costs."""
    return Text(f"{yen:,}円", f"{yen:,}{{円|えん}}", f"{yen:,} yen") if yen else FREE


def room_words(room: Room) -> Text:
    """How many places are left, how many wait, or that it does not depend on that."""
    if room.decided_later:
        return Text(
            f"定員{room.capacity}人・いまの申し込み{room.applied}人",
            f"{room.capacity}{{人|にん}}まで。いま {room.applied}{{人|にん}}が {{申|もう}}し{{込|こ}}みました",
            f"{room.capacity} places, {room.applied} applications so far",
        )
    if room.waiting:
        return Text(
            f"満席（キャンセル待ち{room.waiting}人）",
            f"いっぱいです。{room.waiting}{{人|にん}}が {{待|ま}}っています",
            f"Full, {room.waiting} waiting",
        )
    if not room.free:
        return Text("満席（キャンセル待ちができます）", "いっぱいです。{待|ま}つことが できます", "Full; you can join the waiting list")
    return Text(f"あと{room.free}人", f"あと {room.free}{{人|にん}}", f"{room.free} places left" if room.free > 1 else "1 place left")


def year_title(fiscal_year: int) -> Text:
    """「2026年度（令和8年度）」."""
    """「2026年度（令和8年度）」."""
    era = f"令和{fiscal_year - 2018}年度" if fiscal_year >= 2019 else f"平成{fiscal_year - 1988}年度"
    return Text(f"{fiscal_year}年度（{era.replace('令和1年', '令和元年')}）", f"{fiscal_year}{{年度|ねんど}}", f"Fiscal year {fiscal_year}")


def month_title(year: int, month: int) -> Text:
    """「2026年12月」."""
    return Text(f"{year}年{month}月", f"{year}{{年|ねん}}{month}{{月|がつ}}", f"{get_month_names('wide', locale='en')[month]} {year}")


_HOLIDAYS: dict[str, tuple[str, str]] = {
    "元日": ("{元日|がんじつ}", "New Year's Day"),
    "成人の日": ("{成人|せいじん}の{日|ひ}", "Coming of Age Day"),
    "建国記念の日": ("{建国|けんこく}{記念|きねん}の{日|ひ}", "National Foundation Day"),
    "天皇誕生日": ("{天皇|てんのう}{誕生日|たんじょうび}", "Emperor's Birthday"),
    "春分の日": ("{春分|しゅんぶん}の{日|ひ}", "Spring Equinox Day"),
    "昭和の日": ("{昭和|しょうわ}の{日|ひ}", "Showa Day"),
    "憲法記念日": ("{憲法|けんぽう}{記念日|きねんび}", "Constitution Day"),
    "みどりの日": ("みどりの{日|ひ}", "Greenery Day"),
    "こどもの日": ("こどもの{日|ひ}", "Children's Day"),
    "海の日": ("{海|うみ}の{日|ひ}", "Marine Day"),
    "山の日": ("{山|やま}の{日|ひ}", "Mountain Day"),
    "敬老の日": ("{敬老|けいろう}の{日|ひ}", "Respect for the Aged Day"),
    "秋分の日": ("{秋分|しゅうぶん}の{日|ひ}", "Autumn Equinox Day"),
    "スポーツの日": ("スポーツの{日|ひ}", "Sports Day"),
    "文化の日": ("{文化|ぶんか}の{日|ひ}", "Culture Day"),
    "勤労感謝の日": ("{勤労|きんろう}{感謝|かんしゃ}の{日|ひ}", "Labour Thanksgiving Day"),
}


def holiday_words(name: str) -> Text:
    """A holiday as jpholiday names it; substitute holidays and new ones are just holidays."""
    easy, english = _HOLIDAYS.get(name, ("{休|やす}みの{日|ひ}", "Holiday"))
    return Text(name, easy, english)
