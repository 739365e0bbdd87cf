"""Nobody reaches another class or another role's pages: every route, every kind of stranger."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import pytest
from screens_city import City, xsrf

from hub.roster import Person

LESSON = "kani-wo-ugokasou"


@dataclass(frozen=True)
class Route:
    """``allowed``: who may. Classes: ``C`` is the asker's class for the allowed, a stranger's for the others."""

    method: str
    path: str
    allowed: str


ROUTES = [
    Route("GET", "/hub/lesson/{course}/{lesson}", "pupil"),
    Route("GET", "/hub/formgrader/{course}", "teacher"),
    Route("GET", "/hub/class/{course}", "teacher"),
    Route("GET", "/hub/class/{course}/marks.csv", "teacher"),
    Route("GET", "/hub/class/{course}/lessons/{lesson}/robots.zip", "teacher"),
    Route("POST", "/hub/class/{course}/lessons/{lesson}/release", "teacher"),
    Route("POST", "/hub/class/{course}/lessons/{lesson}/withdraw", "teacher"),
    Route("POST", "/hub/class/{course}/pupils/{pupil}/unlock", "teacher"),
    Route("POST", "/hub/class/{course}/pupils/{pupil}/start", "teacher"),
    Route("POST", "/hub/class/{course}/start", "teacher"),
    Route("GET", "/hub/class/{course}/times", "teacher"),
    Route("POST", "/hub/class/{course}/times", "teacher"),
    Route("GET", "/hub/class/{course}/events?lesson={lesson}", "teacher"),
    Route("GET", "/hub/operator/roster", "operator"),
    Route("POST", "/hub/operator/roster", "operator"),
    Route("GET", "/hub/operator/staff", "operator"),
    Route("POST", "/hub/operator/staff", "operator"),
]


@pytest.fixture(scope="session")
def operator(city: City) -> Person:
    return city.roster.add_staff("運用", "花子", "operator")


def ask(client: httpx.Client, city: City, route: Route) -> int:
    course = city.classes[0].course
    path = route.path.format(course=course, lesson=LESSON, pupil=city.pupils(course)[0].account)
    data = {"_xsrf": xsrf(client)} if route.method == "POST" else None
    with client.stream(route.method, path, data=data, timeout=10) as answer:  # the event stream never ends
        return answer.status_code


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_strangers_find_nothing(city: City, operator: Person, route: Route) -> None:
    course = city.classes[0].course
    city.release(course, LESSON, "カニ")
    elsewhere = city.classes[-1].course
    mine = {found.account for found in city.roster.teachers(course)}
    other_teacher = next(found for found in city.roster.teachers(elsewhere) if found.account not in mine)
    people = {
        "pupil": city.pupils(course)[12],
        "teacher": city.teacher(course),
        "operator": operator,
        "pupil of another class": city.pupils(elsewhere)[12],
        "teacher of another class": other_teacher,
    }
    for who, person in people.items():
        if who == route.allowed:
            continue
        status = ask(city.client(person), city, route)
        assert status == 404, f"{who}: {status}"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_who_is_not_signed_in_is_asked_to(city: City, route: Route) -> None:
    client = httpx.Client(base_url=city.url, headers={"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"})
    client.get("/hub/login")
    course = city.classes[0].course
    path = route.path.format(course=course, lesson=LESSON, pupil=city.pupils(course)[0].account)
    answer = client.request(route.method, path, data={"_xsrf": xsrf(client)} if route.method == "POST" else None)
    if route.method == "GET":
        assert answer.status_code == 302
        assert answer.headers["location"].startswith("/hub/login?next=")
    else:
        assert answer.status_code == 403


def test_the_allowed_are_let_in(city: City, operator: Person) -> None:
    course = city.classes[0].course
    city.release(course, LESSON, "カニ")
    people = {"pupil": city.pupils(course)[12], "teacher": city.teacher(course), "operator": operator}
    for route in ROUTES:
        if route.path.endswith(("release", "withdraw", "{course}/start")):
            continue  # test_screens_teacher and test_screens_start do it, with somebody to do the job
        status = ask(city.client(people[route.allowed]), city, route)
        # An upload without a file, an invitation without a name: refused for what it lacks, not for who asks.
        assert status in ((200, 400) if route.method == "POST" else (200, 302)), f"{route}: {status}"


def test_a_teacher_cannot_start_a_server_for_a_class_of_others(city: City) -> None:
    teacher = city.teacher(city.classes[-1].course)
    mine = {found.course for found in city.roster.classes_of(teacher.account)}
    other = next(found.course for found in city.classes if found.course not in mine)
    client = city.client(teacher)
    assert client.post("/hub/start", data={"server": other, "_xsrf": xsrf(client)}).status_code == 404
    answer = client.post(f"/hub/api/users/{teacher.account}/servers/{other}", headers={"X-XSRFToken": xsrf(client)})
    assert answer.status_code == 403


def test_a_teacher_who_loses_the_class_loses_the_page_at_once(city: City) -> None:
    school_class = city.classes[1]
    teacher = city.teacher(school_class.course)
    client = city.client(teacher)
    assert client.get(f"/hub/class/{school_class.course}").status_code == 200
    with city.roster.write() as db:
        db.execute("update enrollments set active = 0 where account = ? and course = ?", [teacher.account, school_class.course])
    try:
        assert client.get(f"/hub/class/{school_class.course}").status_code == 404
        assert client.get(f"/hub/class/{school_class.course}/marks.csv").status_code == 404
    finally:
        with city.roster.write() as db:
            db.execute("update enrollments set active = 1 where account = ? and course = ?", [teacher.account, school_class.course])


def test_errors_are_kind_and_say_nothing_of_the_inside(city: City) -> None:
    answer = city.client(city.pupils(city.classes[0].course)[12]).get("/hub/class/caaaaaaa")
    assert answer.status_code == 404
    assert "ホームに もどる" in answer.text
    assert "not a class" not in answer.text and "Traceback" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy
