"""Our own gzip: httpx gives half a file as a good one, and 1 MB that becomes 1 GiB (`safety.md` §0).

Every member is read, each must end with its checksum, and neither side may pass the byte cap.
"""

from __future__ import annotations

import zlib

from ioc.errors import RetryLater, SourceChanged
from ioc.faults import FaultKind

_GZIP = 31
"""zlib's word for "a gzip member with header and checksum"."""


class Inflater:
    """Collects a body piece by piece; `limit` is in bytes, for what comes in and for what comes out."""

    def __init__(self, *, gzipped: bool, limit: int) -> None:
        self._limit = limit
        self._taken = 0
        self._pieces: list[bytes] = []
        self._made = 0
        self._gzipped = gzipped
        self._member = zlib.decompressobj(_GZIP) if gzipped else None
        self._fresh = True

    def feed(self, piece: bytes) -> None:
        """Take the next raw bytes; raises SourceChanged past the cap or when this is no gzip."""
        self._taken += len(piece)
        if self._taken > self._limit:
            raise too_large(self._limit)
        if not self._gzipped:
            self._keep(piece)
            return
        while piece:
            piece = self._inflate(piece)

    def _inflate(self, piece: bytes) -> bytes:
        """Decompress what fits under the cap; returns what is left for the next turn."""
        member = self._member or zlib.decompressobj(_GZIP)
        self._member, self._fresh = member, False
        try:
            self._keep(member.decompress(piece, self._limit - self._made + 1))
        except zlib.error as exc:
            raise SourceChanged("Dữ liệu nén gzip bị hỏng; báo đơn vị vận hành hệ thống nguồn") from exc
        if member.eof:
            self._member, self._fresh = None, True
            return member.unused_data
        return member.unconsumed_tail

    def _keep(self, data: bytes) -> None:
        self._made += len(data)
        if self._made > self._limit:
            raise too_large(self._limit)
        self._pieces.append(data)

    def finish(self) -> bytes:
        """The whole body; raises RetryLater when the last gzip member has no end."""
        if self._gzipped and not self._fresh:
            raise cut_short()
        return b"".join(self._pieces)


def too_large(limit: int) -> SourceChanged:
    """The fault of an answer past the cap."""
    return SourceChanged(
        f"Trả lời lớn hơn {limit // 1_000_000} MB; giảm page_size hoặc tăng max_page_bytes của nguồn"
    )


def cut_short() -> RetryLater:
    """The fault of an answer that ended before its end."""
    return RetryLater(
        "Đường truyền bị ngắt giữa chừng, dữ liệu chưa đủ; sẽ tự thử lại", kind=FaultKind.NETWORK
    )
