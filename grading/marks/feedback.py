"""How nbgrader makes feedback pages here: its own command and template, hidden tests removed, HTML sanitised."""

from __future__ import annotations

from traitlets.config import Config

PREPROCESSORS = [
    "nbgrader.preprocessors.GetGrades",
    "grading.marks.hidden.HideHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
"""For ``GenerateFeedback.preprocessors``, in this order."""


def configure(config: Config) -> Config:
    """Add to an nbgrader configuration what keeps feedback pages safe; returns the same object."""
    config.GenerateFeedback.preprocessors = PREPROCESSORS
    config.HTMLExporter.sanitize_html = True
    return config
