"""The words for what a check found, by the finding's code."""

from __future__ import annotations

import re

from web.language import Text

HOLDS = {
    "commitment-holds": Text(
        "種は、締切の前に封をしたものと同じです（封印の値が合います）。",
        "くじの「たね」は、しめきりの{前|まえ}にきめたものと{同|おな}じです。",
        "The seed is the one that was sealed before the entries closed: the commitment matches.",
    ),
    "list-holds": Text(
        "応募一覧（<count>人、定員<capacity>人）は、締め切ったときのままです（指紋が合います）。",
        "{申|もう}しこみの{表|ひょう}（<count>{人|にん}、{入|はい}れるのは<capacity>{人|にん}）は、しめきりのときと{同|おな}じです。",
        "The list of entries (<count>, with <capacity> places) is as it was frozen: its hash matches.",
    ),
    "public-holds": Text(
        "公の数字「<name>」は <value> として混ぜられています。発表された数字と見くらべてください。",
        "みんなが{見|み}られる{数字|すうじ}「<name>」は <value> です。はっぴょうされた{数字|すうじ}とくらべてください。",
        "The public number “<name>” was mixed in as <value>. Please compare it with its source.",
    ),
    "result-holds": Text(
        "抽選をやり直しました。結果は同じです。当選<drawn>人、補欠<waiting>人。",
        "くじをもう{一度|いちど}しました。{同|おな}じけっかです。あたりは<drawn>{人|にん}、まつ{人|ひと}は<waiting>{人|にん}です。",
        "The draw was repeated with the same result: <drawn> drawn, <waiting> waiting.",
    ),
    "noted-commitment-holds": Text(
        "封印の値は、控えておいたものと同じです。",
        "「たねのしるし」は、{前|まえ}にとっておいたものと{同|おな}じです。",
        "The commitment is the one you kept.",
    ),
    "noted-list-holds": Text(
        "応募一覧の指紋は、控えておいたものと同じです。",
        "{申|もう}しこみの{表|ひょう}のしるしは、{前|まえ}にとっておいたものと{同|おな}じです。",
        "The hash of the list is the one you kept.",
    ),
}

OPEN = {
    "not-frozen": Text(
        "まだ締め切っていません。封印の値と決まりが公開されています。このファイルを控えておいてください。",
        "まだしめきっていません。このファイルをとっておいてください。",
        "Entries are still open. The commitment and the rules are out; keep a copy of this file.",
    ),
    "not-drawn": Text(
        "まだ抽選していません。このファイルを控えておくと、あとで一覧が変わっていないことを確かめられます。",
        "まだくじをしていません。このファイルをとっておいてください。あとでくらべられます。",
        "Not drawn yet. Keep a copy of this file: with it you can see later that the list has not changed.",
    ),
    "not-redone": Text(
        "上のまちがいがあるので、抽選はやり直せません。",
        "{上|うえ}のまちがいがあるので、くじをもう{一度|いちど}することはできません。",
        "The draw cannot be repeated because of what is wrong above.",
    ),
}

