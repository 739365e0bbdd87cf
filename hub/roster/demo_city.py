"""A demo city as a OneRoster delivery: made up by rule from a seed, the same every time."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hub.roster.demo_names import FAMILY, GIVEN, SCHOOLS, pairs, words
from hub.roster.school_code import check_digit
from hub.roster.writing import Line, write_delivery

ELEMENTARY_SHARE = 53 / 77
"""Of the city's 77 schools 53 are elementary schools."""
ELEMENTARY_CLASSES = 3 / 4
ELEMENTARY_GRADES = ("P3", "P5", "P6", "P4")
JUNIOR_GRADES = ("J1", "J2", "J3")


def write_demo(folder: Path, schools: int = 2, classes: int = 4, pupils_per_class: int = 40, seed: int = 1, year: int = 2026) -> Path:
    """Write the demo city's delivery into ``folder`` (or a ``….zip``) and return it.

    By default an elementary school with grades 3, 5 and 6 and a junior high school with its first grade (7). Each class has
    a form teacher; the first class's also helps in the second. ``year`` is the school year, April to March.
    """
    if schools < 2 or classes < schools:
        raise ValueError("a demo city has at least two schools and a class for each")
    city = _City(random.Random(seed), year)  # noqa: S311 - made-up names must be the same each time
    elementary = max(1, round(schools * ELEMENTARY_SHARE))
    elementary_classes = min(max(elementary, round(classes * ELEMENTARY_CLASSES)), classes - (schools - elementary))
    city.add_schools(elementary, elementary_classes, ELEMENTARY_GRADES, "B1", "小学校", pupils_per_class)
    city.add_schools(schools - elementary, classes - elementary_classes, JUNIOR_GRADES, "C1", "中学校", pupils_per_class)
    city.lend_first_teacher()
    write_delivery(folder, city.files)
    return folder


@dataclass
class _City:
    chance: random.Random
    year: int
    files: dict[str, list[Line]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = ("orgs", "academicSessions", "courses", "classes", "users", "roles", "enrollments")
        self.files = {f"{name}.csv": [] for name in names}
        self.family, self.given = pairs(FAMILY), pairs(GIVEN)
        self.district = self._add("orgs.csv", name="かにっこ市教育委員会", type="district")
        self.term = self._add(
            "academicSessions.csv", title=f"{self.year}年度", type="schoolYear", startDate=f"{self.year}-04-01",
            endDate=f"{self.year + 1}-03-31", schoolYear=self.year + 1,
        )  # fmt: skip

    def add_schools(self, count: int, classes: int, grades: tuple[str, ...], code: str, suffix: str, pupils: int) -> None:
        """Some schools of one type, their classes dealt out evenly, each school going through the grades."""
        for index in range(count):
            stems, places = words(SCHOOLS), ("", "東", "西", "南", "北", "中央")
            name = f"かにっこ市立{stems[index % len(stems)]}{places[index // len(stems) % len(places)]}{suffix}"
            # 17: the prefecture, 2: public; numbers from 9,900,000 on belong to no real school.
            twelve = f"{code}172{9_900_000 + index}"
            school = self._add(
                "orgs.csv", name=name, type="school", identifier=f"{twelve}{check_digit(twelve)}", parentSourcedId=self.district
            )
            course = self._add("courses.csv", title="プログラミング", orgSourcedId=school, schoolYearSourcedId=self.term)
            rooms: Counter[str] = Counter()
            for number in range(classes // count + (index < classes % count)):
                grade = grades[number % len(grades)]
                rooms[grade] += 1
                self._add_class(school, course, grade, rooms[grade], pupils)

    def lend_first_teacher(self) -> None:
        """The first class's teacher also teaches the second class."""
        first = next(line for line in self.files["enrollments.csv"] if line["role"] == "teacher")
        second = self.files["classes.csv"][1]
        self._enroll(str(second["sourcedId"]), str(second["schoolSourcedId"]), str(first["userSourcedId"]), "teacher", primary="false")

    def _add_class(self, school: str, course: str, grade: str, room: int, pupils: int) -> None:
        its_class = self._add(
            "classes.csv", title=f"{grade[1]}年{room}組", grades=grade, courseSourcedId=course, classCode=f"{grade}-{room}",
            classType="homeroom", schoolSourcedId=school, termSourcedIds=self.term,
        )  # fmt: skip
        teacher_email = f"t{len(self.files['classes.csv']):04}@example.jp"
        teacher = self._add_user(self._name(), school, "teacher", email=teacher_email)
        self._enroll(its_class, school, teacher, "teacher", primary="true")
        names = sorted((self._name() for _ in range(pupils)), key=lambda name: (name[0][1], name[1][1]))
        for number, name in enumerate(names, start=1):
            pupil = self._add_user(name, school, "student", grades=grade, home=its_class)
            self._enroll(its_class, school, pupil, "student", primary="false", number=number)

    def _add_user(
        self, name: tuple[tuple[str, str], tuple[str, str]], school: str, role: str, grades: str = "", home: str = "", email: str = ""
    ) -> str:
        (family, family_kana), (given, given_kana) = name
        user = self._add(
            "users.csv", enabledUser="true", givenName=given, familyName=family, grades=grades, primaryOrgSourcedId=school, email=email,
            **{"metadata.jp.kanaGivenName": given_kana, "metadata.jp.kanaFamilyName": family_kana, "metadata.jp.homeClass": home},
        )  # fmt: skip
        self._add("roles.csv", userSourcedId=user, roleType="primary", role=role, orgSourcedId=school)
        return user

    def _enroll(self, its_class: str, school: str, user: str, role: str, primary: str, number: int | str = "") -> None:
        self._add(
            "enrollments.csv", classSourcedId=its_class, schoolSourcedId=school, userSourcedId=user, role=role, primary=primary,
            beginDate=f"{self.year}-04-01", **{"metadata.jp.ShussekiNo": number},
        )  # fmt: skip

    def _name(self) -> tuple[tuple[str, str], tuple[str, str]]:
        return self.chance.choice(self.family), self.chance.choice(self.given)

    def _add(self, file: str, **values: object) -> str:
        sourced_id = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        line: dict[str, object] = {"sourcedId": sourced_id, **values}
        if file == "users.csv":
            line["username"] = sourced_id
        self.files[file].append(line)
        return sourced_id
