"""Labels of the figures for tables on the terminal, and the words that `--timeliness` takes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ioc.commands.desk import Wrong
from ioc.queries.measures import Measure

FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "received_total": "Tổng số tiếp nhận",
        "carried_over": "· kỳ trước chuyển sang",
        "received_in_period": "· tiếp nhận trong kỳ",
        "received_online_full": "  trực tuyến toàn trình",
        "received_online_partial": "  trực tuyến một phần",
        "received_online_other": "  trực tuyến khác",
        "received_counter": "  trực tiếp",
        "received_postal": "  bưu chính công ích",
        "received_unknown": "  kênh chưa ánh xạ",
        "resolved_total": "Đã giải quyết",
        "resolved_early": "· trước hạn",
        "resolved_on_time": "· đúng hạn",
        "resolved_late": "· quá hạn",
        "resolved_no_due": "· không có ngày hẹn",
        "closed_without_result": "· rút, trả lại hoặc dừng",
        "in_progress_total": "Đang giải quyết",
        "in_progress_within": "· trong hạn",
        "in_progress_late": "· quá hạn",
        "in_progress_paused": "· tạm dừng",
        "in_progress_no_due": "· không có ngày hẹn",
        "waiting_acceptance": "Chờ tiếp nhận",
        "accepted_on_time": "Tiếp nhận trực tuyến đúng hạn",
        "accepted_late": "Tiếp nhận trực tuyến quá hạn",
        "fee_due": "Hồ sơ có phí, lệ phí",
        "fee_paid_online": "· thanh toán trực tuyến",
        "results_known": "Kết quả biết rõ có ký số hay không",
        "results_signed": "· đã ký số",
    }
)
"""Every count of `--json`, in the order of the table; beside them only `on_time_rate`."""

TIMELINESS: Mapping[str, Measure] = MappingProxyType(
    {
        "overdue": Measure.IN_PROGRESS_LATE,
        "due_soon": Measure.DUE_SOON,
        "paused": Measure.IN_PROGRESS_PAUSED,
        "within": Measure.IN_PROGRESS_WITHIN,
        "no_due": Measure.IN_PROGRESS_NO_DUE,
        "in_progress": Measure.IN_PROGRESS_TOTAL,
        "waiting": Measure.WAITING_ACCEPTANCE,
        "received": Measure.RECEIVED_IN_PERIOD,
        "resolved": Measure.RESOLVED_TOTAL,
        **{measure.value: measure for measure in Measure},
    }
)
"""Short words first; every figure's own name is taken too."""


def measure_of(text: str) -> Measure:
    """The measure that `--timeliness` names."""
    if text not in TIMELINESS:
        raise Wrong(f"không có {text!r}; dùng một trong: {', '.join(TIMELINESS)}")
    return TIMELINESS[text]
