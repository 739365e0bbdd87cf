"""``kanikko site``: the community site's commands. Each lives in its room and is imported only when called."""

from __future__ import annotations

import click

from kanikko.lazy import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("web.run:run", "Start the site alone and keep it running until Ctrl-C (kanikko run does it for you)."),
    "demo": ("web.demo.cli:demo", "Make a demo year of classes, families and mentors."),
    "backup": ("web.data.cli:backup_command", "Copy the database to a file while the site runs."),
    "restore": ("web.data.cli:restore_command", "Put a copy back; the database that is there is kept."),
    "check": ("web.data.cli:check_command", "Look the database over: the file, the audit log, counts that must agree."),
    "bounce": ("web.mail.cli:bounce", "Read a delivery report from standard input (for the mail server's pipe)."),
    "staff": ("web.staff.cli:staff", "Invite staff, renew their passwords and TOTP."),
    "lottery": ("web.lottery.cli:lottery", "Repeat a published draw and see whether it was made as promised."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def site() -> None:
    """The community site: classes, mentors, kits, attendance, figures."""