WRONG = {
    "commitment-differs": Text(
        "封をしたものとちがいます。種、クラス、決まり、公の数字の名前のどれかが、あとから変わりました。",
        "くじの「たね」かきまりが、しめきりの{前|まえ}とちがいます。",
        "The commitment does not match: the seed, the class, the rules or the public number's name was changed afterwards.",
    ),
    "list-differs": Text(
        "応募一覧が、締め切ったときのものとちがいます。公開された指紋は <published>…、この一覧の指紋は <found>… です。",
        "{申|もう}しこみの{表|ひょう}が、しめきりのときとちがいます。（<published>… / <found>…）",
        "The list is not the one that was frozen: its hash was published as <published>… but is <found>….",
    ),
    "class-differs": Text(
        "応募一覧は別のクラスのものです（約束は <promised>、一覧は <found>）。",
        "{申|もう}しこみの{表|ひょう}が、ほかのクラスのものです。（<promised> / <found>）",
        "The list is for another class (promised: <promised>; list: <found>).",
    ),
    "public-missing": Text(
        "約束した公の数字「<name>」がありません。",
        "やくそくした{数字|すうじ}「<name>」がありません。",
        "The promised public number “<name>” is missing.",
    ),
    "public-unpromised": Text(
        "締切の前に約束していない公の数字が混ぜられています。",
        "やくそくしていない{数字|すうじ}が{入|はい}っています。",
        "A public number was mixed in that was not promised before the entries closed.",
    ),
    "public-digits": Text(
        "公の数字は<promised>けたの約束ですが、<found>けたです。",
        "{数字|すうじ}は<promised>けたのやくそくですが、<found>けたです。",
        "The public number was promised with <promised> digits but has <found>.",
    ),
    "incomplete": Text(
        "ファイルに足りないものがあります: <missing>",
        "ファイルにたりないものがあります: <missing>",
        "The file lacks: <missing>",
    ),
    "number-twice": Text(
        "番号<number>が二度あります。申込は一人一つです。",
        "<number>{番|ばん}が2{回|かい}あります。{申|もう}しこみは{一人|ひとり}1つです。",
        "Number <number> is there twice; a child has one entry.",
    ),
    "modes-mixed": Text(
        "きょうだい<group>（番号 <numbers>）に「全員いっしょ」と「一人でも」がまざっています。",
        "きょうだい<group>（<numbers>{番|ばん}）の「いっしょに」と「ひとりでも」がまざっています。",
        "Sibling group <group> (numbers <numbers>) mixes “all or none” with “any”.",
    ),
    "child-twice": Text(
        "同じ子どもの申込が二つ以上あります（番号 <numbers>）。一つを残して取り消してください。",
        "{同|おな}じ{子|こ}どもの{申|もう}しこみが2つあります（<numbers>{番|ばん}）。1つにしてください。",
        "One child is entered more than once (numbers <numbers>). Withdraw all but one.",
    ),
    "too-many": Text(
        "応募が<count>件あります。一度に抽選できるのは<most>件までです。",
        "{申|もう}しこみが<count>あります。1{回|かい}のくじは<most>までです。",
        "There are <count> entries; one draw takes at most <most>.",
    ),
    "result-drawn": Text(
        "番号<number>は当選のはずですが、公開された結果では当選ではありません。",
        "<number>{番|ばん}はあたりのはずです。でも、けっかはちがいます。",
        "Number <number> should be drawn, but the published result does not say so.",
    ),
    "result-waiting": Text(
        "番号<number>は補欠のはずですが、公開された結果では補欠ではありません。",
        "<number>{番|ばん}はまつ{人|ひと}のはずです。でも、けっかはちがいます。",
        "Number <number> should be waiting, but the published result does not say so.",
    ),
    "result-unknown": Text(
        "結果の番号<number>は、応募一覧にありません。",
        "けっかの<number>{番|ばん}は、{申|もう}しこみの{表|ひょう}にありません。",
        "Number <number> of the result is not in the list.",
    ),
    "result-twice": Text(
        "結果に番号<number>が二度あります。",
        "けっかに<number>{番|ばん}が2{回|かい}あります。",
        "Number <number> is in the result twice.",
    ),
    "drawn-order": Text(
        "当選の順番がちがいます。<place>番目は番号<expected>のはずですが、番号<found>です。",
        "あたりのじゅんばんがちがいます。<place>{番目|ばんめ}は<expected>{番|ばん}のはずですが、<found>{番|ばん}です。",
        "The drawn are in another order: place <place> should be number <expected> but is number <found>.",
    ),
    "waiting-order": Text(
        "補欠の順番がちがいます。<place>番目は番号<expected>のはずですが、番号<found>です。",
        "まつじゅんばんがちがいます。<place>{番目|ばんめ}は<expected>{番|ばん}のはずですが、<found>{番|ばん}です。",
        "The waiting list is in another order: place <place> should be number <expected> but is number <found>.",
    ),
    "result-more": Text("ほかに<count>か所がちがいます。", "ほかにも<count>こちがいます。", "And <count> more differences."),
    "noted-commitment-differs": Text(
        "封印の値が、控えておいたものとちがいます。控えは <noted>…、このファイルは <found>… です。",
        "「たねのしるし」が、{前|まえ}にとっておいたものとちがいます。（<noted>… / <found>…）",
        "The commitment is not the one you kept: you kept <noted>…, this file has <found>….",
    ),
    "noted-list-differs": Text(
        "応募一覧の指紋が、控えておいたものとちがいます。控えは <noted>…、このファイルは <found>… です。",
        "{申|もう}しこみの{表|ひょう}のしるしが、{前|まえ}にとっておいたものとちがいます。（<noted>… / <found>…）",
        "The hash of the list is not the one you kept: you kept <noted>…, this file has <found>….",
    ),
}

