"""What a screen may ask for: a poll, and in the demo a fault of a simulated source on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from ioc.clock import utc_now
from ioc.store.engine import open_engine
from ioc.store.requests import take_poll_requests
from tests.pages.conftest import Open, html_of, text_of
from tests.pages.province import make_home

SOURCE = "h49-06652"


class Simulator:
    """Answers the two addresses of the fault switches, and remembers what it was told."""

    def __init__(self) -> None:
        self.on: list[str] = []
        self.told: list[tuple[str, dict[str, Any]]] = []
        held = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({SOURCE: [{"fault": fault, "every": 1} for fault in held.on]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                held.told.append((self.path, body))
                held.on = [f for f in held.on if f != body["fault"]] + ([body["fault"]] if body["on"] else [])
                self._answer([])

            def _answer(self, value: object) -> None:
                sent = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    held = Simulator()
    thread = threading.Thread(target=held.server.serve_forever, daemon=True)
    thread.start()
    yield held
    held.server.shutdown()
    thread.join(5)
    held.server.server_close()


@pytest.fixture
def home(tmp_path: Path, simulator: Simulator) -> Path:
    """An empty store whose simulated sources live on the fake simulator's port."""
    make_home(tmp_path)
    sources = tmp_path / "config" / "sources.toml"
    port = simulator.server.server_port
    sources.write_text(sources.read_text("utf-8").replace("127.0.0.1:9100", f"127.0.0.1:{port}"), "utf-8")
    return tmp_path


def asked(home: Path) -> list[tuple[str, bool]]:
    engine = open_engine(f"sqlite:///{home / 'ioc.sqlite'}")
    found = [(request.source_id, request.full) for request in take_poll_requests(engine, now=utc_now())]
    engine.dispose()
    return found


def test_poll_now_leaves_a_wish_for_the_scheduler(open_screen: Open, home: Path) -> None:
    at = open_screen(home, "sources", source=SOURCE)
    assert asked(home) == []
    at.button(key="poll_now").click().run()
    assert "Đã ghi yêu cầu thu thập; bộ lập lịch nhận trong vài giây." in text_of(at)
    assert asked(home) == [(SOURCE, False)]


def test_reading_everything_again_is_the_retry_of_the_quarantine(open_screen: Open, home: Path) -> None:
    at = open_screen(home, "sources", source=SOURCE)
    at.button(key="poll_full").click().run()
    assert asked(home) == [(SOURCE, True)]


def test_no_button_without_a_chosen_source(open_screen: Open, home: Path) -> None:
    assert not open_screen(home, "sources").button


def test_a_fault_is_switched_on_and_off(open_screen: Open, home: Path, simulator: Simulator) -> None:
    at = open_screen(home, "sources", source=SOURCE)
    at.button_group(key=f"faults_{SOURCE}").select("html_200").run()
    assert simulator.told == [(f"/sim/faults/{SOURCE}", {"fault": "html_200", "on": True})]
    assert at.button_group(key=f"faults_{SOURCE}").value == ["html_200"]
    at.button_group(key=f"faults_{SOURCE}").unselect("html_200").run()
    assert simulator.told[-1] == (f"/sim/faults/{SOURCE}", {"fault": "html_200", "on": False})


def test_faults_that_are_on_elsewhere_are_shown(open_screen: Open, home: Path, simulator: Simulator) -> None:
    simulator.on = ["down"]
    at = open_screen(home, "sources", source=SOURCE)
    assert at.button_group(key=f"faults_{SOURCE}").value == ["down"]
    assert simulator.told == []


def test_a_simulator_that_is_away_is_told(open_screen: Open, home: Path, simulator: Simulator) -> None:
    simulator.server.server_close()
    simulator.server.socket.close()
    sources = home / "config" / "sources.toml"
    sources.write_text(
        sources.read_text("utf-8").replace(str(simulator.server.server_port), "9"), encoding="utf-8"
    )
    assert "Tỉnh mô phỏng không trả lời" in text_of(open_screen(home, "sources", source=SOURCE))


def test_a_real_source_has_no_fault_switches(open_screen: Open, home: Path, simulator: Simulator) -> None:
    sources = home / "config" / "sources.toml"
    sources.write_text(sources.read_text("utf-8").replace("simulated = true", "simulated = false"), "utf-8")
    at = open_screen(home, "sources", source=SOURCE)
    assert not at.button_group
    assert "Lỗi thử" not in html_of(at)
