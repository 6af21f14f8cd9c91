"""Whole lives of dossiers, as columns: every event of each with its moment, decided once and for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np

from ioc.model.agency import Domain, Procedure
from ioc.simulator import calibration as cal
from ioc.simulator.chance import Bools, Floats, Ints, Keys, one


class Event(IntEnum):
    """What can happen to a dossier, in the order in which it can; rows of `Lives.events`."""

    SUBMIT = 0
    REJECT = 1  # refused at the door
    ACCEPT = 2
    STEP1 = 3  # thẩm định
    ASK = 4  # yêu cầu bổ sung
    BACK = 5  # đã bổ sung
    STEP2 = 6  # lấy ý kiến, phối hợp
    FEE_ASK = 7
    FEE_PAID = 8
    APOLOGY = 9  # xin lỗi và hẹn lại ngày trả
    STEP3 = 10  # trình ký
    WITHDRAW = 11
    STOP = 12  # dừng vì không bổ sung
    FINISH = 13
    REOPEN = 14
    FINISH_AGAIN = 15
    RETURN = 16
    REMOVE = 17  # entered by mistake
    TOUCH = 18  # saved again without a change; this and the following come only from fault switches
    FORCED_DUE = 19
    FORCED_REOPEN = 20
    FORCED_FINISH = 21


ONLINE, COUNTER, POSTAL = 0, 1, 2
"""Channels, as site ids of `applyMethod`."""


@dataclass(frozen=True, slots=True)
class Lives:
    """Dossiers of one site, oldest first; moments are seconds since 1970, `NEVER` for what does not come."""

    keys: Keys
    office: Ints
    day: Ints
    number: Ints
    """Place in the day's numbering, from 1."""
    procedure: Ints
    channel: Ints
    events: Ints
    due: Ints
    """Rows: first, after a supplement, after the apology, forced."""
    finish_shift: Ints
    """Seconds to add to the finish as typed in; not 0 only for slips of the keyboard."""
    fee: Ints
    paid_online: Bools
    signed: Bools
    digitised_result: Bools

    def __len__(self) -> int:
        return len(self.keys)


def joined(parts: Iterable[Lives]) -> Lives:
    """All parts one after the other."""
    every = list(parts)
    return Lives(*(np.concatenate([getattr(part, f.name) for part in every], axis=-1) for f in fields(Lives)))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The procedures as columns: limits, fees and habits, by place in `Settings.procedures`."""

    procedures: Sequence[Procedure]
    limit: Ints
    """Working days; 0 means the same day."""
    fee: Ints
    online: Floats
    late: Floats
    full: Bools
    """Toàn trình (else một phần)."""
    domain_names: Mapping[str, str]


def catalogue(procedures: Sequence[Procedure], domains: Iterable[Domain]) -> Catalogue:
    """Columns of `procedures`; the level of a service is drawn by its code, the same everywhere."""
    limits = [5 if p.working_days is None else p.working_days for p in procedures]
    return Catalogue(
        procedures=procedures,
        limit=np.array(limits, dtype=np.int64),
        fee=np.array([p.fee_vnd or 0 for p in procedures], dtype=np.int64),
        online=np.array([cal.ONLINE_BY_DOMAIN.get(p.domain_code, cal.ONLINE_DEFAULT) for p in procedures]),
        late=np.array(
            [
                cal.LATE_QUICK if limit <= 1 else cal.LATE_BY_DOMAIN.get(p.domain_code, cal.LATE_DEFAULT)
                for p, limit in zip(procedures, limits, strict=True)
            ]
        ),
        full=np.array([one(p.code, "full") < cal.FULL_LEVEL for p in procedures], dtype=bool),
        domain_names={domain.code: domain.name for domain in domains},
    )
