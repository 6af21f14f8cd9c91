"""Dossiers of a site as `igate2` writes them (`wire.md` §4), with its inconsistencies.

Moments come as `+0700` and `+0000` in one record, names as a string or as a list of languages,
`translate` and `currentTask` as an object or a list. Applicants are placeholders that no person can
be taken for; they are there so that collectors have something to drop.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ioc.model.dossier import Status
from ioc.simulator.chance import Ints, root
from ioc.simulator.lives import Event, Lives
from ioc.simulator.offices import SiteSpec
from ioc.simulator.province import Site
from ioc.simulator.state import STATUSES, State
from ioc.simulator.wording import (
    CHANNEL_NAMES,
    LEVEL_NAMES,
    PAYMENT_NAMES,
    SITE_STATUS_IDS,
    STATUS_NAMES,
    STEP_NAMES,
    unit_names,
)
from ioc.simulator.worktime import NEVER, OFFSET, day_of

Record = dict[str, Any]

_VIETNAMESE, _ENGLISH = 228, 46
_OVER = {Status.RETURNED, Status.WITHDRAWN, Status.REJECTED, Status.STOPPED}


def status_ids(spec: SiteSpec) -> dict[Status, int]:
    """The site's own status ids: its map in the settings, read backwards."""
    mapped = {Status(word): int(raw) for raw, word in spec.source.codes.get("status", {}).items()}
    return {**SITE_STATUS_IDS, **mapped}


