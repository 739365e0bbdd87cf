"""A reviewer's pages: entries as numbers, with answers and school year. No name, no gender: the review is blind."""

from __future__ import annotations

from flask import abort, render_template, request
from sqlite_utils import Database
from werkzeug.datastructures import MultiDict

from web.clock import now
from web.data import Row, request_db
from web.forms import clean
from web.selection import book
from web.selection.desk import Page, acting, class_or_404, to
from web.selection.pages import blueprint
from web.selection.ranking import score
from web.selection.reading import (
    SelectionError,
    as_rules,
    criteria_of,
    done_by,
    entries_of,
    is_closed,
    is_decided,
    may_review,
    own_reviews,
    sheet_of,
    sheets,
)
from web.staff.audit import audit
from web.staff.sessions import signed_in

COMMENT_MOST = 300


def _elsewhere(db: Database, class_id: str) -> Page | None:
    """Where somebody goes who does not review this class: the director to the class, nobody else anywhere."""
    if may_review(db, class_id, acting()):
        return None
    if signed_in()["role"] != "director":
        abort(404)
    return to("selection.manage", "この選考の委員ではありません。採点するには、先に委員に入ってください。", "info", class_id=class_id)


@blueprint.get("/staff/selection/<class_id>/entries")
def reviewing(class_id: str) -> Page:
    """The entries with one's own progress; what others gave shows once one's own part is complete."""
    db = request_db()
    view = class_or_404(db, class_id)
    if away := _elsewhere(db, class_id):
        return away
    criteria, entries, given = as_rules(criteria_of(db, class_id)), entries_of(db, class_id), sheets(db, class_id)
    done = done_by(acting(), entries, given, criteria)
    complete = bool(entries) and len(done) == len(entries)
    rows = []
    for row in entries:
        scores = {who: found for who, points in given.get(row["id"], {}).items() if (found := score(points, criteria)) is not None}
        others = [found for who, found in scores.items() if who != acting()]
        rows.append(
            {
                **row,
                "state": "done" if row["id"] in done else "begun" if given.get(row["id"], {}).get(acting()) else "open",
                "own": scores.get(acting()),
                "others": sum(others) / len(others) if complete and others else None,
            }
        )
    return render_template(
        "selection/reviewing.html", view=view, rows=rows, done=len(done), complete=complete, criteria=criteria,
        closed=is_closed(view.row, now()), decided=is_decided(db, class_id),
    )  # fmt: skip


@blueprint.route("/staff/selection/<class_id>/entries/<entry_id>", methods=["GET", "POST"])
def review(class_id: str, entry_id: str) -> Page:
    """One entry: what was answered, and one's points and comments."""
    db = request_db()
    view = class_or_404(db, class_id)
    entries = entries_of(db, class_id)
    entry = next((row for row in entries if row["id"] == entry_id), None) or abort(404)
    if away := _elsewhere(db, class_id):
        return away
    if not is_closed(view.row, now()):
        return to("selection.reviewing", "採点は、受付が終わってから始まります。", "info", class_id=class_id)
    criteria = criteria_of(db, class_id)
    shown, faults = own_reviews(db, entry_id, acting()), dict[str, str]()
    if request.method == "POST":
        given, shown, faults = read_points(request.form, criteria)
        if not faults:
            try:
                book.save_review(db, class_id, entry_id, acting(), given)
            except SelectionError as error:
                return to("selection.reviewing", error.message, "error", class_id=class_id)
            return _onward(db, class_id, entries, entry)
    audit(db, acting(), "family.see", "entry", entry_id, page="selection")
    page = render_template(
        "selection/review.html", view=view, entry=entry, sheet=sheet_of(db, entry_id), criteria=criteria, shown=shown, faults=faults,
        comment_most=COMMENT_MOST,
    )  # fmt: skip
    return page, 422 if faults else 200


def _onward(db: Database, class_id: str, entries: list[Row], entry: Row) -> Page:
    """To the next entry that is still open, or back to the list."""
    done = done_by(acting(), entries, sheets(db, class_id), as_rules(criteria_of(db, class_id)))
    later = [row for row in entries if row["code"] > entry["code"]] + [row for row in entries if row["code"] < entry["code"]]
    following = next((row for row in later if row["id"] not in done), None)
    said = f"{entry['code']}番を保存しました。"
    if "list" in request.form or following is None:
        return to("selection.reviewing", said, class_id=class_id)
    return to("selection.review", said, class_id=class_id, entry_id=following["id"])


def read_points(
    form: MultiDict[str, str], criteria: list[Row]
) -> tuple[dict[str, tuple[int, str]], dict[str, dict[str, object]], dict[str, str]]:
    """What was given, the same as it was typed (to be shown again), and what is wrong by criterion. Empty points leave a criterion open."""
    given, shown, faults = dict[str, tuple[int, str]](), dict[str, dict[str, object]](), dict[str, str]()
    for row in criteria:
        typed, comment = clean(form.get(f"points-{row['id']}")) or "", clean(form.get(f"comment-{row['id']}")) or ""
        shown[row["id"]] = {"points": typed, "comment": comment}
        points = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 3 else None
        if typed and (points is None or points > row["most"]):
            faults[row["id"]] = f"0から{row['most']}までの点を選んでください"
        elif len(comment) > COMMENT_MOST:
            faults[row["id"]] = f"コメントは{COMMENT_MOST}文字までにしてください"
        elif points is not None:
            given[row["id"]] = (points, comment)
        elif comment:
            faults[row["id"]] = "コメントを残すには、点を選んでください"
    return given, shown, faults