UNREADABLE = {
    "too-big": Text(
        "ファイルが大きすぎます（<most>MBまで）。抽選のファイルではないようです。",
        "ファイルが{大|おお}きすぎます（<most>MBまで）。",
        "The file is too big (at most <most> MB); it does not look like a lottery's file.",
    ),
    "not-json": Text(
        "抽選のファイルとして読めません（<why>）。ページからもう一度ダウンロードしてください。",
        "このファイルはよめません。もう{一度|いちど}ダウンロードしてください。（<why>）",
        "This cannot be read as a lottery's file (<why>). Please download it again from the page.",
    ),
    "wrong-field": Text(
        "「<place>」の書き方がちがいます（<why>）。",
        "「<place>」の{書|か}きかたがちがいます。（<why>）",
        "“<place>” is not as it should be (<why>).",
    ),
}

WORDS: dict[str, Text] = {**HOLDS, **OPEN, **WRONG, **UNREADABLE}

PAGE: dict[str, Text] = {
    "no-crypto": Text(
        "このブラウザーでは計算できません。https のページを開くか、下の道具を使ってください。",
        "このブラウザーではできません。{下|した}のどうぐをつかってください。",
        "This browser cannot compute hashes here. Open the page over https, or use one of the tools below.",
    ),
    "no-file": Text(
        "ファイルを取れませんでした。電波のよいところでもう一度押してください。",
        "ファイルがとれませんでした。もう{一度|いちど}おしてください。",
        "The file could not be fetched. Please press again where the connection is better.",
    ),
    "unreadable": Text("抽選のファイルとして読めません。", "このファイルはよめません。", "This cannot be read as a lottery's file."),
    "unfinished": Text("まだ抽選していません。", "まだくじをしていません。", "Not drawn yet."),
    "entries-wrong": Text(
        "応募一覧の中に、同じ番号やきょうだいの食いちがいがあります。",
        "{申|もう}しこみの{表|ひょう}に、まちがいがあります。",
        "The list contradicts itself: a number twice, or siblings with different wishes.",
    ),
    "order-differs": Text("順番がちがいます。", "じゅんばんがちがいます。", "The order differs."),
    "verdict-right": Text(
        "公開された決まりと数から、このとおりの結果になります。",
        "この{通|とお}りのけっかになります。{正|ただ}しいです。",
        "The published rules and numbers give exactly this result.",
    ),
    "verdict-wrong": Text("上のまちがいがあります。", "{上|うえ}のまちがいがあります。", "Something is wrong; see above."),
    "steps": Text(
        "くじの札を小さい順に並べ、上から席を埋めます",
        "くじを{小|ちい}さいじゅんにならべて、{上|うえ}からきめます",
        "The tickets in order, each with its turn",
    ),
    "column-tier": Text("組", "くみ", "Tier"),
    "column-numbers": Text("番号", "{番号|ばんごう}", "Number"),
    "column-ticket": Text("くじの札", "くじ", "Ticket"),
    "column-free": Text("残りの席", "のこり", "Places left"),
    "column-fate": Text("結果", "けっか", "Outcome"),
    "drawn": Text("当選", "あたり", "drawn"),
    "waiting": Text("補欠", "まつ", "waiting"),
}
"""What the page says besides, while it repeats the draw (``static/redo.js``)."""

FOR_SCRIPT: dict[str, Text] = {
    code: Text(*(re.sub(r"<(\w+)>", r"⟦\1⟧", words) for words in (text.ja, text.easy, text.en)))
    for code, text in {**HOLDS, **WRONG, **PAGE}.items()
}
"""As the script fills them in: ``⟦name⟧`` for ``<name>``, which stays as it is in HTML."""