class Writer:
    """Writes the records of one site; what never changes is made once."""

    def __init__(self, site: Site) -> None:
        self._spec = site.spec
        self._procedures = site.procedures
        self._domain_names = site.domain_names
        self._full = site.world.catalogue.full
        self._ids = status_ids(site.spec)
        self._parts: dict[tuple[str, int, int], Any] = {}

    def records(self, lives: Lives, state: State) -> list[Record]:
        """One record for each dossier of `state`, in its order."""
        dates = _Dates(lives, state)
        return [self._record(lives, state, dates, place) for place in range(len(state.rows))]

    def _record(self, lives: Lives, state: State, dates: _Dates, place: int) -> Record:
        row = int(state.rows[place])
        bits = int(lives.keys[row])
        office, procedure = int(lives.office[row]), int(lives.procedure[row])
        status = STATUSES[state.status[place]]
        finished = bool(state.finished[place] < NEVER)
        code = code_of(self._spec, lives, row)
        return {
            "id": f"{int(lives.events[Event.SUBMIT, row]):08x}{bits:016x}",
            "code": code,
            "nationCode": f"000.00.{code}",
            "dossierStatus": {"id": self._ids[status], "name": STATUS_NAMES[status]},
            "dossierTaskStatus": self._part("task", int(state.step[place]), bits % 2),
            "applicant": placeholder(bits),
            "procedure": self._part("procedure", procedure, bits % 4),
            "procedureLevel": self._part("level", procedure, bits % 2),
            "agency": self._part("agency", office, bits // 2 % 2),
            "applyMethod": self._part("method", int(lives.channel[row]), 0),
            **dates.of(place),
            "currentTask": self._task(status, office, procedure, int(state.step[place]), bits),
            **_money(lives, state, place, row),
            "resultSigned": bool(lives.signed[row]) if finished else None,
            "digitized": bool(lives.digitised_result[row]) if finished else None,
            "undefindedCompleteTime": int(state.accepted[place] < NEVER and state.due[place] == NEVER),
            "removeStatus": int(state.removed[place]),
        }

    def _part(self, kind: str, index: int, form: int) -> Any:
        """A nested object in one of its forms, made once."""
        key = (kind, index, form)
        if key not in self._parts:
            self._parts[key] = getattr(self, f"_{kind}_part")(index, form)
        return self._parts[key]

    def _task_part(self, index: int, form: int) -> Any:
        return {"id": f"{root('task', index):016x}", "name": _name(STEP_NAMES[index], form)}

    def _procedure_part(self, index: int, form: int) -> Any:
        procedure = self._procedures[index]
        translated = {"languageId": _VIETNAMESE, "name": procedure.name}
        domain = procedure.domain_code
        sector = self._domain_names.get(domain, domain)
        return {
            "id": f"{root('procedure', procedure.code):024x}",
            "code": procedure.code,
            "translate": translated if form % 2 else [translated],
            "sector": {
                "id": f"{root('sector', domain):024x}",
                "code": domain,
                "name": _name(sector, form // 2),
            },
        }

    def _level_part(self, index: int, form: int) -> Any:
        word = LEVEL_NAMES[bool(self._full[index])]
        return {"id": f"{root('level', word):024x}", "name": _name(word, form)}

    def _agency_part(self, index: int, form: int) -> Any:
        office = self._spec.offices[index]
        return {
            "id": f"{root('agency', office.agency.code):024x}",
            "code": office.wire_code,
            "name": _name(office.agency.name, form),
        }

    def _method_part(self, index: int, form: int) -> Any:
        return {"id": index, "name": CHANNEL_NAMES[index]}

    def _task(self, status: Status, office: int, procedure: int, step: int, bits: int) -> Any:
        """Where the dossier lies: nowhere when it is over; an object or a list."""
        if status in _OVER:
            return []
        domain = self._procedures[procedure].domain_code
        unit = unit_names(self._spec.offices[office].agency, domain)[step]
        task = {"name": STEP_NAMES[step], "candidateGroup": [{"name": _name(unit, bits // 4 % 2)}]}
        return task if bits // 8 % 2 else [task]


def code_of(spec: SiteSpec, lives: Lives, row: int) -> str:
    """The dossier's number: unit-yymmdd-nnnn."""
    office = spec.offices[int(lives.office[row])]
    return f"{office.agency.code}-{day_of(lives.day[row]):%y%m%d}-{int(lives.number[row]):04d}"


def placeholder(bits: int) -> Record:
    """An applicant who is plainly nobody."""
    number = bits % 9_999 + 1
    return {
        "data": {
            "fullname": f"CÔNG DÂN MẪU {number:04d}",
            "identityNumber": f"{number:012d}",
            "phoneNumber": f"0000{number:06d}",
            "email": f"mau{number:04d}@example.invalid",
            "address": "Địa chỉ mẫu",
            "province": {"label": "Thành phố Quảng Ninh", "value": "22"},
        }
    }


def _name(text: str, form: int) -> Any:
    if not form:
        return text
    return [{"languageId": _ENGLISH, "name": ""}, {"languageId": _VIETNAMESE, "name": text}]


def _money(lives: Lives, state: State, place: int, row: int) -> Record:
    """Fee and how it was paid; nothing about a fee before the dossier is accepted."""
    total = int(lives.fee[row])
    status = STATUSES[state.status[place]]
    paid = total > 0 and state.accepted[place] < NEVER and status is not Status.FINANCIAL
    online = bool(lives.paid_online[row])
    method = {"id": 1 if online else 2, "name": PAYMENT_NAMES[online]} if paid else None
    return {"dossierFee": {"total": total, "paid": total if paid else 0}, "paymentMethod": method}


class _Dates:
    """The moments of a page as text, column by column."""

    def __init__(self, lives: Lives, state: State) -> None:
        millis = (lives.keys[state.rows] % np.uint64(1000)).astype(np.int64)
        local = {
            "appliedDate": lives.events[Event.SUBMIT, state.rows],
            "acceptedDate": state.accepted,
            "appointmentDate": state.due,
            "completedDate": state.finished,
            "returnedDate": state.returned,
            "supplementRequestDate": state.asked,
            "supplementReceivedDate": state.supplied,
            "rejectedDate": state.rejected,
            "withdrawnDate": state.withdrawn,
        }
        self._columns = {name: _local_text(moments) for name, moments in local.items()}
        self._columns["returnedDate"] = _utc_text(state.returned, np.zeros_like(millis))
        self._columns["updatedDate"] = _utc_text(state.updated, millis)

    def of(self, place: int) -> Record:
        """The dates of one record."""
        return {name: column[place] for name, column in self._columns.items()}


def _local_text(moments: Ints) -> list[str | None]:
    return [text and f"{text}.000+0700" for text in _iso(moments, OFFSET)]


def _utc_text(moments: Ints, millis: Ints) -> list[str | None]:
    pairs = zip(_iso(moments, 0), millis.tolist(), strict=True)
    return [text and f"{text}.{extra:03d}+0000" for text, extra in pairs]


def _iso(moments: Ints, offset: int) -> Iterable[str | None]:
    known = moments < NEVER
    texts = np.datetime_as_string(np.where(known, moments + offset, 0).astype("datetime64[s]")).tolist()
    return [text if is_known else None for text, is_known in zip(texts, known.tolist(), strict=True)]
