"""The closed words for what went wrong with a source, and why a record was refused."""

from __future__ import annotations

from enum import StrEnum


class FaultKind(StrEnum):
    """Class of a failed run (`wire.md` §8), as stored and as shown on the sources screen."""

    AUTH = "auth"  # lỗi đăng nhập
    PERMISSION = "permission"  # không đủ quyền
    RATE = "rate"  # bị giới hạn tần suất
    TIMEOUT = "timeout"  # quá thời gian
    NETWORK = "network"  # không kết nối được
    TLS = "tls"  # chứng thư TLS không hợp lệ
    SERVER = "server"  # máy chủ báo lỗi
    HTML = "html"  # trả về trang web thay vì dữ liệu
    SCHEMA = "schema"  # sai định dạng
    PARTIAL = "partial"  # thiếu dữ liệu
    CLOCK = "clock"  # lệch đồng hồ
    SUSPICIOUS = "suspicious"  # số liệu bất thường, chờ xác nhận
    FILE = "file"  # tệp không đọc được
    STORE = "store"  # kho dữ liệu không ghi được
    INTERNAL = "internal"  # lỗi chương trình


class RejectReason(StrEnum):
    """Why one record went to quarantine (cách ly)."""

    NO_KEY = "no_key"  # thiếu mã định danh
    NOT_A_RECORD = "not_a_record"  # không phải bản ghi
    BAD_DATE = "bad_date"  # ngày không hợp lệ
    BAD_NUMBER = "bad_number"  # số không hợp lệ
    BAD_TEXT = "bad_text"  # văn bản hỏng hoặc quá dài
    MISSING_FIELD = "missing_field"  # thiếu trường bắt buộc
    FUTURE = "future"  # ngày tiếp nhận ở tương lai
    DUPLICATE_CODE = "duplicate_code"  # một mã, hai hồ sơ khác nhau
    ROW_SHAPE = "row_shape"  # dòng thừa hoặc thiếu cột
    FORMULA = "formula"  # ô công thức lỗi hoặc chưa tính
