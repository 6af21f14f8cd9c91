"""Certificates are always checked, and the sentence says what is wrong with them."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from ioc.collectors.http import ONE_TRY, Http
from ioc.errors import SourceChanged
from ioc.faults import FaultKind
from tests.builders import a_source
from tests.collectors.building import FixedClock
from tests.collectors.servers import RawServer, reply

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def ca(tmp_path: Path) -> trustme.CA:
    """An authority whose root lies in `ca.pem`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return authority


def fetch(certificate: trustme.LeafCert, ca_file: Path | None) -> object:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with RawServer(reply(b'{"ok": 1}'), tls=context) as server:
        source = a_source(base_url=server.url, ca_file=str(ca_file) if ca_file else None, request_seconds=5.0)
        http = Http(source, secret=lambda: "", retry=ONE_TRY, clock=FixedClock())
        try:
            return http.fetch_json("/x").document.value
        finally:
            http.close()


def test_a_private_authority_is_believed_when_its_file_is_named(ca: trustme.CA, tmp_path: Path) -> None:
    assert fetch(ca.issue_cert("127.0.0.1"), tmp_path / "ca.pem") == {"ok": 1}


@pytest.mark.parametrize(
    ("names", "until", "known", "words"),
    [
        (["127.0.0.1"], None, False, "không được tin cậy"),
        (["khac.example.gov.vn"], None, True, "không đúng tên máy"),
        (["127.0.0.1"], LONG_AGO, True, "đã hết hạn"),
    ],
)
def test_a_bad_certificate_is_refused_with_its_reason(
    ca: trustme.CA, tmp_path: Path, names: list[str], until: datetime | None, known: bool, words: str
) -> None:
    certificate = ca.issue_cert(*names, not_after=until) if until else ca.issue_cert(*names)
    with pytest.raises(SourceChanged, match=words) as caught:
        fetch(certificate, tmp_path / "ca.pem" if known else None)
    assert caught.value.kind is FaultKind.TLS


def test_a_missing_root_file_names_its_key(ca: trustme.CA, tmp_path: Path) -> None:
    with pytest.raises(SourceChanged, match="ca_file"):
        fetch(ca.issue_cert("127.0.0.1"), tmp_path / "none.pem")
