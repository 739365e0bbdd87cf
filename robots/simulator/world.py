"""The world of one run: a field, the crab, the things and the other robot, and what happens between them as time passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import sqrt

from robots.simulator.crab import ARM, BODY, HOLDS, LENGTH, REACH, WIDTH, Crab
from robots.simulator.events import Event, EventKind
from robots.simulator.exact import PI
from robots.simulator.field import Block
from robots.simulator.opponent import TAKES_WITHIN, Rival
from robots.simulator.rules import Retry, Score
from robots.simulator.setup import Setup
from robots.simulator.shapes import Point, is_inside
from robots.simulator.things import GRAMS, Thing, keep_out, push_out

FINE_US = 10_000
"""How often collisions are looked at, in µs of simulated time."""

COARSE_US = 50_000
"""How often all else is: areas, arm, battery; and a replay's step."""

GRIND_US = 100_000
STUCK_US = 10_000_000
"""So long may motors run without the crab getting anywhere."""

MOVED = 0.004  # metres that count as getting somewhere
TURNED = 0.1  # radians
RUBS = 0.6
"""Friction between the crab and what it runs into."""

_BOX = Block(title="crab", x=(-LENGTH / 2, LENGTH / 2), y=(-WIDTH / 2, WIDTH / 2))
ARM_DOWN, ARM_UP = 15.0, 45.0  # degrees: caught, let go
MOST_QUIET, MOST_EVENTS = 300, 1000
HOME = "home"
_NEVER_SCORES: tuple[EventKind, ...] = ("beep", "light", "pressed", "bumped", "stopped")


