"""What a visitor reads when something is wrong with a request."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from web.language import Text

TITLES: dict[int, Text] = {
    400: Text("このままでは 送れませんでした", "このままでは {送|おく}れませんでした", "This could not be sent"),
    403: Text("このページは 開けません", "このページは {開|ひら}けません", "You may not open this page"),
    404: Text("ページが 見つかりません", "ページが {見|み}つかりません", "This page was not found"),
    405: Text("この開き方は できません", "この {開|ひら}き{方|かた}は できません", "This page cannot be opened this way"),
    410: Text("このページは 終わりました", "このページは {終|お}わりました", "This page has ended"),
    413: Text("送るものが 大きすぎます", "{送|おく}るものが {大|おお}きすぎます", "What you sent is too large"),
    429: Text("少し 待ってから もう一度", "{少|すこ}し {待|ま}ってから もう{一度|いちど}", "Please wait a moment and try again"),
    500: Text("こちらの問題で 表示できません", "こちらの {問題|もんだい}で {見|み}せられません", "Something went wrong on our side"),
}
REMEDIES: dict[int, Text] = {
    400: Text(
        "前のページに戻り、ページを開き直してから もう一度送ってください。",
        "{前|まえ}のページに もどって、もう{一度|いちど} {送|おく}ってください。",
        "Go back, reload the page, and send it again.",
    ),
    403: Text(
        "サインインし直すか、担当者にご相談ください。",
        "もう{一度|いちど} サインインしてください。{困|こま}ったときは {市|し}の{人|ひと}に {聞|き}いてください。",
        "Sign in again, or ask the person in charge.",
    ),
    404: Text(
        "住所（URL）が正しいか確かめるか、最初のページからお探しください。",
        "{最初|さいしょ}のページから さがしてください。",
        "Check the address, or look from the first page.",
    ),
    413: Text(
        "ファイルを小さくしてください（2MBまで）。",
        "ファイルを {小|ちい}さくしてください（2MBまで）。",
        "Please make the file smaller (up to 2 MB).",
    ),
    429: Text(
        "たくさんの方が一度に使っています。1分ほどお待ちください。", "1{分|ぷん} {待|ま}ってください。", "Please wait for about a minute."
    ),
    500: Text(
        "記録しました。しばらくしてから もう一度お試しください。送ったばかりの申し込みは、届いたメールで確かめられます。",
        "すこし {待|ま}ってから もう{一度|いちど} やってみてください。",
        "It was recorded. Please try again in a while. What you have just sent can be checked by the mail you received.",
    ),
}


def show_faults(app: Flask) -> None:
    """Every error becomes a page in the visitor's language (or JSON where the page's script asked), with what to do next."""
    app.register_error_handler(HTTPException, _show)
    app.register_error_handler(Exception, _unexpected(app))


def _unexpected(app: Flask) -> Callable[[Exception], ResponseReturnValue]:
    def handler(error: Exception) -> ResponseReturnValue:
        if app.testing or app.debug:
            raise error
        app.logger.exception("unexpected at %s", request.endpoint)  # the endpoint, not the path: a path may hold a family's link
        return _page(500, ""), 500

    return handler


def _show(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error.get_response()
    reason = "" if isinstance(error, CSRFError) or not isinstance(error.description, Text) else error.description
    headers = [(name, given) for name, given in error.get_headers() if name.lower() not in ("content-type", "content-length")]
    return _page(code, reason), code, headers


def _page(code: int, reason: str | Text) -> str | dict[str, object]:
    title, remedy = TITLES.get(code, TITLES[400]), REMEDIES.get(code, REMEDIES[400])
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return {"error": title.ja, "remedy": remedy.ja, "code": code}
    return render_template("front/fault.html", code=code, title=title, reason=reason, remedy=remedy)
