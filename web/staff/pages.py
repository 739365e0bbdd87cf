"""Signing in, the desk's first page, accounts, the audit log, what is kept and erased."""

from __future__ import annotations

from web.staff import account_pages, desk_pages, log_pages, own_pages, records_pages, sign_in_pages
from web.staff.blueprint import blueprint

__all__ = ["account_pages", "blueprint", "desk_pages", "log_pages", "own_pages", "records_pages", "sign_in_pages"]
