"""Makes a graded notebook harmless in a teacher's browser: text is kept, what could run or call home is not.

The pages' own sanitising (nbconvert's ``sanitize_html``, Jupyter's) stands behind this; here it is done once, for every
tool that will ever open ``autograded/`` or a feedback page.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import nh3
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
EMPTY = "[ひょうじ できない しゅつりょく]"
NOTEBOOK_METADATA = ("kernelspec", "language_info")
CELL_METADATA = ("nbgrader", "kanikko_visible", "deletable", "editable", "tags")
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
WORD = re.compile(r"[\w.-]{1,200}")
"""Tags and grade ids: nbconvert's templates write them into attributes as they are."""

BARE_TAGS = (
    "b", "i", "u", "s", "em", "strong", "small", "mark", "sub", "sup", "kbd", "code", "pre", "br",
    "hr", "p", "div", "span", "center", "blockquote", "details", "summary", "ruby", "rt", "rp", "rb", "ul", "ol",
    "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr",
    "td", "th",
)  # fmt: skip
# A tag without attributes can do nothing, wherever Markdown puts it; every other "<" that could open one is shown as it is.
UNSAFE_OPENING = re.compile(rf"<(?!/?(?:{'|'.join(BARE_TAGS)})\s*/?>)(?=[A-Za-z/!?])", re.IGNORECASE)
INLINE_LINK = re.compile(r"(\]\(\s*<?)([^)\s>]+)")
NAMED_LINK = re.compile(r"^(\s{0,3}\[[^\]\n]+\]:\s*<?)(\S+)", re.MULTILINE)
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
ALLOWED_SCHEMES = ("http:", "https:", "mailto:", "attachment:")
MATH_COMMAND = re.compile(r"\\(?=(?:href|require|class|cssId|style|data|unicode|def|newcommand|let)\b)")
DATA_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+")


def harmless(notebook: NotebookNode) -> NotebookNode:
    """The same notebook, made harmless in place. Sources of code cells stay as they are (every page shows them escaped)."""
    notebook.metadata = _plain({name: notebook.metadata[name] for name in NOTEBOOK_METADATA if name in notebook.metadata})
    for cell in notebook.cells:
        cell.metadata = _cell_metadata(cell.metadata)
        if "id" in cell and not CELL_ID.fullmatch(str(cell.id)):
            cell.id = new_code_cell().id
        if cell.cell_type == "code":
            cell.outputs = outputs(cell.outputs)
            if "kanikko_visible" in cell.metadata:
                cell.metadata["kanikko_visible"] = outputs(cell.metadata["kanikko_visible"])
        else:
            cell.source = markdown(cell.source)
            _clean_attachments(cell)
    return notebook


def _cell_metadata(metadata: Mapping[str, Any]) -> NotebookNode:
    """What tools need of a cell's metadata; tags and grade ids only if they are plain words."""
    kept = {name: metadata[name] for name in CELL_METADATA if name in metadata}
    if "tags" in kept:
        tags = kept["tags"] if isinstance(kept["tags"], list) else []
        kept["tags"] = [tag for tag in tags if isinstance(tag, str) and WORD.fullmatch(tag)]
    if "nbgrader" in kept:
        about = kept["nbgrader"]
        if not isinstance(about, Mapping) or not WORD.fullmatch(str(about.get("grade_id", ""))):
            del kept["nbgrader"]
    return NotebookNode(kept)


def outputs(found: list[NotebookNode]) -> list[NotebookNode]:
    """The same outputs without anything that runs (in place). Streams and errors are text, which every page escapes."""
    for output in found:
        if "data" in output:
            output.metadata = _sizes(output.get("metadata", {}))
            output.data = NotebookNode(_bundle(output.data))
    return found


def markdown(text: str) -> str:
    """Markdown in which no tag has an attribute and no link or formula can run anything; words stay."""
    text = UNSAFE_OPENING.sub("&lt;", text)
    text = INLINE_LINK.sub(_safe_link, text)
    text = NAMED_LINK.sub(_safe_link, text)
    return MATH_COMMAND.sub(r"\\\\ ", text)


def hypertext(text: str) -> str:
    """HTML of an output: tables, lists and pictures that it carries itself."""
    return nh3.clean(text, url_schemes={"http", "https", "mailto", "data"}, attribute_filter=_attribute)


def _attribute(tag: str, name: str, value: str) -> str | None:
    if value.strip().lower().startswith("data:") or name in ("src", "srcset"):
        # A picture from elsewhere would tell its server who looked, and when.
        return value if (tag, name) == ("img", "src") and DATA_PICTURE.fullmatch(value) else None
    return value


def _safe_link(match: re.Match[str]) -> str:
    target = "".join(character for character in html.unescape(unquote(html.unescape(match[2]))) if character > " ")
    scheme = SCHEME.match(target)
    return match[0] if scheme is None or scheme[0].lower() in ALLOWED_SCHEMES else f"{match[1]}#"


def _bundle(data: Mapping[str, Any]) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    for mime, value in data.items():
        text = "".join(value) if isinstance(value, list) else value
        if not isinstance(text, str):
            continue
        if mime == "text/plain":
            clean[mime] = text
        elif mime == "text/html":
            clean[mime] = hypertext(text)
        elif mime in ("text/markdown", "text/latex"):
            clean[mime] = markdown(text)
        elif mime in PICTURES and _is_base64(text):
            clean[mime] = text
    return clean or {"text/plain": EMPTY}


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (ValueError, binascii.Error):
        return False
    return True


def _sizes(metadata: Mapping[str, Any]) -> NotebookNode:
    """Only numbers survive: templates put these into attributes."""
    kept: dict[str, Any] = {}
    for mime in PICTURES:
        sizes = metadata.get(mime)
        if isinstance(sizes, Mapping):
            kept[mime] = {name: sizes[name] for name in ("width", "height") if type(sizes.get(name)) in (int, float)}
    return NotebookNode(kept)


def _clean_attachments(cell: NotebookNode) -> None:
    attachments = cell.pop("attachments", None)
    if not isinstance(attachments, Mapping):
        return
    kept = {
        name: {mime: text for mime, text in bundle.items() if mime in PICTURES and isinstance(text, str) and _is_base64(text)}
        for name, bundle in attachments.items()
        if isinstance(bundle, Mapping) and re.fullmatch(r"[\w.-]{1,100}", str(name))
    }
    if kept := {name: bundle for name, bundle in kept.items() if bundle}:
        cell.attachments = kept


def _plain(value: Any) -> NotebookNode:
    """Metadata whose texts are plain words: names of languages and kernels need no more."""
    kept: dict[str, Any] = {}
    for name, item in value.items():
        if isinstance(item, Mapping):
            kept[name] = _plain(item)
        elif isinstance(item, str):
            kept[name] = re.sub(r"[^\w .,+/()-]", "", item)[:100]
        elif isinstance(item, (int, float, bool)):
            kept[name] = item
    return NotebookNode(kept)
