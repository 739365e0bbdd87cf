"""What comes out of a room is one well-formed kernel message a line, or noise."""

from __future__ import annotations

import json

import pytest

from grading.sandbox.wire import Garbled, parse


def line(kind: str, content: object, **more: object) -> bytes:
    return json.dumps({"type": kind, "parent": "p", "content": content, **more}).encode()


def test_a_stream_message_is_taken() -> None:
    message = parse(line("stream", {"name": "stdout", "text": "かに\n", "more": "dropped"}))
    assert (message.type, message.parent, message.content) == ("stream", "p", {"name": "stdout", "text": "かに\n"})


@pytest.mark.parametrize(
    "bad",
    [
        b"", b"{}", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"type": "stream"',
        b'{"type": "stream", "content": {"name": "stdout", "text": NaN}}',
        b'{"type": "stream", "content": {"name": "stdout", "text": 5}}',
        b'{"type": "stream", "content": {"name": "stdin", "text": ""}}',
        b'{"type": ["stream"], "content": {}}', b'{"type": "status", "content": []}', b'{"type": "status", "parent": {}, "content": {}}',
        line("input_request", {"prompt": "?"}), line("error", {"ename": "E", "evalue": "v", "traceback": "no list"}),
        line("execute_result", {"data": {}, "metadata": {}, "execution_count": True}),
        line("execute_result", {"data": {}, "metadata": {}, "execution_count": 10**12}),
        line("execute_reply", {"status": "fine"}), line("comm_open", {"comm_id": 5, "data": {}}),
        line("comm_open", {"comm_id": "c", "data": {}}, buffers=["not base64!"]),
        line("comm_open", {"comm_id": "c", "data": {}}, buffers="x"),
        b'{"type": "display_data", "content": {"data": {"application/json": 1e999}, "metadata": {}}}',
        b"[" * 200_000, b'{"type":' * 5000, b'{"type": "status", "content": {"execution_state": ' + b"9" * 100_000 + b"}}",
    ],
)  # fmt: skip
def test_anything_else_is_noise(bad: bytes) -> None:
    with pytest.raises(Garbled):
        parse(bad)


def test_nesting_is_cut_before_it_can_hurt() -> None:
    deep = b'{"type": "display_data", "content": {"metadata": {}, "data": {"application/json": ' + b"[" * 60 + b"]" * 60 + b"}}}"
    with pytest.raises(Garbled):
        parse(deep)


def test_lone_surrogates_become_question_marks() -> None:
    message = parse(b'{"type": "stream", "content": {"name": "stdout", "text": "a\\ud800b"}}')
    assert message.content["text"] == "a?b"


def test_what_should_be_text_in_a_bundle_is_text() -> None:
    message = parse(
        line("display_data", {"data": {"text/plain": 5, "text/html": ["a", "b"], "application/json": {"a": 1}}, "metadata": {}})
    )
    assert message.content["data"] == {"text/plain": "5", "text/html": ["a", "b"], "application/json": {"a": 1}}
