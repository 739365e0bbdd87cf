"""The printable yearly report: one PDF with every programme's figure, its trend, and the sessions it was counted from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pylopdf_fonts_jp
from fpdf import FPDF
from fpdf.enums import TextEmphasis, XPos, YPos
from fpdf.fonts import FontFace

from web.data import Row
from web.figures.charts import Chart
from web.figures.report import Detail
from web.language import day_words, time_words

FONT = "noto"
MARGIN, CHART_WIDTH = 18.0, 120.0  # millimetres
INK, QUIET, LINE, BAR, PAPER = (26, 26, 26), (98, 98, 100), (179, 179, 179), (0, 85, 173), (255, 255, 255)
TABLE: dict[str, Any] = {
    "borders_layout": "HORIZONTAL_LINES",
    "headings_style": FontFace(emphasis=TextEmphasis.NONE, color=INK, fill_color=(241, 241, 244)),
}
MOST_SESSIONS = 40
"""Sessions listed of a programme; more stand in the CSV."""


class _Report(FPDF):
    def __init__(self, title: str) -> None:
        super().__init__()
        self.running_title = title
        self.add_font(FONT, fname=str(pylopdf_fonts_jp.sans_path()))
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, margin=MARGIN)
        self.set_title(title)
        self.set_lang("ja")

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(FONT, size=8)
        self.set_text_color(*QUIET)
        self.cell(0, 5, f"{self.running_title}　{self.page_no()} / {{nb}}", align="C")

    def line_of_text(self, text: str, size: float = 10, gap: float = 1.5, colour: tuple[int, int, int] = INK) -> None:
        self.set_font(FONT, size=size)
        self.set_text_color(*colour)
        self.multi_cell(0, size * 0.55, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(gap)


def yearly_report(year: int, details: Sequence[Detail], *, organiser: str, made_at: str) -> bytes:
    """The report as PDF. ``made_at``: a stamp; it stands on the first page, since counts may still change."""
    title = f"{year}年度 プログラミング教育 実績報告書"
    pdf = _Report(title)
    pdf.add_page()
    pdf.line_of_text(title, size=18, gap=3)
    pdf.line_of_text(f"{organiser}　{day_words(made_at).ja} {time_words(made_at)} に集計", size=10, gap=6, colour=QUIET)
    _summary(pdf, details)
    pdf.line_of_text(
        "数え方: 同じ子が3回参加すると、延べ3人・実人数1人です。名簿を取らない出前授業は頭数で数えます。"
        "「報告」は他の場所で行われたものの人数で、出典を各取り組みに書いています。",
        size=8.5, colour=QUIET,
    )  # fmt: skip
    for found in details:
        _programme(pdf, found)
    return bytes(pdf.output())


def _summary(pdf: _Report, details: Sequence[Detail]) -> None:
    pdf.set_font(FONT, size=9)
    pdf.set_text_color(*INK)
    align = ("LEFT", "LEFT", "LEFT", "RIGHT", "RIGHT", "RIGHT")
    with pdf.table(col_widths=(12, 62, 42, 20, 20, 18), text_align=align, line_height=6, **TABLE) as table:
        table.row(("番号", "取り組み", "指標", "実績", "目標", "達成率"))
        for found in details:
            figures = found.figures
            percent = "–" if figures.percent is None else f"{figures.percent}%"
            cells = (
                figures.row["id"],
                figures.row["name"],
                figures.row["indicator_name"],
                _number(figures.now.actual),
                _number(figures.now.target),
                percent,
            )
            table.row(cells)
    pdf.ln(4)


def _programme(pdf: _Report, found: Detail) -> None:
    figures = found.figures
    if pdf.get_y() > pdf.h - 110:
        pdf.add_page()
    pdf.ln(4)
    pdf.line_of_text(f"{figures.row['id']}　{figures.row['name']}", size=13, gap=1)
    unit = figures.row["unit"]
    said = f"{_number(figures.now.actual)}{unit}（目標 {_number(figures.now.target)}{unit}）"
    pdf.line_of_text(f"{figures.row['indicator_name']}: {said}", gap=2)
    _draw(pdf, figures.chart)
    if held := [row for row in found.sessions if row["state"] == "held" or row["names"] + row["heads"]]:
        pdf.line_of_text(f"教室の回数 {len(held)}回、延べ {found.attendances}人", size=9, gap=1)
        _sessions(pdf, held)
    for entry in found.by_hand:
        if entry["withdrawn_at"] is None:
            pdf.line_of_text(f"報告: {entry['value']:,}{figures.row['unit']}　出典: {entry['source']}", size=9, gap=1)


def _sessions(pdf: _Report, held: Sequence[Row]) -> None:
    pdf.set_font(FONT, size=8.5)
    with pdf.table(col_widths=(40, 104, 30), text_align=("LEFT", "LEFT", "RIGHT"), line_height=5.2, **TABLE) as table:
        table.row(("日", "教室", "参加"))
        for row in held[:MOST_SESSIONS]:
            table.row((day_words(row["starts_at"]).ja, f"{row['title']} 第{row['number']}回", f"{row['names'] + row['heads']}"))
    if len(held) > MOST_SESSIONS:
        pdf.line_of_text(f"ほか {len(held) - MOST_SESSIONS}回（CSV に全部あります）", size=8.5, gap=1, colour=QUIET)
    pdf.ln(2)


def _draw(pdf: _Report, chart: Chart) -> None:
    scale, left, top = CHART_WIDTH / chart.width, pdf.l_margin, pdf.get_y()
    pdf.set_draw_color(*LINE)
    pdf.set_line_width(0.1)
    for y, _ in chart.grid:
        pdf.line(left, top + y * scale, left + CHART_WIDTH, top + y * scale)
    pdf.set_fill_color(*BAR)
    for bar in chart.bars:
        pdf.rect(left + bar.x * scale, top + bar.y * scale, bar.width * scale, bar.height * scale, style="F")
    pdf.set_draw_color(*INK)
    pdf.set_line_width(0.4)
    pdf.set_dash_pattern(dash=1.2, gap=0.8)
    for tick in chart.targets:
        pdf.line(left + tick.x1 * scale, top + tick.y * scale, left + tick.x2 * scale, top + tick.y * scale)
    pdf.set_dash_pattern()
    pdf.set_font(FONT, size=7.5)
    pdf.set_text_color(*INK)
    pdf.set_fill_color(*PAPER)
    for bar in chart.bars:
        for text, y in (("–" if bar.value is None else f"{bar.value:,}", bar.y - 8), (f"{bar.year}", chart.base + 18)):
            width = pdf.get_string_width(text)
            x, foot = left + bar.middle * scale - width / 2, top + y * scale
            pdf.rect(x - 0.4, foot - 2.4, width + 0.8, 2.9, style="F")  # a target's line must not run through the figure
            pdf.text(x, foot, text)
    pdf.set_xy(pdf.l_margin, top + chart.height * scale)
    pdf.line_of_text("棒: 実績　点線: 目標", size=7.5, gap=2, colour=QUIET)


def _number(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"
