"""A run as pixels: one picture, or one file for each moment (to make a film of). Drawn by resvg."""

from __future__ import annotations

from pathlib import Path

import resvg_py

from kanikko.errors import KanikkoError
from robots.simulator.svg import Recorded, still_svg

MOST_FRAMES = 5000
WIDEST = 4000


class PictureError(KanikkoError):
    """Pictures of a run could not be made."""


def picture(recording: Recorded, *, at: float | None = None, width: int = 800) -> bytes:
    """The field at ``at`` seconds (without: at the end) as a PNG file, ``width`` pixels wide."""
    if not 16 <= width <= WIDEST:
        raise PictureError(f"a picture of {width} pixels", remedy=f"Choose a width from 16 to {WIDEST}.")
    # The still picture holds no word that is seen: fonts stay unread, and every machine draws the same.
    return bytes(resvg_py.svg_to_bytes(svg_string=still_svg(recording, at), width=width, skip_system_fonts=True))


def frames(recording: Recorded, folder: Path, fps: float = 10, width: int = 800) -> list[Path]:
    """Write ``frame-00000.png`` … into ``folder``, ``fps`` a second of the run; made if missing. Returns the files in order.

    Raises PictureError for a rate that gives no or too many pictures, and for a folder that cannot be written.
    """
    seconds = float(recording.as_json()["seconds"])
    if not fps > 0 or (count := int(seconds * fps) + 1) > MOST_FRAMES:
        raise PictureError(
            f"{fps:g} pictures a second of {seconds:.0f} seconds", remedy=f"Choose fewer: at most {MOST_FRAMES} in all are made."
        )
    made = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            place = folder / f"frame-{number:05}.png"
            place.write_bytes(picture(recording, at=number / fps, width=width))
            made.append(place)
    except OSError as error:
        raise PictureError(f"{folder}: {error.strerror}", remedy="Choose a folder that can be written.") from error
    return made
