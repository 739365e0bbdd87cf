"""A QR code as a picture, and as what a camera would film: for Chromium's fake camera."""

from __future__ import annotations

from pathlib import Path

import segno

WIDTH, HEIGHT = 640, 480
SCALE = 9


def qr_png(text: str, place: Path) -> Path:
    """As a family's confirmation shows it."""
    segno.make(text, error="m", micro=False).save(str(place), scale=6, border=4)
    return place


def film(text: str, place: Path, frames: int = 3) -> Path:
    """A Y4M file in which somebody holds the code before the camera: not in the middle, on a grey ground."""
    modules = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(scale=SCALE, border=4)]
    left, top = 150, 90
    rows = []
    for y in range(HEIGHT):
        row = bytearray([110]) * WIDTH
        if top <= y < top + len(modules):
            row[left : left + len(modules)] = bytes(30 if dark else 220 for dark in modules[y - top])
        rows.append(bytes(row))
    frame = b"FRAME\n" + b"".join(rows) + bytes([128]) * (WIDTH * HEIGHT // 2)
    place.write_bytes(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n" % (WIDTH, HEIGHT) + frame * frames)
    return place
