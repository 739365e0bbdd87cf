"""nbgrader's configuration for teachers' rooms, releases and the worker. Classes are named by path: nothing heavy is imported."""

from __future__ import annotations

from pathlib import Path

from traitlets.config import Config

ROOM_COURSES = "/courses"
"""Where a teacher's room holds the course folders."""
STUB = "ここに かいてね"
EXCHANGE = "grading.exchange.plugin"
HARMLESS = "grading.course.html"


def nbgrader_config(course: str, root: Path | str | None = None) -> Config:
    """The configuration for one course. ``root`` is the course folder; without it, as a teacher's room sees it."""
    config = exchange_config()
    config.CourseDirectory.course_id = course
    config.CourseDirectory.root = str(root or f"{ROOM_COURSES}/{course}")
    _pupils_version(config)
    _grading(config)
    _pages(config)
    return config


def exchange_config() -> Config:
    """Only what makes nbgrader speak to our exchange: all that a pupil's nbgrader commands need."""
    config = Config()
    actions = ("fetch_assignment", "fetch_feedback", "release_assignment", "release_feedback", "list", "submit", "collect")
    config.ExchangeFactory.exchange = f"{EXCHANGE}.RoomExchange"
    for action in actions:
        name = "".join(word.capitalize() for word in action.split("_"))
        config.ExchangeFactory[action] = f"{EXCHANGE}.Room{name}"
    config.Authenticator.plugin_class = f"{EXCHANGE}.ExchangeAuthPlugin"
    return config


def _pupils_version(config: Config) -> None:
    config.ClearSolutions.code_stub = {"python": f"# {STUB}"}
    config.ClearSolutions.text_stub = STUB
    config.IncludeHeaderFooter.header = ""  # nbgrader's asks for a name, in English
    config.IncludeHeaderFooter.footer = ""


def _grading(config: Config) -> None:
    # nbgrader's own list, with one change: pupils' code runs in the grading sandbox and not beside the gradebook
    config.Autograde.autograde_preprocessors = [
        "grading.exchange.execute.RoomExecute",
        "nbgrader.preprocessors.IgnorePattern",
        "nbconvert.preprocessors.ClearMetadataPreprocessor",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    config.NbGraderAPI.timezone = "Asia/Tokyo"


def _pages(config: Config) -> None:
    """What a pupil wrote is shown, never run: in formgrader (teacher's browser) and in feedback pages (pupil's browser)."""
    config.HTMLExporter.sanitize_html = True
    config.HTMLExporter.preprocessors = [f"{HARMLESS}.Harmless"]
    # nbgrader's templates put Markdown on the page as it is, whatever sanitize_html says
    config.HTMLExporter.filters = {"markdown2html": f"{HARMLESS}.markdown2html", "clean_html": f"{HARMLESS}.clean_html"}
    config.GenerateFeedback.preprocessors = [
        "grading.marks.hidden.HideHiddenTests",
        "nbgrader.preprocessors.GetGrades",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    config.FormgradeExtension.debug = False  # the page would print this whole configuration
