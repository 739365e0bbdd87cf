"""Children who come without an application: family, child, application and check-in in one go."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlite_utils import Database
from wtforms import BooleanField, DateField, HiddenField, RadioField, SelectField, StringField, TelField
from wtforms.validators import Length, ValidationError

from web.apply import places, standing
from web.apply.intake import Child, Guardian, apply_for
from web.clock import now
from web.data import Row, one, writing
from web.door.checkin import mark_now
from web.door.rules import cohort_of
from web.forms import Kana, Phone, SiteForm, at_most, clean_phone, needed, optional
from web.language import Text
from web.school_years import year_words

OLDEST = date(1900, 1, 1)
YEARS = range(-1, 11)


class WalkInForm(SiteForm):
    """As little as is needed to let a child in and to call its family. In Japanese: the desk asks and types."""

    key = HiddenField(validators=[Length(min=8, max=64)])
    name = StringField(Text("お子さんの名前"), [needed(), at_most()], render_kw={"autocomplete": "off"})
    kana = StringField(Text("ふりがな"), [needed(), at_most(), Kana()], render_kw={"autocomplete": "off"})
    school_year = SelectField(
        Text("学年"),
        choices=[("", Text("えらんでください")), *((str(year), year_words(year)) for year in YEARS)],
        description=Text("学年か生年月日の、どちらかを入れてください。"),
        validate_choice=True,
    )
    birth_date = DateField(Text("生年月日"), [optional()])
    gender = RadioField(
        Text("性別"), choices=[("", Text("記入なし")), ("female", Text("女")), ("male", Text("男")), ("other", Text("その他"))], default=""
    )
    guardian = StringField(Text("保護者の名前"), [needed(), at_most()], render_kw={"autocomplete": "off"})
    phone = TelField(Text("保護者の電話"), [needed(), Phone()], filters=[clean_phone], render_kw={"autocomplete": "off"})
    consent = BooleanField(
        Text("個人情報の扱いを説明し、保護者の同意をもらいました"), [needed(Text("説明をして、同意をもらってから入れてください"))]
    )
    beyond = BooleanField(Text("定員をこえても入れる"))

    def validate_birth_date(self, field: Any) -> None:
        if field.data and not OLDEST <= field.data <= now().date():
            raise ValidationError(Text("生年月日を確かめてください（きょうより前の日です）"))

    def validate_school_year(self, field: Any) -> None:
        if not field.data and not any(self.birth_date.raw_data or []):
            raise ValidationError(Text("学年か生年月日の、どちらかを入れてください"))


def admit(db: Database, session: Row, form: WalkInForm, by: str) -> str | None:
    """Store the child and check it in; its entry's id. None, writing nothing, when the class is full and staff did not tick to go beyond.

    Beyond the places the child is let in for today and waits for a place like everybody. The same form sent twice is one child.
    Raises web.apply.errors.PlacesError where the class takes nobody.
    """
    with writing(db):
        key = str(form.key.data)
        if again := places.made_before(db, session["class"], key):
            return str(again.entries[0]["id"])
        room = standing.free(db, session["class"]) > 0
        if not room and not form.beyond.data:
            return None
        made = _apply(db, session, form, key, by)
        entry = made.entries[0]
        if not form.birth_date.data:
            cohort = cohort_of(int(form.school_year.data), date.fromisoformat(session["starts_at"][:10]))
            db.table("participants").update(entry["participant"], {"cohort": cohort})
        if room and entry["state"] != "accepted":
            places.decide(db, entry["id"], "accepted", actor=by)
        mark_now(db, session, "present", by, entry=entry["id"], via="walk_in", anyway=True)
        return str(entry["id"])


def _apply(db: Database, session: Row, form: WalkInForm, key: str, by: str) -> places.Outcome:
    of_class = one(db, "select * from classes where id = ?", (session["class"],)) or {"id": session["class"]}
    guardian = Guardian(name=str(form.guardian.data), phone=str(form.phone.data))
    child = Child(name=str(form.name.data), kana=str(form.kana.data), birth=form.birth_date.data, gender=form.gender.data or None)
    return apply_for(db, of_class, guardian, [child], family=None, mode="any", via="walk_in", key=key, moment=now(), entered_by=by)
