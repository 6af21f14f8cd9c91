"""Column types: moments and days as integers on SQLite (half the size of text, `storage.md` §4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, Integer
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = date(1970, 1, 1)


class Moment(TypeDecorator[datetime]):
    """Aware UTC moment: integer seconds on SQLite, timestamptz on PostgreSQL."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Native type on PostgreSQL."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive moments: a moment without a zone is a fault of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC) if dialect.name == "postgresql" else int(value.timestamp())

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Always aware UTC."""
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return datetime.fromtimestamp(int(value), UTC)


class Day(TypeDecorator[date]):
    """Local day: days since 1970-01-01 on SQLite, date on PostgreSQL."""

    impl = Integer
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Native type on PostgreSQL."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Date())
        return dialect.type_descriptor(Integer())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        """Days since the epoch on SQLite."""
        if value is None or dialect.name == "postgresql":
            return value
        return (value - _EPOCH).days

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        """Back to a date."""
        if value is None or isinstance(value, date):
            return value
        return _EPOCH + timedelta(days=int(value))
