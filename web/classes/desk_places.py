"""Places at the desk. A place is never deleted, since sessions were held there: it is put out of use."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField, StringField, TelField, TextAreaField
from wtforms.validators import ValidationError

from web.classes.blueprint import blueprint
from web.classes.desk import acting, back, is_new_id
from web.classes.fields import EASY, ENGLISH, Choice, Degrees, Readings, between
from web.classes.public import map_url
from web.data import Row, every, one, request_db, value, writing
from web.forms import Kana, Phone, SiteForm, at_most, clean_phone, needed, optional
from web.ids import new_id
from web.staff.audit import audit

Page = Response | tuple[str, int]


class PlaceForm(SiteForm):
    """Where classes are held."""

    key = HiddenField()
    name = StringField("名前", [needed(), at_most()])
    name_kana = StringField("ふりがな", [at_most(), Kana()])
    name_easy = StringField("名前（やさしい日本語）", [at_most(200), Readings()], description=EASY)
    name_en = StringField("名前（英語）", [at_most()], description=ENGLISH)
    postcode = StringField("郵便番号", [at_most(8)], description="例: 920-0853")
    address = StringField("住所", [needed(), at_most(200)])
    building = StringField("建物・部屋", [at_most()], description="例: 4階 研修室")
    area = StringField("地区", [at_most(50)], description="家族が教室をさがすときの地区です。ほかの場所と同じ書き方にしてください。")
    latitude = Degrees("緯度", [optional(), between(20, 46)], description="例: 36.571600。地図で場所を長押しすると分かります。")
    longitude = Degrees("経度", [optional(), between(122, 154)], description="例: 136.656700")
    access = TextAreaField("行き方", [at_most(500)], render_kw={"rows": 3})
    access_en = TextAreaField("行き方（英語）", [at_most(500)], render_kw={"rows": 3})
    parking = StringField("駐車場", [at_most()])
    phone = TelField("電話", [Phone()], filters=[clean_phone])
    step_free = Choice("段差", choices=[("", "わからない"), ("1", "段差なしで入れる"), ("0", "段差がある")])
    active = BooleanField("いま使っている場所", default=True)

    def validate_latitude(self, field: Degrees) -> None:
        if field.data is not None and self.longitude.data is None:
            raise ValidationError("緯度と経度は、両方入れるか、両方空にしてください")

    def validate_longitude(self, field: Degrees) -> None:
        if field.data is not None and self.latitude.data is None:
            raise ValidationError("緯度と経度は、両方入れるか、両方空にしてください")

    def values(self) -> dict[str, Any]:
        """The row's columns."""
        texts = (
            "name",
            "name_kana",
            "name_easy",
            "name_en",
            "postcode",
            "address",
            "building",
            "area",
            "access",
            "access_en",
            "parking",
            "phone",
        )
        degrees = {name: None if self[name].data is None else float(self[name].data) for name in ("latitude", "longitude")}
        step_free = int(self.step_free.data) if self.step_free.data else None
        return {**{name: self[name].data or "" for name in texts}, **degrees, "step_free": step_free, "active": int(self.active.data)}


@blueprint.get("/staff/places/")
def places() -> str:
    rows = every(
        request_db(),
        "select places.*, (select count(*) from sessions where place = places.id and state <> 'cancelled') as sessions from places"
        " order by active desc, area, name_kana, name",
    )
    return render_template("classes/places.html", places=[{**row, "map": map_url(row)} for row in rows])


@blueprint.route("/staff/places/new", methods=["GET", "POST"])
def add_place() -> Page:
    return _place_page(None)


@blueprint.route("/staff/places/<place_id>", methods=["GET", "POST"])
def edit_place(place_id: str) -> Page:
    return _place_page(one(request_db(), "select * from places where id = ?", (place_id,)) or abort(404))


def _place_page(place: Row | None) -> Page:
    shown = (
        {**place, "step_free": "" if place["step_free"] is None else str(place["step_free"])}
        if place
        else {"key": new_id("place"), "active": True}
    )
    form = PlaceForm(data=shown)
    if form.validate_on_submit():
        key = str(form.key.data)
        _write_place(place, key if is_new_id(key, "p") else new_id("place"), form.values())
        return back("classes.places", "場所を記録しました。")
    areas = every(request_db(), "select distinct area from places where area <> '' order by area")
    html = render_template("classes/place.html", form=form, place=place, areas=[row["area"] for row in areas])
    return html, 422 if form.errors else 200


def _write_place(place: Row | None, key: str, values: dict[str, Any]) -> None:
    with writing(request_db()) as db:
        if place:
            changed = {name: given for name, given in values.items() if place[name] != given}
            if changed:
                db.table("places").update(place["id"], changed)
                audit(db, acting(), "place.change", "place", place["id"], fields=sorted(changed))
        elif not value(db, "select 1 from places where id = ?", (key,)):
            db.table("places").insert({"id": key, **values})
            audit(db, acting(), "place.make", "place", key)
