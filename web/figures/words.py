"""Words of the counts."""

from __future__ import annotations

from web.language import Text

AGE_BANDS = {
    "preschool": Text("就学前", "{学校|がっこう}の {前|まえ}", "before school"),
    "elementary": Text("小学生", "{小学生|しょうがくせい}", "elementary school"),
    "junior_high": Text("中学生", "{中学生|ちゅうがくせい}", "junior high school"),
    "adult": Text("高校生以上", "{高校生|こうこうせい}より {上|うえ}", "older"),
    "unknown": Text("わからない", "わからない", "not known"),
}
GENDERS = {
    "female": Text("女", "{女|おんな}", "female"),
    "male": Text("男", "{男|おとこ}", "male"),
    "other": Text("そのほか", "そのほか", "other"),
    "": Text("答えなし", "こたえなし", "not given"),
}
