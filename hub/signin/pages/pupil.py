"""A pupil's way in: the class's code, one's own name, four pictures."""

from __future__ import annotations

from http import HTTPStatus

from hub.roster import Person, SchoolClass
from hub.signin.errors import Refused
from hub.signin.pages.page import Page
from hub.signin.pictures import LENGTH, PICTURES
from hub.signin.words import WRONG_CODE, WRONG_PIN, furigana, refusal

CLASS_COOKIE = "kk-class"
CLASS_DAYS = 180


class PupilPage(Page):
    """The tablet remembers its class's code (signed, no name in it); a renewed code ends that."""

    def remembered(self) -> SchoolClass | None:
        code = self.get_secure_cookie(CLASS_COOKIE, max_age_days=CLASS_DAYS)
        return self.gate.remembered_class(code.decode("utf-8", "replace")) if code else None

    def remember(self, school_class: SchoolClass) -> None:
        self._set_cookie(CLASS_COOKIE, school_class.signin_code, expires_days=CLASS_DAYS, path=self.hub.base_url)


class StartPage(PupilPage):
    """``/hub/login``: pupil, or teacher and operator?"""

    async def get(self) -> None:
        if self.current_user:
            self.set_login_cookie(self.current_user)
            self.redirect(self.get_next_url(self.current_user))
            return
        await self.show("kk_start.html", remembered=self.remembered())

    async def post(self) -> None:
        """A class code."""
        try:
            school_class = await self.gate.class_by_code(self.get_body_argument("code", ""), self.origin)
        except Refused as error:
            alert = refusal(error, WRONG_CODE)
            await self.show("kk_start.html", status=HTTPStatus.FORBIDDEN, remembered=self.remembered(), alert=alert, wrong=True)
            return
        self.remember(school_class)
        self.go("login/class")


class ClassPage(PupilPage):
    """Tap your name."""

    async def get(self) -> None:
        school_class = self.remembered()
        if school_class is None:
            self.go("login")
            return
        numbers = self.gate.roster.attendance_numbers(school_class.course)
        pupils = [(numbers.get(pupil.account), pupil) for pupil in self.gate.pupils(school_class.course)]
        await self.show("kk_class.html", school_class=school_class, pupils=pupils)


class PicturesPage(PupilPage):
    """The picture PIN of one pupil of the remembered class."""

    async def get(self) -> None:
        found = self._pupil()
        if found is None:
            self.go("login/class")
            return
        await self._pad(*found)

    async def post(self) -> None:
        found = self._pupil()
        if found is None:
            self.go("login/class")
            return
        school_class, pupil = found
        pictures = self.get_body_argument("pictures", "").split(" ")[: LENGTH + 1]
        try:
            person = await self.gate.pin(school_class.course, pupil.account, pictures, self.origin)
        except Refused as error:
            await self._pad(school_class, pupil, error)
            return
        await self.let_in(person)

    def _pupil(self) -> tuple[SchoolClass, Person] | None:
        school_class = self.remembered()
        account = self.get_query_argument("pupil", "")
        if school_class is None:
            return None
        pupil = next((one for one in self.gate.pupils(school_class.course) if one.account == account), None)
        return (school_class, pupil) if pupil else None

    async def _pad(self, school_class: SchoolClass, pupil: Person, error: Refused | None = None) -> None:
        await self.show(
            "kk_pictures.html",
            status=HTTPStatus.FORBIDDEN if error else HTTPStatus.OK,
            school_class=school_class,
            pupil=pupil,
            pictures=PICTURES,
            length=LENGTH,
            alert=refusal(error, WRONG_PIN) if error else None,
            progress=furigana(f"4つの えを、じゅんばんに えらんでね。あと {LENGTH}つ。"),
        )
