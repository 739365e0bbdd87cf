"""What the menus hold: each room lists its own pages here. A line shows when the page exists for whoever looks."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import request, url_for

from web.access import ACCESS, may
from web.language import Text, say


class Line(NamedTuple):
    endpoint: str
    words: Text
    icon: str


PUBLIC: list[Line] = [
    Line("classes.search", Text("教室をさがす", "{教室|きょうしつ}を さがす", "Find a class"), "calendar"),
    Line("programmes.listing", Text("取り組み", "とりくみ", "Programmes"), "crab"),
    Line("outreach.ask", Text("出前授業", "{来|き}てもらう", "Lessons at your place"), "place"),
    Line("mentors.join", Text("メンターになる", "メンターに なる", "Become a mentor"), "person"),
    Line("kits.listing", Text("機材を借りる", "{道具|どうぐ}を {借|か}りる", "Borrow kits"), "kit"),
    Line("figures.overview", Text("数字で見る", "{数字|すうじ}で {見|み}る", "In figures"), "chart"),
]

FOOTER: list[Line] = [
    Line("front.accessibility", Text("使いやすさについて", "{使|つか}いやすさ", "Accessibility"), ""),
    Line("front.privacy", Text("個人情報の扱い", "{個人|こじん}の {情報|じょうほう}", "Privacy"), ""),
    Line("front.contact", Text("お問い合わせ", "{聞|き}きたいこと", "Contact"), ""),
    Line("opendata.listing", Text("オープンデータ", "オープンデータ", "Open data"), ""),
    Line("apply.my_ask", Text("申し込みの確認・変更", "{申|もう}し{込|こ}みを {見|み}る", "Your applications"), ""),
    Line("staff.desk", Text("職員の入口", "{市|し}の {人|ひと}", "Staff"), ""),
]

MORE: list[tuple[Text, Text, str]] = [
    (
        Text("教室に来てもらう", "{来|き}てもらう", "Lessons at your place"),
        Text(
            "園・学校・図書館・町会に、講師と機材がうかがいます。",
            "{学校|がっこう}や {町会|ちょうかい}に {先生|せんせい}が {行|い}きます。",
            "Teachers and equipment come to nurseries, schools, libraries and neighbourhood associations.",
        ),
        "outreach.ask",
    ),
    (
        Text("メンターになる", "メンターに なる", "Become a mentor"),
        Text(
            "子どもの「できた」を隣で支える人を待っています。",
            "{子|こ}どもを {手伝|てつだ}う {人|ひと}に なりませんか。",
            "Help children make things work.",
        ),
        "mentors.join",
    ),
    (
        Text("機材を借りる", "{道具|どうぐ}を {借|か}りる", "Borrow kits"),
        Text("かにロボットやタブレットを貸し出します。", "かにロボットや タブレットを {貸|か}します。", "Crab robots, tablets and more."),
        "kits.listing",
    ),
    (
        Text("数字で見る", "{数字|すうじ}で {見|み}る", "In figures"),
        Text(
            "市の計画の目標と、これまでの実績です。",
            "{市|し}の {計画|けいかく}の {数字|すうじ}です。",
            "The city's plan: targets and what was reached.",
        ),
        "figures.overview",
    ),
]
"""Cards on the first page: title, words, endpoint."""

DESK: dict[str, list[Line]] = {
    "": [
        Line("staff.desk", Text("きょうの仕事"), "clock"),
        Line("door.desk", Text("受付"), "qr"),
        Line("mentors.attendance", Text("メンターの出席"), "check"),
    ],
    "教室": [
        Line("classes.desk", Text("教室と日程"), "calendar"),
        Line("apply.desk", Text("申し込み"), "ticket"),
        Line("lottery.desk", Text("抽選"), "ticket"),
        Line("selection.desk", Text("選考"), "check"),
        Line("outreach.desk", Text("出前授業の依頼"), "place"),
    ],
    "人と機材": [
        Line("mentors.desk", Text("メンター"), "person"),
        Line("dispatch.desk", Text("派遣"), "person"),
        Line("kits.desk", Text("機材"), "kit"),
    ],
    "数字": [Line("figures.desk", Text("実績"), "chart"), Line("programmes.desk", Text("取り組みと目標"), "crab")],
    "しくみ": [
        Line("mail.desk", Text("メール"), "mail"),
        Line("staff.accounts", Text("職員"), "person"),
        Line("staff.log", Text("記録"), "clock"),
        Line("staff.records", Text("データの保存と消去"), "download"),
    ],
}


def menu(lines: list[Line]) -> list[dict[str, Any]]:
    """The lines whose page is there, as the look's frame wants them."""
    return [_item(line) for line in lines if line.endpoint in ACCESS]


def desk_menu(role: str) -> list[dict[str, Any]]:
    """The desk's groups of pages that this role may open."""
    groups = (
        {"title": title, "items": [_item(line) for line in lines if line.endpoint in ACCESS and may(role, line.endpoint)]}
        for title, lines in DESK.items()
    )
    return [group for group in groups if group["items"]]


def _item(line: Line) -> dict[str, Any]:
    url = url_for(line.endpoint)
    here = request.endpoint == line.endpoint
    room = line.endpoint.split(".")[0] == (request.blueprint or "") and line.endpoint != "staff.desk"
    below = not here and room and request.path.startswith(url_path(line.endpoint))
    return {"url": url, "text": say(line.words), "current": here or ("true" if below else False), "icon": line.icon}


def url_path(endpoint: str) -> str:
    """The endpoint's path without the language."""
    return url_for(endpoint).removeprefix(request.root_path)
