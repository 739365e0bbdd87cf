"""Servers end when nobody uses them, and only then: the real culler, real rooms."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Thread

from culled_house import IDLE_SECONDS, CulledHouse
from rooms_house import Visitor, until
from traitlets.config import Config

from hub.classstart.configure import configure
from kanikko.settings import Settings
from kanikko.supervision import programs

BUSY = "import time\ntime.sleep(600)"  # busy without a word


def test_a_server_that_nobody_uses_ends_and_one_in_use_stays(culled_house: CulledHouse) -> None:
    unused, busy, writing = (culled_house.person(account) for account in culled_house.pupils[:3])
    for pupil in (busy, writing, unused):
        pupil.enter()
    kernel = busy.new_kernel()
    Thread(target=busy.run, args=(BUSY, kernel), daemon=True).start()
    until(lambda: busy.get(f"api/kernels/{kernel}")[1]["execution_state"] == "busy", what="the kernel")
    culled_house.start("culler")
    end = time.monotonic() + 2.2 * IDLE_SECONDS
    while time.monotonic() < end:
        save(writing)
        assert writing.ready(), f"a child who writes lost his server: {culled_house.log('culler')}"
        assert busy.ready(), f"a kernel that computes lost its server: {culled_house.log('culler')}"
        time.sleep(2)
    assert not unused.ready(), f"a server started ahead and never used goes on: {culled_house.log('culler')}"
    assert unused.account in culled_house.log("culler")


def save(pupil: Visitor) -> None:
    body = {"type": "file", "format": "text", "content": "さくぶん"}
    status, said = pupil.house.call("PUT", f"{pupil.base}/api/contents/sakubun.txt", pupil.token, body=body)
    assert status in (200, 201), said


def test_the_culler_lives_through_a_restart_of_the_hub(culled_house: CulledHouse) -> None:
    pupil = culled_house.person(culled_house.pupils[3])
    if "culler" not in culled_house.processes:
        culled_house.start("culler")
    culled_house.kill("hub")
    time.sleep(2)
    assert culled_house.processes["culler"].poll() is None
    culled_house.start("hub")
    until(culled_house.answers, what="the hub")
    pupil.enter()
    until(lambda: not pupil.ready(), 4 * IDLE_SECONDS, "the end of an unused server")


def test_the_cullers_token_starts_nothing_and_reads_nobodys_files(culled_house: CulledHouse) -> None:
    token = culled_house.settings.secret("idle-culler-token")
    pupil = culled_house.pupils[4]
    assert culled_house.call("GET", "/hub/api/users?state=ready", token)[0] == 200
    for method, path in (
        ("POST", f"/hub/api/users/{pupil}/server"),
        ("POST", f"/hub/api/users/{pupil}/tokens"),
        ("DELETE", f"/hub/api/users/{pupil}"),
        ("GET", "/hub/api/groups"),
        ("GET", f"/user/{culled_house.pupils[2]}/api/contents"),
    ):
        assert culled_house.call(method, path, token)[0] in (403, 404), path


def test_where_servers_never_end_nobody_gets_the_cullers_rights(var: Path) -> None:
    for minutes, culled in ((0, False), (60, True)):
        settings = Settings(var=var, idle_minutes=minutes)
        config = Config()
        configure(config, settings)
        assert ("JupyterHub" in config) is culled
        assert ("culler" in [program.name for program in programs(settings)]) is culled
