"""What the simulated systems write in words: statuses, steps, units, channels. No person anywhere."""

from __future__ import annotations

from types import MappingProxyType

from ioc.model.agency import Agency, Level
from ioc.model.dossier import Status

STATUS_NAMES = MappingProxyType(
    {
        Status.NEW: "Chờ tiếp nhận",
        Status.RECEIVED: "Đã tiếp nhận",
        Status.REJECTED: "Không được tiếp nhận",
        Status.PROCESSING: "Đang xử lý",
        Status.SUPPLEMENT: "Yêu cầu bổ sung giấy tờ",
        Status.FINANCIAL: "Yêu cầu thực hiện nghĩa vụ tài chính",
        Status.WITHDRAWN: "Công dân yêu cầu rút hồ sơ",
        Status.STOPPED: "Dừng xử lý",
        Status.COMPLETED: "Đã xử lý xong",
        Status.RETURNED: "Đã trả kết quả",
    }
)

SITE_STATUS_IDS = MappingProxyType(
    {
        Status.NEW: 0,
        Status.RECEIVED: 1,
        Status.PROCESSING: 2,
        Status.COMPLETED: 3,
        Status.RETURNED: 4,
        Status.SUPPLEMENT: 5,
        Status.WITHDRAWN: 6,
        Status.REJECTED: 8,
        Status.FINANCIAL: 9,
        Status.STOPPED: 10,
    }
)
"""Status ids of a site whose settings map none."""

CHANNEL_NAMES = ("Trực tuyến", "Trực tiếp", "Bưu chính công ích")
LEVEL_NAMES = MappingProxyType({True: "Toàn trình", False: "Một phần"})
PAYMENT_NAMES = MappingProxyType({True: "Thanh toán trực tuyến", False: "Tiền mặt"})

COUNTER_UNIT = "Bộ phận Tiếp nhận và Trả kết quả"
STEP_NAMES = (
    "Chờ tiếp nhận",
    "Tiếp nhận hồ sơ",
    "Thẩm định hồ sơ",
    "Lấy ý kiến phối hợp",
    "Trình ký",
    "Trả kết quả",
)
"""Step in which a dossier is when so many steps are done."""

_ECONOMY = {"LV01", "LV04", "LV06", "LV15", "LV16", "LV17", "LV19"}
_SOCIETY = {"LV09", "LV11", "LV12", "LV20", "LV21", "LV23", "LV24"}
_PARTNERS = MappingProxyType(
    {"LV01": "Chi nhánh Văn phòng Đăng ký đất đai", "LV04": "Ban Quản lý dự án", "LV28": "Công an thành phố"}
)


def unit_names(agency: Agency, domain: str) -> tuple[str, ...]:
    """The unit that holds a dossier of `domain` in each step of `STEP_NAMES`."""
    partner = _PARTNERS.get(domain, "Đơn vị phối hợp")
    if agency.level is Level.COMMUNE:
        expert, leader = _commune_unit(agency, domain), "Lãnh đạo UBND"
    else:
        expert, leader = "Phòng chuyên môn", "Lãnh đạo cơ quan"
    return (COUNTER_UNIT, COUNTER_UNIT, expert, partner, leader, COUNTER_UNIT)


def _commune_unit(agency: Agency, domain: str) -> str:
    is_rural = " xã " in agency.name
    if domain in _ECONOMY:
        return "Phòng Kinh tế" if is_rural else "Phòng Kinh tế, Hạ tầng và Đô thị"
    if domain in _SOCIETY:
        return "Phòng Văn hóa - Xã hội"
    return "Công an cấp xã" if domain == "LV28" else "Văn phòng HĐND và UBND"
