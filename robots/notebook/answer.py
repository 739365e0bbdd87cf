"""What a child is told when it asked for something."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What a child is told. The page's buttons get it as JSON."""

    good: bool
    said: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.said)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        return {"text/plain": str(self), "application/json": {"good": self.good, "said": list(self.said)}}
