"""Letters that are never shown: a terminal obeys some of them, and readers can be tricked by others."""

from __future__ import annotations

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of control, invisible, surrogate, private and unassigned characters, and of separators of lines."""