class World:
    """Time passes by :meth:`advance`. ``over``: why nothing more can happen (``"off-field"``, ``"stuck"``), else empty."""

    def __init__(self, setup: Setup) -> None:
        self.field = field = setup.field
        self.setup = setup
        self._judge = setup.judge
        self.us = 0
        self.over = ""
        self.events: list[Event] = []
        self.score = Score()
        self.sampled: Callable[[], None] = lambda: None  # called at each coarse step, and once at the start
        start = field.start
        self.crab = Crab(start.x, start.y, start.heading * PI / 180.0, seed=setup.seed, charge=setup.charge)
        self.things = [Thing.of(described, self.crab.place(ARM)) for described in field.things]
        home = field.area(HOME)
        for thing in self.things:
            thing.domestic = home is not None and is_inside(thing.x, thing.y, home.points)
        self.rival = Rival(field.opponent) if setup.opponent and field.opponent else None
        self._caught = True  # the arm is down
        self._bumped = False
        self._stood = self.crab.pose  # at the fine step before
        self._inside = self._areas_here()
        self._reached = field.goal_after is None
        self._out = False  # it has left its home
        self._anchor = (self.crab.x, self.crab.y, self.crab.heading, 0)
        self.tell("start", "スタート")
        if setup.walking:
            self.tell("walking", "あるく ロボット")

    # ------------------------------------------------------------------ time
    def advance(self, to_us: int) -> None:
        """Let time pass until ``to_us``, or until the world is over."""
        crab = self.crab
        while self.us < to_us and not self.over:
            until = self.us - self.us % FINE_US + FINE_US
            if until > to_us:
                until = to_us
            if not crab.stands:
                crab.go(until - self.us)
            self.us = until
            if until % FINE_US == 0:
                self._meet()
                if until % COARSE_US == 0:
                    self._look()

    def ordered(self) -> None:
        """The program gave an order: being stuck is counted anew."""
        self._anchor = (self.crab.x, self.crab.y, self.crab.heading, self.us)

    # ------------------------------------------------------------------ what happens
    def tell(self, kind: EventKind, text: str, *, area: str = "", thing: str = "", name: str = "", around: tuple[str, ...] = ()) -> None:
        """Note an event, with the points that it brought."""
        if len(self.events) >= (MOST_QUIET if kind in _NEVER_SCORES else MOST_EVENTS) and kind != "stopped":
            return
        event = Event(self.us / 1000000.0, kind, text, area, thing, name, around=around)
        self.events.append(event)
        if self._judge is None or kind in _NEVER_SCORES:
            return
        score = self._judge.score(self.events)
        if score.total != self.score.total:
            self.events[-1] = replace(event, points=score.total - self.score.total)
        self.score = score

    def retry(self) -> None:
        """A child called retry: the crab stands at its start again, things go where the rules say."""
        rule = self._judge.retry if self._judge else Retry()
        start, crab = self.field.start, self.crab
        crab.power, crab.arm, crab.arm_order = [0.0, 0.0], 0.0, 0.0
        crab.put(start.x, start.y, start.heading * PI / 180.0)
        for thing in self.things:
            own = thing.described.kind != "rare"
            self._put_back(thing, rule.own_balls if own else rule.rare_balls)
        self._inside, self._out, self._bumped = self._areas_here(), False, False
        self._stood = crab.pose
        self._reached = self.field.goal_after is None
        self._caught = True
        self.ordered()
        self.tell("retry", "リトライ")

    def _put_back(self, thing: Thing, how: str) -> None:
        touched = thing.where == "arm" or thing.home
        if thing.where in ("opponent", "out"):
            return
        if thing.described.kind == "egg" or thing.described.kind == "pin" or how == "back":
            fresh = Thing.of(thing.described, self.crab.place(ARM))
            thing.x, thing.y, thing.where, thing.home, thing.fallen, thing.moved = fresh.x, fresh.y, fresh.where, False, False, True
        elif how == "lost" and touched:
            thing.where, thing.home = "out", False
            self.tell("lost", f"{thing.title}は しあいから なくなった", thing=thing.kind, name=thing.name)
        elif thing.where == "arm":
            thing.where = "floor"

    # ------------------------------------------------------------------ each fine step
    def _meet(self) -> None:
        crab = self.crab
        if self.us % GRIND_US == 0:
            crab.grind()
        rival_moves = self.rival is not None and self.rival.go(self.us / 1000000.0)
        if crab.stands and not rival_moves:
            return
        self._bump()
        for thing in self.things:
            if thing.where == "floor" and not thing.fallen:
                self._push(thing)

    def _bump(self) -> None:
        crab = self.crab
        hit = ""
        for block in self.field.blocks:
            hit = block.title if self._rub(keep_out(crab.x, crab.y, BODY, block)) else hit
        if self.rival is not None:
            place = push_out(crab.x, crab.y, BODY, self.rival.x, self.rival.y, BODY)
            hit = "あいての ロボット" if self._rub(place) else hit
        if hit and not self._bumped:
            self.tell("bumped", f"{hit}に ぶつかった")
        self._bumped = bool(hit)
        self._stood = crab.pose

    def _rub(self, place: Point | None) -> bool:
        """The crab ran into something that leaves it ``place``. The harder it presses, the less it slides and turns. Whether it did."""
        crab = self.crab
        if place is None:
            return False
        out_x, out_y = place[0] - crab.x, place[1] - crab.y
        deep = sqrt(out_x * out_x + out_y * out_y)
        if deep > 0.0:
            along_x, along_y = -out_y / deep, out_x / deep
            before_x, before_y, heading, sine, cosine = self._stood
            slid = (crab.x - before_x) * along_x + (crab.y - before_y) * along_y
            held = min(max(slid, -RUBS * deep), RUBS * deep)
            crab.x, crab.y = place[0] - along_x * held, place[1] - along_y * held
            if abs(crab.heading - heading) * BODY < RUBS * deep:
                crab.heading, crab.sine, crab.cosine = heading, sine, cosine
        return True

    def _push(self, thing: Thing) -> None:
        crab, radius = self.crab, thing.described.radius
        place = self._shoved(thing.x, thing.y, radius)
        if place is None and self._caught:
            place = push_out(thing.x, thing.y, radius, *crab.place(ARM), REACH)
        if place is None and self.rival is not None and thing.described.kind != "rare":
            place = push_out(thing.x, thing.y, radius, self.rival.x, self.rival.y, BODY)
        if place is None:
            return
        if thing.described.kind == "pin":
            thing.fallen = True
            self.tell("pin", "ピンを たおした", thing="pin", name=thing.name)
            return
        width, height = self.field.size
        thing.x, thing.y = min(max(place[0], 0.0), width), min(max(place[1], 0.0), height)
        thing.moved = True

    def _shoved(self, x: float, y: float, radius: float) -> Point | None:
        """Where the crab's body, a box, pushes a thing; None when it does not touch it."""
        crab = self.crab
        dx, dy = x - crab.x, y - crab.y
        if dx * dx + dy * dy > 0.04:
            return None
        ahead, aside = dx * crab.cosine + dy * crab.sine, dy * crab.cosine - dx * crab.sine
        pushed = keep_out(ahead, aside, radius, _BOX)
        return None if pushed is None else crab.place(pushed)

    # ------------------------------------------------------------------ each coarse step
    def _look(self) -> None:
        crab = self.crab
        crab.drain(COARSE_US)
        if not crab.stands:
            self._enter_and_leave()
        self._arm()
        if self.rival is not None:
            self._watch_rival(self.rival)
        self._balls_at_home()
        self.sampled()
        width, height = self.field.size
        if not (0.0 <= crab.x <= width and 0.0 <= crab.y <= height):
            self.over = "off-field"
        elif self._is_stuck():
            self.over = "stuck"

    def _areas_here(self) -> set[str]:
        return {area.name for area in self.field.areas if is_inside(self.crab.x, self.crab.y, area.points)}

    def _enter_and_leave(self) -> None:
        here = self._areas_here()
        if here == self._inside:
            return
        before, self._inside = self._inside, here
        for area in self.field.areas:
            if area.name in before and area.name not in here:
                self._out = self._out or area.name == HOME
                self.tell("left", f"{area.title}を でた", area=area.name)
        for area in self.field.areas:
            if area.name in here and area.name not in before:
                self.tell("entered", f"{area.title}に はいった", area=area.name)
                self._reached = self._reached or area.name == self.field.goal_after
                if area.name == HOME and self._reached and self._out:
                    self._balls_at_home()
                    self.tell("goal", "ゴール", area=area.name)

    def _arm(self) -> None:
        crab = self.crab
        if self._caught and crab.arm >= ARM_UP:
            self._caught = False
            for thing in self._held():
                thing.where, thing.moved = "floor", True
                thing.x, thing.y = crab.place(ARM)
                self._tell_placed(thing)
        elif not self._caught and crab.arm <= ARM_DOWN:
            self._caught = True
            x, y = crab.place(ARM)
            for thing in self.things:
                near = push_out(thing.x, thing.y, 0.0, x, y, REACH) is not None
                if near and thing.where == "floor" and thing.described.kind != "pin" and len(self._held()) < HOLDS:
                    thing.where = "arm"
                    self.tell("picked", f"{thing.title}を つかんだ", thing=thing.kind, name=thing.name)
        if not crab.stands:
            held = self._held()
            crab.load = sum(GRAMS[thing.described.kind] for thing in held)
            for thing in held:
                thing.x, thing.y = crab.place(ARM)
                thing.moved = True

    def _held(self) -> list[Thing]:
        return [thing for thing in self.things if thing.where == "arm"]

    def _tell_placed(self, thing: Thing) -> None:
        areas = [area for area in self.field.areas if is_inside(thing.x, thing.y, area.points)]
        last = areas[-1] if areas else None
        text = f"{thing.title}を {last.title if last else 'フィールド'}に おいた"
        around = tuple(area.name for area in areas[:-1])
        self.tell("placed", text, area=last.name if last else "", thing=thing.kind, name=thing.name, around=around)

    def _balls_at_home(self) -> None:
        home = self.field.area(HOME)
        if home is None:
            return
        for thing in self.things:
            if not thing.moved or thing.described.kind in ("egg", "pin"):
                continue
            thing.moved = False
            there = thing.where in ("floor", "arm") and is_inside(thing.x, thing.y, home.points)
            if there != thing.home and not thing.domestic:
                thing.home = there
                kind: EventKind = "brought" if there else "carried-off"
                text = f"{thing.title}を もちかえった" if there else f"{thing.title}が {home.title}から でた"
                self.tell(kind, text, area=HOME, thing=thing.kind, name=thing.name)

    def _watch_rival(self, rival: Rival) -> None:
        for thing in self.things:
            if thing.where == "opponent":
                thing.x, thing.y = rival.x, rival.y
                continue
            near = push_out(thing.x, thing.y, 0.0, rival.x, rival.y, TAKES_WITHIN) is not None
            if near and thing.name in rival.plan.takes and thing.where == "floor" and not thing.home:
                thing.where = "opponent"
                self.tell("taken", f"あいてが {thing.title}を とった", thing=thing.kind, name=thing.name)
        before = self.us - COARSE_US
        if before < rival.home_at * 1000000.0 <= self.us:
            self.tell("opponent-goal", "あいてが ゴールした")

    def _is_stuck(self) -> bool:
        x, y, heading, since = self._anchor
        crab = self.crab
        if crab.power == [0.0, 0.0] or push_out(crab.x, crab.y, 0.0, x, y, MOVED) is None or abs(crab.heading - heading) > TURNED:
            self.ordered()
            return False
        return self.us - since >= STUCK_US
