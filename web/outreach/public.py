"""The form with which kindergartens, schools, libraries and neighbourhood associations ask us to come."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from sqlite_utils import Database
from werkzeug.wrappers import Response
from wtforms import EmailField, HiddenField, StringField, TelField, TextAreaField
from wtforms.validators import ValidationError

from web.app import limiter
from web.classes.fields import Choice, Whole, between
from web.clock import stamp
from web.data import request_db, value, writing
from web.forms import LONG, Phone, SiteForm, at_most, clean_email, clean_phone, email_address, needed, optional
from web.ids import new_id
from web.language import Text, current_language, moment_words
from web.mail import post
from web.outreach.blueprint import blueprint
from web.outreach.words import KINDS
from web.staff.audit import audit

PEOPLE_MOST = 2000


class AskForm(SiteForm):
    """A request. ``key``: the id it will have, so that it is stored once however often the form is sent."""

    key = HiddenField()
    kind = Choice(
        Text("どんなところですか", "どんな ところですか", "Who asks"),
        [needed()],
        choices=[("", Text("選んでください", "えらんでください", "Please choose")), *KINDS.items()],
    )
    organisation = StringField(
        Text("団体の名前", "{園|えん}・{学校|がっこう}・{町会|ちょうかい}などの {名前|なまえ}", "Name of the organisation"),
        [needed(), at_most()],
        render_kw={"autocomplete": "organization"},
    )
    contact_name = StringField(
        Text("担当の方のお名前", "あなたの {名前|なまえ}", "Your name"), [needed(), at_most()], render_kw={"autocomplete": "name"}
    )
    email = EmailField(
        Text("メールアドレス", "メールアドレス", "E-mail"),
        [optional(), at_most(254), email_address()],
        filters=[clean_email],
        description=Text(
            "メールか電話の どちらかを入れてください。",
            "メールか {電話|でんわ}を {書|か}いてください。",
            "Please give an e-mail address or a telephone number.",
        ),
        render_kw={"autocomplete": "email"},
    )
    phone = TelField(
        Text("電話番号", "{電話|でんわ}の {番号|ばんごう}", "Telephone"),
        [at_most(40), Phone()],
        filters=[clean_phone],
        render_kw={"autocomplete": "tel"},
    )
    address = StringField(
        Text("うかがう場所の住所", "{来|き}てほしい ところ（{住所|じゅうしょ}）", "Address where we should come"),
        [needed(), at_most(200)],
        render_kw={"autocomplete": "street-address"},
    )
    people = Whole(
        Text("参加する人数（およそ）", "{何人|なんにん}ぐらい", "How many people (about)"),
        [needed(), between(1, PEOPLE_MOST)],
        render_kw={"inputmode": "numeric"},
    )
    topic = TextAreaField(
        Text("してみたいこと", "したいこと", "What you would like to do"),
        [needed(), at_most(LONG)],
        description=Text(
            "例：年長組で、かにのカードを使った遊び。",
            "{例|れい}: かにの カードで あそびたい。",
            "For example: playing with crab cards, children of 5 and 6.",
        ),
    )
    wishes = TextAreaField(
        Text("希望の日や時間", "いつが いいですか", "Days and times that suit you"),
        [needed(), at_most(500)],
        description=Text("いくつか書いてください。", "2つか 3つ {書|か}いてください。", "Please name a few."),
        render_kw={"rows": 3},
    )
    notes = TextAreaField(
        Text("そのほか", "ほかに {言|い}いたいこと", "Anything else"),
        [at_most(LONG)],
        description=Text(
            "子どもの名前や病気のことは書かないでください。",
            "{子|こ}どもの {名前|なまえ}は {書|か}かないでください。",
            "Please do not write children's names or illnesses.",
        ),
        render_kw={"rows": 3},
    )

    def validate_phone(self, field: TelField) -> None:
        if not field.data and not self.email.data:
            raise ValidationError(
                Text(
                    "メールアドレスか電話番号の どちらかを入れてください",
                    "メールか {電話|でんわ}を {書|か}いてください",
                    "Please give an e-mail address or a telephone number",
                )
            )


def typed_address() -> str:
    """For the limit: mails to one address, wherever they are asked for."""
    return (clean_email(request.form.get("email", "")) or "")[:254] or str(request.remote_addr)


@blueprint.route("/outreach/", methods=["GET", "POST"])
@limiter.limit("10 per hour", methods=["POST"], key_func=typed_address)
def ask() -> Response | tuple[str, int]:
    form = AskForm(key=new_id("outreach"))
    if form.validate_on_submit():
        _store(request_db(), form)
        return redirect(url_for("outreach.thanks"), 303)
    return render_template("outreach/ask.html", form=form), 422 if form.errors else 200


@blueprint.get("/outreach/thanks")
def thanks() -> str:
    """The same for everybody."""
    return render_template("outreach/thanks.html")


def _store(db: Database, form: AskForm) -> None:
    key = form.key.data or ""
    key = key if key.startswith("o") and key.isascii() and key.isalnum() and len(key) == len(new_id("outreach")) else new_id("outreach")
    texts = ("kind", "organisation", "contact_name", "email", "phone", "address", "topic", "wishes", "notes")
    row = {name: form[name].data or "" for name in texts}
    with writing(db):
        if value(db, "select 1 from outreach_requests where id = ?", (key,)):  # sent twice
            return
        language = current_language()
        db.table("outreach_requests").insert(
            {"id": key, **row, "people": form.people.data, "language": language, "state": "new", "received_at": stamp()}
        )
        audit(db, "public", "outreach.ask", "outreach", key)
        # Nothing that was typed: the address may be a stranger's, and we carry no one's words to them.
        values = {"kind": KINDS[row["kind"]], "people": form.people.data, "received": moment_words(stamp())}
        post(db, "outreach/received", row["email"], language, key=f"outreach-received:{key}", values=values, about=("outreach", key))
