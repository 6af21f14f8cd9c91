"""Logs: one line an event, and nothing in it that must not be kept."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc import log


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def written(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().split("\n") if line]


def started(**options: Any) -> io.StringIO:
    stream = io.StringIO()
    log.configure(stream=stream, **options)
    return stream


def test_a_newline_cannot_forge_a_second_event() -> None:
    stream = started()
    log.get_logger("ioc.test").info('một\n{"event": "giả"}', where="a\u2028b\u0085c\u202ed")
    (event,) = written(stream)
    assert event["event"] == 'một\n{"event": "giả"}'
    assert event["where"] == "a b c d"
    assert event["at"].endswith("+00:00")


@settings(max_examples=50)
@given(st.text())
def test_any_text_stays_on_one_line(text: str) -> None:
    stream = started()
    log.get_logger("ioc.test").info("x", text=text, **{"k" + text: 1})
    assert len(stream.getvalue().splitlines()) == 1


def test_identity_numbers_and_secrets_are_hidden_however_nested() -> None:
    stream = started(secrets=["p@ss/word"])
    log.get_logger("ioc.test").warning(
        "số 012345678901", url="https://h/?k=p%40ss%2Fword", rows=[{"cmnd": "123456789"}, 123456789012]
    )
    text = stream.getvalue()
    assert not any(hidden in text for hidden in ("012345678901", "123456789", "p%40ss", "p@ss"))
    assert text.count(log.HIDDEN) == 4


def test_ordinary_numbers_stay() -> None:
    stream = started()
    log.get_logger("ioc.test").info("H49.06673-261122-0001", rows=12_345_678, done=True, share=0.5, none=None)
    (event,) = written(stream)
    assert (event["event"], event["rows"], event["done"]) == ("H49.06673-261122-0001", 12_345_678, True)
    assert (event["share"], event["none"]) == (0.5, None)


def test_tracebacks_hold_no_local_variables() -> None:
    stream = started()
    hidden = "giá trị riêng"
    try:
        raise ValueError("hỏng 012345678901")
    except ValueError:
        log.get_logger("ioc.test").exception("lỗi")
    (event,) = written(stream)
    assert "ValueError: hỏng" in event["exception"]
    assert hidden not in event["exception"]
    assert "012345678901" not in event["exception"]


def test_other_libraries_speak_the_same_form_and_http_clients_are_quiet() -> None:
    stream = started(secrets=["s3cret"])
    logging.getLogger("apscheduler").warning("job %s", "s3cret")
    logging.getLogger("httpx").info("GET https://h/?api_key=1")
    (event,) = written(stream)
    assert event["event"] == f"job {log.HIDDEN}"
    assert event["logger"] == "apscheduler"
