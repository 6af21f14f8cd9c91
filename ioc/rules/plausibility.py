"""Whether what a source said can be believed (`wire.md` §11.17 and §11.22, `safety.md` F19).

Fewer records than yesterday is far more often a lost permission, a cut answer or an emptied view
than dossiers that ceased to be: nothing of such a batch is taken, the old figures stay, dated.
"""

from __future__ import annotations

from ioc.errors import SourceChanged, SuspectBatch
from ioc.faults import FaultKind


def check_full_pass(*, found: int, stored: int, floor_share: float) -> None:
    """Hold a full pass that finds less than `floor_share` of what the store has of this source.

    SuspectBatch then; a source of which nothing is stored may be empty.
    """
    # a quotient, for it rounds to the very number that the settings name: 7/100 is 0.07
    if stored > 0 and found / stored < floor_share:
        raise SuspectBatch(
            f"Lượt đọc toàn bộ chỉ thấy {_number(found)} hồ sơ trong khi đang lưu {_number(stored)} "
            f"(dưới mức {_percent(floor_share)} %): giữ nguyên số liệu cũ, chờ xác nhận."
        )


def check_total(*, stated: int | None, received: int, tolerance: int) -> None:
    """Refuse a pass that brought fewer distinct records than the source says it has.

    SourceChanged of kind `partial` when more than `tolerance` are missing; more records than
    stated are rows that came in while paging. None: the source states no total.
    """
    if stated is not None and received < stated - tolerance:
        raise SourceChanged(
            f"Nguồn báo có {_number(stated)} hồ sơ nhưng chỉ đọc được {_number(received)}: thiếu dữ liệu.",
            kind=FaultKind.PARTIAL,
        )


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0").replace(".", ",")
