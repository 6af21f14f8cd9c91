"""What each figure means, in words: its title, and the sentence that defines it (công thức)."""

from __future__ import annotations

from dataclasses import dataclass

from ioc.queries.measures import Measure
from ioc.words import mark


@dataclass(frozen=True, slots=True)
class Meaning:
    """Title of a list and the definition that decides what is in it."""

    title: str
    formula: str
    stock: bool = False
    """A state at the end of a day, rather than something that happened within days."""


MEANINGS: dict[Measure, Meaning] = {
    Measure.CARRIED_OVER: Meaning(
        mark("Kỳ trước chuyển sang"),
        mark("Đã tiếp nhận trước ngày đầu kỳ và chưa giải quyết xong vào cuối ngày trước đó."),
        stock=True,
    ),
    Measure.RECEIVED_ONLINE_FULL: Meaning(
        mark("Tiếp nhận trực tuyến toàn trình"),
        mark("Ngày tiếp nhận trong kỳ, nộp trực tuyến, dịch vụ công toàn trình."),
    ),
    Measure.RECEIVED_ONLINE_PARTIAL: Meaning(
        mark("Tiếp nhận trực tuyến một phần"),
        mark("Ngày tiếp nhận trong kỳ, nộp trực tuyến, dịch vụ công một phần."),
    ),
    Measure.RECEIVED_ONLINE_OTHER: Meaning(
        mark("Tiếp nhận trực tuyến hình thức khác"),
        mark("Ngày tiếp nhận trong kỳ, nộp trực tuyến, không rõ mức dịch vụ công."),
    ),
    Measure.RECEIVED_COUNTER: Meaning(
        mark("Tiếp nhận trực tiếp"), mark("Ngày tiếp nhận trong kỳ, nộp tại bộ phận một cửa.")
    ),
    Measure.RECEIVED_POSTAL: Meaning(
        mark("Tiếp nhận qua bưu chính công ích"),
        mark("Ngày tiếp nhận trong kỳ, nộp qua bưu chính công ích."),
    ),
    Measure.RECEIVED_UNKNOWN: Meaning(
        mark("Tiếp nhận, kênh chưa ánh xạ"),
        mark("Ngày tiếp nhận trong kỳ, nguồn không cho biết kênh nộp hoặc kênh chưa ánh xạ."),
    ),
    Measure.RESOLVED_EARLY: Meaning(
        mark("Giải quyết trước hạn"), mark("Có kết quả trong kỳ, vào ngày trước ngày hẹn trả.")
    ),
    Measure.RESOLVED_ON_TIME: Meaning(
        mark("Giải quyết đúng hạn"), mark("Có kết quả trong kỳ, vào đúng ngày hẹn trả.")
    ),
    Measure.RESOLVED_LATE: Meaning(
        mark("Giải quyết quá hạn"), mark("Có kết quả trong kỳ, sau ngày hẹn trả.")
    ),
    Measure.RESOLVED_NO_DUE: Meaning(
        mark("Giải quyết, không có ngày hẹn"),
        mark("Có kết quả trong kỳ, nguồn không ghi ngày hẹn trả; không tính vào tỷ lệ đúng hạn."),
    ),
    Measure.CLOSED_WITHOUT_RESULT: Meaning(
        mark("Rút, trả lại hoặc dừng"),
        mark("Kết thúc trong kỳ mà không có kết quả: công dân rút, cơ quan trả lại hoặc dừng xử lý."),
    ),
    Measure.IN_PROGRESS_WITHIN: Meaning(
        mark("Đang giải quyết trong hạn"),
        mark("Chưa có kết quả vào cuối kỳ, ngày hẹn trả chưa qua, không tạm dừng."),
        stock=True,
    ),
    Measure.IN_PROGRESS_LATE: Meaning(
        mark("Đang giải quyết quá hạn"),
        mark("Chưa có kết quả vào cuối kỳ, ngày hẹn trả đã qua, không tạm dừng."),
        stock=True,
    ),
    Measure.IN_PROGRESS_PAUSED: Meaning(
        mark("Tạm dừng chờ người nộp"),
        mark("Chưa có kết quả vào cuối kỳ, đang chờ bổ sung giấy tờ hoặc nghĩa vụ tài chính."),
        stock=True,
    ),
    Measure.IN_PROGRESS_NO_DUE: Meaning(
        mark("Đang giải quyết, không có ngày hẹn"),
        mark("Chưa có kết quả vào cuối kỳ, nguồn không ghi ngày hẹn trả."),
        stock=True,
    ),
    Measure.WAITING_ACCEPTANCE: Meaning(
        mark("Chờ tiếp nhận"),
        mark("Đã nộp, chưa được tiếp nhận đến lúc này; chưa tính vào số tiếp nhận."),
        stock=True,
    ),
    Measure.ACCEPTED_ON_TIME: Meaning(
        mark("Tiếp nhận trực tuyến kịp thời"),
        mark("Được tiếp nhận trong kỳ, trong vòng 8 giờ làm việc kể từ khi nộp (Nghị định 45/2020/NĐ-CP)."),
    ),
    Measure.ACCEPTED_LATE: Meaning(
        mark("Tiếp nhận trực tuyến chậm"),
        mark("Được tiếp nhận trong kỳ, sau hơn 8 giờ làm việc kể từ khi nộp (Nghị định 45/2020/NĐ-CP)."),
    ),
    Measure.FEE_DUE: Meaning(
        mark("Có phí, lệ phí"), mark("Ngày tiếp nhận trong kỳ, có phí hoặc lệ phí và biết cách trả.")
    ),
    Measure.FEE_PAID_ONLINE: Meaning(
        mark("Trả phí trực tuyến"), mark("Ngày tiếp nhận trong kỳ, phí hoặc lệ phí đã trả trực tuyến.")
    ),
    Measure.RESULTS_KNOWN: Meaning(
        mark("Kết quả biết được ký số hay không"),
        mark("Có kết quả trong kỳ, nguồn cho biết kết quả có ký số hay không."),
    ),
    Measure.RESULTS_SIGNED: Meaning(
        mark("Kết quả ký số"), mark("Có kết quả trong kỳ, kết quả điện tử được ký số.")
    ),
    Measure.RECEIVED_TOTAL: Meaning(
        mark("Tổng số tiếp nhận"), mark("Kỳ trước chuyển sang cộng tiếp nhận trong kỳ.")
    ),
    Measure.RECEIVED_IN_PERIOD: Meaning(
        mark("Tiếp nhận trong kỳ"), mark("Ngày tiếp nhận trong kỳ, mọi kênh nộp.")
    ),
    Measure.RECEIVED_ONLINE: Meaning(
        mark("Tiếp nhận trực tuyến"), mark("Ngày tiếp nhận trong kỳ, nộp trực tuyến, mọi mức dịch vụ công.")
    ),
    Measure.RESOLVED_TOTAL: Meaning(
        mark("Đã giải quyết"),
        mark("Trước hạn, đúng hạn, quá hạn, không có ngày hẹn, và kết thúc không có kết quả, trong kỳ."),
    ),
    Measure.IN_PROGRESS_TOTAL: Meaning(
        mark("Đang giải quyết"),
        mark("Chưa kết thúc vào cuối kỳ: trong hạn, quá hạn, tạm dừng và không có ngày hẹn."),
        stock=True,
    ),
    Measure.DUE_SOON: Meaning(
        mark("Sắp đến hạn"),
        mark("Đang giải quyết, ngày hẹn trả từ hôm nay đến hết số ngày làm việc đã định."),
        stock=True,
    ),
    Measure.UNMAPPED: Meaning(
        mark("Chưa ánh xạ"),
        mark(
            "Hồ sơ của kỳ mà cơ quan, thủ tục hoặc trạng thái của nguồn chưa có trong cấu hình; vẫn tính vào "
            "tổng số. Số ở màn hình Nguồn dữ liệu gồm mọi hồ sơ, không theo kỳ."
        ),
    ),
}
"""Every measure; a test says that none is forgotten."""
