"""The clock on the classroom's wall. Everything stored as a moment is UTC; times of lessons are what this clock shows."""

from __future__ import annotations

from zoneinfo import ZoneInfo

CITY_TIME = ZoneInfo("Asia/Tokyo")
