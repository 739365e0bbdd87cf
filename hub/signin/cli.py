"""``kanikko staff`` and ``kanikko badges``."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pyotp

from hub.roster import Person, Roster
from hub.signin.credentials import Credentials
from hub.signin.errors import SigninError
from hub.signin.invitations import Invitations
from hub.signin.sheets import badge_sheet_html, issue_cards, issue_pins, pin_sheet_html
from kanikko.settings import Settings, get_settings

DEMO_SHEET = Path("demo") / "sheet.json"
"""Stands in the state folder of a demo city only (see ``kanikko.demo``)."""

ROLE = click.Choice(["teacher", "operator"])


class House:
    """What the commands work on."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.roster = Roster(settings.roster_db)
        self.credentials = Credentials(settings)

    def staff(self, account: str) -> Person:
        """Raises :class:`SigninError` unless this is a teacher or operator."""
        person = self.roster.person(account)
        if person is None or not person.active or person.role == "student":
            raise SigninError(f"{account} is no teacher or operator of the roster.", remedy="See: kanikko staff list")
        return person

    def invitation_link(self, account: str) -> str:
        code = Invitations(self.credentials).invite(account)
        return f"{self.settings.public_url}/hub/invitation#{code}"


@click.group()
@click.pass_context
def staff(context: click.Context) -> None:
    """Invite teachers and operators, renew passwords and TOTP."""
    context.obj = House(get_settings())


@staff.command()
@click.argument("family_name")
@click.argument("given_name")
@click.option("--role", type=ROLE, required=True)
@click.option("--email", help="Lets the person sign in by e-mail address too.")
@click.pass_obj
def add(house: House, family_name: str, given_name: str, role: str, email: str | None) -> None:
    """Add a person who is not in the roster's files, and print an invitation."""
    person = house.roster.add_staff(family_name, given_name, "operator" if role == "operator" else "teacher", email)
    click.echo(f"{person.account}\n{house.invitation_link(person.account)}")


@staff.command()
@click.argument("account")
@click.pass_obj
def invite(house: House, account: str) -> None:
    """Print a new one-time invitation link (7 days). Renews password and TOTP when it is used."""
    house.staff(account)
    click.echo(house.invitation_link(account))


@staff.command()
@click.argument("account")
@click.pass_obj
def password(house: House, account: str) -> None:
    """Set a password, typed twice."""
    house.staff(account)
    house.credentials.set_password(account, click.prompt("Password", hide_input=True, confirmation_prompt=True))
    house.credentials.unlock(account)


@staff.command()
@click.argument("account")
@click.pass_obj
def totp(house: House, account: str) -> None:
    """Make a new TOTP secret and print its address for an authenticator app. The old one stops working."""
    house.staff(account)
    house.credentials.set_totp_secret(account, pyotp.random_base32())
    click.echo(house.credentials.totp_uri(account))


@staff.command()
@click.argument("account")
@click.pass_obj
def code(house: House, account: str) -> None:
    """Print the current one-time code (demo city only)."""
    house.staff(account)
    if not (house.settings.var / DEMO_SHEET).exists():
        raise SigninError("One-time codes are printed in the demo city only.", remedy="Use the authenticator app, or: kanikko staff invite")
    click.echo(pyotp.TOTP(house.credentials.totp_secret(account)).now())


@staff.command()
@click.argument("account")
@click.pass_obj
def unlock(house: House, account: str) -> None:
    """End a lock-out after wrong answers (pupils too)."""
    if house.roster.person(account) is None:
        raise SigninError(f"{account} is not in the roster.", remedy="See: kanikko staff list, or kanikko roster")
    house.credentials.unlock(account)


@staff.command("list")
@click.pass_obj
def list_staff(house: House) -> None:
    """List teachers and operators, and what each still lacks to sign in."""
    for person in (one for one in house.roster.people() if one.role != "student"):
        lacks = [
            what
            for what, has in (("password", house.credentials.has_password), ("totp", house.credentials.has_totp))
            if not has(person.account)
        ]
        wait = house.credentials.limits.wait_of(person.account)
        notes = [f"no {' and no '.join(lacks)}"] if lacks else []
        notes += [f"locked for {wait:.0f} s"] if wait else []
        click.echo("\t".join((person.account, person.role, person.name, person.email or "", "; ".join(notes))))


@click.command()
@click.argument("course")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The HTML file to write (mode 0600).")
@click.option("--pupil", "accounts", multiple=True, metavar="ACCOUNT", help="Only this pupil (may be given again).")
@click.option("--pins", is_flag=True, help="New picture PINs instead of badges.")
def badges(course: str, out: Path, accounts: tuple[str, ...], pins: bool) -> None:
    """Issue new QR badges (or PINs) for a class and write the sheet to print. The ones before stop working."""
    house = House(get_settings())
    school_class = house.roster.school_class(course)
    if school_class is None:
        raise SigninError(f"There is no class {course}.", remedy="See: kanikko roster classes")
    pupils = [pupil for pupil in house.roster.pupils(course) if not accounts or pupil.account in accounts]
    unknown = set(accounts) - {pupil.account for pupil in pupils}
    if unknown or not pupils:
        raise SigninError(f"Not in class {course}: {', '.join(sorted(unknown)) or 'anybody'}.", remedy="See: kanikko roster classes")
    # Opened before anything is issued: a place that cannot be written to must not cost the class its badges.
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as sheet:
        if pins:
            sheet.write(pin_sheet_html(school_class, issue_pins(house.credentials, pupils)))
        else:
            sheet.write(badge_sheet_html(school_class, issue_cards(house.credentials, pupils, house.settings.public_url)))
    click.echo(f"{len(pupils)}: {out}")
