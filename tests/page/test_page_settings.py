"""The page's fixed parts: what Jupyter is told, how the extension is named, what language it speaks."""

from __future__ import annotations

import json
import re

import pytest

from hub.page import FILES_VARIABLE, HERE, common, jupyter_paths, seal, server_extensions, words

KANJI = re.compile(r"[\u4e00-\u9fff]")


def scripts() -> dict[str, str]:
    return {place.name: place.read_text(encoding="utf-8") for place in seal.sealed_folder().glob("*.js")}


def test_the_extensions_address_changes_with_its_content() -> None:
    folder = seal.sealed_folder()
    assert folder.name == seal.content_hash(folder), "run: python -m hub.page.seal"
    package = json.loads((seal.EXTENSION / "package.json").read_text())
    assert (seal.EXTENSION / package["jupyterlab"]["_build"]["load"]).parent == folder


def test_the_hash_sees_every_change(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("static")
    (folder / "a.js").write_text("1")
    first = seal.content_hash(folder)
    (folder / "a.js").write_text("2")
    second = seal.content_hash(folder)
    (folder / "a.js").rename(folder / "b.js")
    assert len({first, second, seal.content_hash(folder)}) == 3


def test_a_pupil_gets_two_server_extensions_and_a_teacher_nbgraders() -> None:
    assert server_extensions("student") == ["hub.classstart.activity", "hub.page", "notebook"]
    assert "nbgrader.server_extensions.formgrader" in server_extensions("teacher")
    assert "hub.page" not in server_extensions("teacher")


def test_a_pupils_settings_never_come_from_the_home() -> None:
    paths = jupyter_paths("student")
    assert paths.pop(FILES_VARIABLE) == common.key()
    assert all(path.startswith(("/tmp/kanikko/", str(HERE))) for path in paths.values())
    assert {"JUPYTER_CONFIG_PATH", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"} <= set(paths)


def test_nobody_else_gets_a_page() -> None:
    with pytest.raises(KeyError):
        jupyter_paths("operator")  # type: ignore[arg-type]


def test_an_eight_year_old_can_read_every_fixed_sentence() -> None:
    spoken = [line for line in scripts()["words.js"].splitlines() if line.startswith("export")]
    spoken += [text for said in vars(words).values() if isinstance(said, words.Words) for text in (said.message, said.remedy)]
    spoken += [place.read_text(encoding="utf-8") for place in (HERE / "templates").glob("*.html")]
    assert [text for text in spoken if KANJI.search(text)] == []


def test_fixed_sentences_stand_in_one_place() -> None:
    japanese = re.compile(r"'[^'\n]*[\u3041-\u30ff][^'\n]*'")
    assert {name: found for name, text in scripts().items() if name != "words.js" and (found := japanese.findall(text))} == {}


def test_nothing_is_ever_parsed_as_html() -> None:
    risky = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser")
    assert [name for name, text in scripts().items() if risky.search(text)] == []


def test_furigana_markup_is_readable_without_ruby() -> None:
    assert words.plain("{今|いま}、{課題|かだい}を ひらく") == "いま、かだいを ひらく"
