"""The one settings class: every setting is an environment variable ``KANIKKO_…`` or a line in ``var/settings.env``."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent
"""Folder that holds the rooms of the house (``hub/``, ``grading/``, …)."""

MAX_SOCKET_FOLDER = 60
"""A Unix socket's path holds 107 bytes; what we put below the folder needs the rest."""


def default_var() -> Path:
    return Path(os.environ.get("KANIKKO_VAR", PROJECT / "var"))


class Settings(BaseSettings):
    """Everything an operator may set. Paths below ``var`` are derived, so that one folder holds all state."""

    model_config = SettingsConfigDict(env_prefix="KANIKKO_", extra="ignore")

    var: Path = Field(default_factory=default_var, description="The state folder; back it up and all is safe.")
    city: str = Field("かにっこ市", description="The city's name as people read it.")

    # addresses
    host: str = Field("127.0.0.1", description="Address on which the proxy listens.")
    port: int = Field(8000, description="Port on which the proxy listens; 0 lets the system choose.")
    domain: str = Field("", description="Public domain, e.g. kanikko.example.jp: turns on one subdomain a user.")
    https: bool = Field(False, description="The public address is https (cookies become Secure).")

    # rooms
    room_memory_mb: int = Field(1024, description="Memory of one pupil's room.")
    room_processes: int = Field(128, description="Processes and threads in one pupil's room.")
    room_open_files: int = Field(1024, description="Open files of one process in a room.")
    home_quota_mb: int = Field(200, description="Disk a pupil's home may hold.")
    open_network_courses: list[str] = Field(
        default_factory=list, description="Courses whose lessons need the network (JSON list of course ids)."
    )
    open_network_hosts: list[str] = Field(default_factory=list, description="Hosts (name:port) those courses may reach (JSON list).")

    # starting a class
    starts_at_once: int = Field(0, description="Servers that start at the same time; 0 = eight a core.")
    start_ahead_minutes: float = Field(5, description="How long before a lesson of the timetable its class is started.")
    idle_minutes: float = Field(60, description="A server that nobody has used for so long ends; 0 = never.")

    # hand-in and marks
    submission_limit_mb: int = Field(10, description="Largest hand-in, all files together.")
    submission_limit_files: int = Field(100, description="Most files in one hand-in.")
    submissions_kept_per_hour: int = Field(60, description="Most hand-ins of one pupil for one lesson in an hour.")
    grade_cell_seconds: float = Field(10, description="Longest one cell may run while graded.")
    grade_seconds: float = Field(60, description="Longest one notebook may run while graded.")
    grade_memory_mb: int = Field(512, description="Memory of one grading room.")
    grade_output_mb: int = Field(4, description="Output a notebook may print while graded.")
    grade_disk_mb: int = Field(64, description="Disk a notebook may fill while graded.")
    graders: int = Field(0, description="Notebooks graded at once; 0 = one a core.")
    grading_cluster: str = Field("", description="A Dask scheduler (tcp://… or tls://…) whose workers grade; empty = this machine.")

    # sign-in
    signin: Literal["pictures", "oidc"] = Field("pictures", description="Own sign-in, or an OpenID provider.")
    oidc_issuer: str = Field("", description="OpenID Connect issuer (Google, Microsoft or another).")
    oidc_client_id: str = Field("", description="Client id at the issuer.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Client secret at the issuer.")
    oidc_claim: str = Field("email", description="Claim that is matched with the roster.")

    # the community site
    site_port: int = Field(8001, description="Port on which the site listens; 0 lets the system choose.")
    site_url: str = Field("", description="Public address of the site, e.g. https://manabi.example.jp; empty = this machine's.")
    site_proxies: int = Field(0, description="Trusted proxies before the site, whose X-Forwarded-… headers count.")
    site_name: str = Field("かにっこ プログラミング教室", description="The site's name as people read it.")
    site_contact: str = Field("", description="Whom people may write or call: stands on every page and mail.")
    site_organiser: str = Field("", description="Organiser named in classes and open data; empty = the city.")
    smtp_host: str = Field("", description="Mail server; empty = mail stays in the outbox, where staff may read it.")
    smtp_port: int = Field(587, description="Port of the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", description="How the connection to the mail server is protected.")
    smtp_user: str = Field("", description="User at the mail server; empty = without.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password at the mail server.")
    mail_from: str = Field("kanikko@localhost", description="Sender of the site's mail.")
    city_code: str = Field("172014", description="Municipality code (全国地方公共団体コード) in open data.")
    city_prefecture: str = Field("石川県", description="Prefecture in open data.")

    # ------------------------------------------------------------------ derived places
    @cached_property
    def run_dir(self) -> Path:
        """Sockets and pid files. Lower case (the hub reads socket paths as host names, which fold case) and short."""
        wanted = self.var.resolve() / "run"
        text = str(wanted)
        if text != text.lower() or len(text) > MAX_SOCKET_FOLDER:
            tag = hashlib.sha256(text.encode()).hexdigest()[:12]
            wanted = Path(tempfile.gettempdir()) / f"kanikko-{os.getuid()}-{tag}"
        return wanted

    @property
    def doors_dir(self) -> Path:
        """Sockets that rooms may knock at (hub, exchange); mounted read-only into every room."""
        return self.run_dir / "doors"

    @property
    def rooms_dir(self) -> Path:
        """Sockets of the pupils' servers; no room ever sees this folder."""
        return self.run_dir / "rooms"

    def warm_socket(self, kind: str) -> Path:
        """Where the warm process of this kind of child listens (:mod:`hub.warm`)."""
        return self.run_dir / "warm" / f"{kind}.sock"

    @property
    def hub_socket(self) -> Path:
        return self.doors_dir / "hub.sock"

    @property
    def exchange_socket(self) -> Path:
        return self.doors_dir / "exchange.sock"

    @property
    def homes_dir(self) -> Path:
        return self.var / "homes"

    @property
    def courses_dir(self) -> Path:
        return self.var / "courses"

    @property
    def exchange_dir(self) -> Path:
        return self.var / "exchange"

    @property
    def logs_dir(self) -> Path:
        return self.var / "logs"

    @property
    def roster_db(self) -> Path:
        return self.var / "roster.db"

    @property
    def signin_db(self) -> Path:
        return self.var / "signin.db"

    @property
    def hub_db(self) -> Path:
        return self.var / "hub.db"

    @property
    def site_db(self) -> Path:
        return self.var / "site.db"

    @property
    def site_public_url(self) -> str:
        """Where a browser finds the site, without a trailing slash."""
        return self.site_url.rstrip("/") or f"http://{self.host}:{self.site_port}"

    def make_dirs(self) -> None:
        """Make every state folder, private to the service's user. Safe to call again."""
        for place in (
            self.var, self.homes_dir, self.courses_dir, self.exchange_dir, self.logs_dir, self.var / "secrets",
            self.run_dir, self.doors_dir, self.rooms_dir,
        ):  # fmt: skip
            place.mkdir(mode=0o700, parents=True, exist_ok=True)

    def secret(self, name: str) -> str:
        """A secret of 256 bits, from ``KANIKKO_SECRET_<NAME>`` or made once and kept in ``var/secrets/<name>``."""
        given = os.environ.get(f"KANIKKO_SECRET_{name.upper().replace('-', '_')}")
        if given:
            return given
        place = self.var / "secrets" / name
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written aside and linked, so that two processes that start together agree on one secret.
        if not place.exists():
            aside = place.with_name(f".{name}.{secrets.token_hex(4)}")
            aside.touch(mode=0o600)
            aside.write_text(secrets.token_hex(32))
            try:
                os.link(aside, place)
            except FileExistsError:
                pass
            finally:
                aside.unlink()
        return place.read_text().strip()

    @property
    def public_url(self) -> str:
        """Where a browser finds us, without a trailing slash."""
        scheme = "https" if self.https else "http"
        if self.domain:
            standard = 443 if self.https else 80
            return f"{scheme}://{self.domain}" + ("" if self.port == standard else f":{self.port}")
        return f"{scheme}://{self.host}:{self.port}"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process: environment first, then ``var/settings.env``."""
    return Settings(_env_file=default_var() / "settings.env")
