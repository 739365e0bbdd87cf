"""Whatever a pupil's notebook holds, a browser that shows it runs nothing of it and calls nobody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import nbgrader
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from grading.marks.grade import grade
from grading.marks.harmless import EMPTY, harmless, hypertext, markdown
from grading.sandbox import SandboxLimits

RUN = "document.title='RAN'"
MARKDOWN = [
    f"<script>{RUN}</script>", f"<img src=x onerror=\"{RUN}\">", f"<svg onload=\"{RUN}\"></svg>", f"[click](javascript:{RUN})",
    f"[click](JaVaScRiPt&colon;{RUN})", f"[click](&#106;avascript:{RUN})", f"[click]( <javascript:{RUN}>)",
    f"[a][b]\n\n[b]: javascript:{RUN}",
    f"<javascript:{RUN}>", f"[click](data:text/html,<script>{RUN}</script>)", "<iframe src='https://example.com'></iframe>",
    f"<details open ontoggle=\"{RUN}\">", f"<math><mi xlink:href=\"javascript:{RUN}\">",
    "<form action=https://example.com><button>x</button></form>",
    f"$\\href{{javascript:{RUN}}}{{x}}$", f"<style>@import 'https://example.com/x.css'</style><scr<script>ipt>{RUN}</script>",
    f"`<b onclick={RUN}>`", "<base href=https://example.com>", f"<!-- --!><img src=x onerror={RUN}> -->", f"<b/onmouseover={RUN}>x</b>",
    "<meta http-equiv=refresh content='0;url=https://example.com'>", f"![x](x \"onerror={RUN}\")", f"</textarea><img/src=x onerror={RUN}>",
]  # fmt: skip
BUNDLES: list[dict[str, Any]] = [
    {"text/html": f"<table><tr><td>ok</td></tr></table><script>{RUN}</script>"}, {"application/javascript": RUN}, {"text/javascript": RUN},
    {"text/html": f"<img src=x onerror=\"{RUN}\"><a href=\"javascript:{RUN}\">x</a>"}, {"image/svg+xml": f"<svg onload=\"{RUN}\"></svg>"},
    {"text/html": "<img src=https://example.com/look.png>"}, {"text/markdown": f"<img src=x onerror=\"{RUN}\">"},
    {"image/png": f"\" onerror=\"{RUN}"}, {"text/latex": f"$\\href{{javascript:{RUN}}}{{x}}$"},
    {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}},
    {"text/html": "<iframe srcdoc='<script>parent.document.title=1</script>'></iframe>"}, {"application/pdf": "JVBERi0="},
]  # fmt: skip


def evil_notebook() -> nbformat.NotebookNode:
    cells = [new_markdown_cell(text) for text in MARKDOWN]
    cells += [new_raw_cell(text, metadata={"format": "text/html", "raw_mimetype": "text/html"}) for text in MARKDOWN[:3]]
    outputs = [new_output("display_data", data=bundle, metadata={"image/png": {"width": f"1 onerror={RUN}"}}) for bundle in BUNDLES]
    outputs += [
        new_output("stream", text=f"<script>{RUN}</script>"),
        new_output("error", ename=f"<img src=x onerror={RUN}>", evalue=MARKDOWN[1], traceback=[MARKDOWN[0]]),
    ]
    cells.append(new_code_cell(f"# <script>{RUN}</script>", outputs=outputs))
    metadata = {
        "title": f"</title><script>{RUN}</script>",
        "kernelspec": {"name": "python3", "display_name": f"<script>{RUN}</script>", "language": "python"},
    }
    notebook = new_notebook(cells=cells, metadata=metadata)
    notebook.cells[0]["attachments"] = {"a.png": {"image/svg+xml": "PHN2Zz4="}}
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": f"</script><script>{RUN}</script>"}}
    return notebook


@pytest.mark.parametrize("text", MARKDOWN)
def test_markdown_keeps_its_words_and_nothing_that_runs(text: str) -> None:
    clean = markdown(text)
    assert "<script" not in clean and "<img" not in clean and "<svg" not in clean and "<iframe" not in clean
    assert "](javascript" not in clean.lower().replace(" ", "").replace("<", "")


@pytest.mark.parametrize(
    "text",
    [
        "# カニを <ruby>動<rt>うご</rt></ruby>かそう", "a < b, b > c, 1<2", "`x = [1](2)` と **太い** *字*", "[ことば](https://example.jp/a?b=c)",
        "![え](attachment:kani.png)", "| a | b |\n|---|---|\n| 1 | 2 |", "$x^2 + \\alpha$",
        "1. <b>ひとつ</b>\n2. ふたつ<br/>", "[page](other.ipynb#a)",
    ],
)  # fmt: skip
def test_honest_markdown_stays_as_it_was(text: str) -> None:
    assert markdown(text) == text


def test_tables_and_own_pictures_stay() -> None:
    page = '<table><tbody><tr><th>a</th></tr></tbody></table><img src="data:image/png;base64,AAAA">'
    assert hypertext(page) == page


def test_what_cannot_be_shown_leaves_a_word() -> None:
    clean = harmless(new_notebook(cells=[new_code_cell("1", outputs=[new_output("display_data", data={"application/javascript": "x"})])]))
    assert clean.cells[0].outputs[0].data == {"text/plain": EMPTY}


def test_the_clean_notebook_is_still_a_valid_one() -> None:
    clean = harmless(evil_notebook())
    nbformat.validate(clean)
    assert RUN not in clean.metadata.get("title", "") and "widgets" not in clean.metadata


def test_no_tool_s_page_of_an_evil_hand_in_runs_anything(course: Any, kit: Any, limits: SandboxLimits, chromium: Any, folder: Path) -> None:
    """The feedback page by nbgrader's own command, and formgrader's template, in a real browser with every click tried."""
    shows = "\n".join(f"display({bundle!r}, raw=True)" for bundle in BUNDLES)
    released = course.release(kit.notebook(kit.solution("### BEGIN SOLUTION\n1\n### END SOLUTION"), kit.check("assert True")))
    node = kit.answered(
        released, "answer", f"from IPython.display import display\n{shows}\nprint({MARKDOWN[0]!r})\nraise ValueError({MARKDOWN[1]!r})"
    )
    evil = evil_notebook()
    node.cells += evil.cells
    node.metadata.update(evil.metadata)
    hand_in = course.hand_in(node)
    with ThreadPoolExecutor(1) as thread:  # this one belongs to playwright's event loop
        assert thread.submit(grade, course.book, hand_in, limits).result().score == 2
        assert thread.submit(course.api.generate_feedback, "lesson", "uaaaaaaaaa").result()["success"]
    autograded = nbformat.read(course.root / "autograded/uaaaaaaaaa/lesson/crab.ipynb", as_version=4)
    formgrader = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"
    facts = {"submission_id": "x", "notebook_id": "crab", "assignment_id": "lesson", "student": "u", "index": 0, "total": 1, "base_url": ""}
    facts |= {"first_name": None, "last_name": None, "notebook_path": "x", "mathjax_url": "", "filename": "x"}
    exporters = {
        "plain": HTMLExporter(config=course.book.config),
        "formgrade": HTMLExporter(config=course.book.config, template_name="formgrade", extra_template_basedirs=[str(formgrader)]),
    }
    for name, exporter in exporters.items():
        (folder / f"{name}.html").write_text(exporter.from_notebook_node(autograded, resources=dict(facts))[0])
    for place in (course.root / "feedback/uaaaaaaaaa/lesson/crab.html", *(folder / f"{name}.html" for name in exporters)):
        page = chromium.new_page()
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(place.as_uri(), wait_until="domcontentloaded")
        protocols = page.evaluate("[...document.querySelectorAll('a')].map(link => link.protocol)")
        assert set(protocols) <= {"http:", "https:", "mailto:", "file:", ":", ""}
        page.wait_for_timeout(300)
        assert page.title() != "RAN"
        assert [url for url in asked if "example.com" in url] == []
        page.close()


def test_tags_and_grade_ids_cannot_break_out_of_an_attribute() -> None:
    evil = 'x" onclick="alert(1)'
    cell = new_code_cell("1", metadata={"tags": ["fine", evil], "nbgrader": {"grade_id": evil, "solution": True}})
    honest = new_code_cell("2", metadata={"nbgrader": {"grade_id": "kotae-1", "solution": True}})
    clean = harmless(new_notebook(cells=[cell, honest]))
    assert clean.cells[0].metadata == {"tags": ["fine"]}
    assert clean.cells[1].metadata == honest.metadata
