"""Kits on loan: kinds, units, reservations, check-out and return."""
