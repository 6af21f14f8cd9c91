"""The words for every closed word of the model: one row a member, none forgotten (a test counts).

A row is (label, icon); icons are names of `ioc/static/ioc.css`, so that colour is never the only sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ioc.faults import FaultKind, RejectReason
from ioc.model.agency import Level
from ioc.model.dossier import Channel, Flag, PauseKind, Standing, Status
from ioc.model.run import Freshness, Light, RunKind, RunState
from ioc.words import mark, t


@dataclass(frozen=True, slots=True)
class Word:
    """How one member of a closed word is named and drawn."""

    text: str
    icon: str = ""

    @property
    def label(self) -> str:
        """The text in the language of this run."""
        return t(self.text)


FRESHNESS = {
    Freshness.FRESH: Word(mark("Mới"), "check"),
    Freshness.STALE: Word(mark("Cũ"), "clock"),
    Freshness.FAILING: Word(mark("Hỏng"), "cross"),
    Freshness.LOADING: Word(mark("Đang nạp lần đầu"), "load"),
    Freshness.NEVER: Word(mark("Chưa có dữ liệu"), "dash"),
    Freshness.PAUSED: Word(mark("Tạm ngừng thu thập"), "pause"),
}

LIGHT = {
    Light.GREEN: Word(mark("Số liệu đầy đủ"), "check"),
    Light.AMBER: Word(mark("Số liệu thiếu một phần"), "alert"),
    Light.RED: Word(mark("Số liệu chưa đủ tin cậy"), "cross"),
}

RUN_STATE = {
    RunState.RUNNING: Word(mark("Đang chạy"), "load"),
    RunState.OK: Word(mark("Tốt"), "check"),
    RunState.PARTIAL: Word(mark("Dở dang"), "alert"),
    RunState.HELD: Word(mark("Giữ lại, chờ xác nhận"), "pause"),
    RunState.FAILED: Word(mark("Hỏng"), "cross"),
    RunState.ABANDONED: Word(mark("Bỏ dở"), "dash"),
}

RUN_KIND = {
    RunKind.CHANGES: Word(mark("Thay đổi mới")),
    RunKind.FULL: Word(mark("Toàn bộ")),
}

FAULT = {
    FaultKind.AUTH: Word(mark("Lỗi đăng nhập")),
    FaultKind.PERMISSION: Word(mark("Không đủ quyền")),
    FaultKind.RATE: Word(mark("Bị giới hạn tần suất")),
    FaultKind.TIMEOUT: Word(mark("Quá thời gian chờ")),
    FaultKind.NETWORK: Word(mark("Không kết nối được")),
    FaultKind.TLS: Word(mark("Chứng thư TLS không hợp lệ")),
    FaultKind.SERVER: Word(mark("Máy chủ nguồn báo lỗi")),
    FaultKind.HTML: Word(mark("Trả về trang web thay vì dữ liệu")),
    FaultKind.SCHEMA: Word(mark("Sai định dạng đã thống nhất")),
    FaultKind.PARTIAL: Word(mark("Thiếu dữ liệu")),
    FaultKind.CLOCK: Word(mark("Lệch đồng hồ")),
    FaultKind.SUSPICIOUS: Word(mark("Số liệu bất thường, chờ xác nhận")),
    FaultKind.FILE: Word(mark("Tệp không đọc được")),
    FaultKind.STORE: Word(mark("Kho dữ liệu không ghi được")),
    FaultKind.INTERNAL: Word(mark("Lỗi chương trình")),
}

REJECT = {
    RejectReason.NO_KEY: Word(mark("Thiếu mã định danh")),
    RejectReason.NOT_A_RECORD: Word(mark("Không phải bản ghi")),
    RejectReason.BAD_DATE: Word(mark("Ngày không hợp lệ")),
    RejectReason.BAD_NUMBER: Word(mark("Số không hợp lệ")),
    RejectReason.BAD_TEXT: Word(mark("Văn bản hỏng hoặc quá dài")),
    RejectReason.MISSING_FIELD: Word(mark("Thiếu trường bắt buộc")),
    RejectReason.FUTURE: Word(mark("Ngày tiếp nhận ở tương lai")),
    RejectReason.DUPLICATE_CODE: Word(mark("Một mã, hai hồ sơ khác nhau")),
    RejectReason.ROW_SHAPE: Word(mark("Dòng thừa hoặc thiếu cột")),
    RejectReason.FORMULA: Word(mark("Ô công thức lỗi hoặc chưa tính")),
}

LEVEL = {
    Level.PROVINCE: Word(mark("Cấp tỉnh")),
    Level.DEPARTMENT: Word(mark("Sở, ban, ngành")),
    Level.DISTRICT: Word(mark("Cấp huyện (trước 07/2025)")),
    Level.COMMUNE: Word(mark("Cấp xã")),
}

STATUS = {
    Status.NEW: Word(mark("Mới đăng ký")),
    Status.RECEIVED: Word(mark("Được tiếp nhận")),
    Status.REJECTED: Word(mark("Không được tiếp nhận")),
    Status.PROCESSING: Word(mark("Đang xử lý")),
    Status.SUPPLEMENT: Word(mark("Yêu cầu bổ sung giấy tờ")),
    Status.FINANCIAL: Word(mark("Yêu cầu thực hiện nghĩa vụ tài chính")),
    Status.WITHDRAWN: Word(mark("Công dân yêu cầu rút hồ sơ")),
    Status.STOPPED: Word(mark("Dừng xử lý")),
    Status.COMPLETED: Word(mark("Đã xử lý xong")),
    Status.RETURNED: Word(mark("Đã trả kết quả")),
    Status.UNKNOWN: Word(mark("Trạng thái chưa ánh xạ")),
}

STANDING = {
    Standing.EXCLUDED: Word(mark("Ngoài số liệu")),
    Standing.WAITING: Word(mark("Chờ tiếp nhận"), "clock"),
    Standing.WITHIN: Word(mark("Đang giải quyết, trong hạn")),
    Standing.LATE: Word(mark("Đang giải quyết, quá hạn"), "late"),
    Standing.PAUSED: Word(mark("Tạm dừng, chờ người nộp"), "pause"),
    Standing.NO_DUE: Word(mark("Đang giải quyết, không có ngày hẹn")),
    Standing.RESOLVED_EARLY: Word(mark("Đã giải quyết trước hạn"), "check"),
    Standing.RESOLVED_ON_TIME: Word(mark("Đã giải quyết đúng hạn"), "check"),
    Standing.RESOLVED_LATE: Word(mark("Đã giải quyết quá hạn"), "late"),
    Standing.RESOLVED_NO_DUE: Word(mark("Đã giải quyết, không có ngày hẹn")),
    Standing.WITHOUT_RESULT: Word(mark("Rút, trả lại hoặc dừng")),
}

CHANNEL = {
    Channel.COUNTER: Word(mark("Trực tiếp")),
    Channel.ONLINE: Word(mark("Trực tuyến")),
    Channel.POSTAL: Word(mark("Bưu chính công ích")),
    Channel.UNKNOWN: Word(mark("Kênh chưa ánh xạ")),
}

PAUSE = {
    PauseKind.SUPPLEMENT: Word(mark("Chờ bổ sung giấy tờ"), "pause"),
    PauseKind.FINANCIAL: Word(mark("Chờ nghĩa vụ tài chính"), "pause"),
    PauseKind.STOPPED: Word(mark("Tạm dừng"), "pause"),
}

FLAG = {
    Flag.DUE_BEFORE_RECEIVED: Word(mark("Ngày hẹn trước ngày tiếp nhận")),
    Flag.FINISHED_BEFORE_RECEIVED: Word(mark("Kết quả trước ngày tiếp nhận")),
    Flag.NO_RECEIVED: Word(mark("Không ghi ngày tiếp nhận")),
    Flag.NO_FINISH_DATE: Word(mark("Đã xong nhưng không ghi ngày")),
    Flag.FUTURE_VERSION: Word(mark("Lần sửa ở tương lai")),
    Flag.UNKNOWN_STATUS: Word(mark("Trạng thái chưa ánh xạ")),
    Flag.UNKNOWN_AGENCY: Word(mark("Cơ quan chưa ánh xạ")),
    Flag.UNKNOWN_PROCEDURE: Word(mark("Thủ tục chưa ánh xạ")),
    Flag.UNKNOWN_CHANNEL: Word(mark("Kênh chưa ánh xạ")),
    Flag.BAD_UTF8: Word(mark("Chữ hỏng mã")),
    Flag.AMBIGUOUS_DATE: Word(mark("Ngày viết mơ hồ")),
}

TABLES: tuple[tuple[type[StrEnum], object], ...] = (
    (Freshness, FRESHNESS),
    (Light, LIGHT),
    (RunState, RUN_STATE),
    (RunKind, RUN_KIND),
    (FaultKind, FAULT),
    (RejectReason, REJECT),
    (Level, LEVEL),
    (Status, STATUS),
    (Standing, STANDING),
    (Channel, CHANNEL),
    (PauseKind, PAUSE),
    (Flag, FLAG),
)
"""Every closed word with its table, for the test that none is forgotten."""
