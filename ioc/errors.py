"""Every exception raised on purpose, named for what its catcher does next.

IocError
├── SettingsError        nothing starts; the operator mends the named file, line and key
├── StoreUnready         the command that opened the store stops; the sentence says which command mends it
├── LeaseLost            the holder stops writing at once; another process has taken over
└── SourceFault          one run of one source ends here, with its last good figures left in place
    ├── RetryLater       the same request may be tried again (timeout, 429, 5xx, cut body)
    ├── AccessRefused    polling stops until somebody renews the credentials
    ├── SourceChanged    a person must look: the source no longer speaks as agreed
    └── SuspectBatch     the batch is held: it is readable but not believable
"""

from __future__ import annotations

from ioc.faults import FaultKind


class IocError(Exception):
    """Root of all; its text is one sentence that a person can act on."""


class SettingsError(IocError):
    """A fault in the configuration; the text names file, line and key."""


class StoreUnready(IocError):
    """The store cannot be used as it is (behind its migrations, damaged, on a network share)."""


class LeaseLost(IocError):
    """Another process holds the lease now."""


class SourceFault(IocError):
    """A run failed; `kind` is the class shown to people, the text says what happened."""

    default_kind = FaultKind.INTERNAL

    def __init__(self, text: str, *, kind: FaultKind | None = None) -> None:
        super().__init__(text)
        self.kind = kind or self.default_kind


class RetryLater(SourceFault):
    """The request may succeed when repeated; `after_seconds` is the source's own wish."""

    default_kind = FaultKind.SERVER

    def __init__(
        self, text: str, *, kind: FaultKind | None = None, after_seconds: float | None = None
    ) -> None:
        super().__init__(text, kind=kind)
        self.after_seconds = after_seconds


class AccessRefused(SourceFault):
    """Credentials refused: never hammer, ask for new ones."""

    default_kind = FaultKind.AUTH


class SourceChanged(SourceFault):
    """The answer cannot be read as agreed; a person must look."""

    default_kind = FaultKind.SCHEMA


class SuspectBatch(SourceFault):
    """The answer can be read but is not believable; nothing of it is taken."""

    default_kind = FaultKind.SUSPICIOUS
