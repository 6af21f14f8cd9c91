"""Words of status, channel and service level as systems and people write them (`wire.md` §9.2).

Phrases are folded and matched as whole words, the longest first, so that "không tiếp nhận" is seen before
"tiếp nhận". A text in which two phrases of the same length disagree, or none is found, is unknown.
A phrase that begins with "=" must be the whole text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ioc.collectors.texts import fold
from ioc.model.dossier import ApplicantType, Channel, ServiceLevel, Status

Word = TypeVar("Word")

STATUS: Mapping[str, Status] = {
    "moi dang ky": Status.NEW,
    "cho tiep nhan": Status.NEW,
    "chua tiep nhan": Status.NEW,
    "da tiep nhan": Status.RECEIVED,
    "duoc tiep nhan": Status.RECEIVED,
    "moi tiep nhan": Status.RECEIVED,
    "khong tiep nhan": Status.REJECTED,
    "khong duoc tiep nhan": Status.REJECTED,
    "tu choi": Status.REJECTED,
    "dang xu ly": Status.PROCESSING,
    "dang giai quyet": Status.PROCESSING,
    "bo sung": Status.SUPPLEMENT,
    # "đã bổ sung" waits for nobody, yet nobody says where the dossier stands now
    "da bo sung": Status.UNKNOWN,
    "nghia vu tai chinh": Status.FINANCIAL,
    "thuc hien nvtc": Status.FINANCIAL,
    "cho thanh toan": Status.FINANCIAL,
    "rut ho so": Status.WITHDRAWN,
    "da rut": Status.WITHDRAWN,
    "da huy": Status.WITHDRAWN,
    "=huy": Status.WITHDRAWN,
    "dung xu ly": Status.STOPPED,
    "tam dung": Status.STOPPED,
    "da xu ly xong": Status.COMPLETED,
    "xu ly xong": Status.COMPLETED,
    "da giai quyet": Status.COMPLETED,
    "co ket qua": Status.COMPLETED,
    "chua co ket qua": Status.PROCESSING,
    "cho tra": Status.COMPLETED,
    "chua tra": Status.COMPLETED,
    "da tra": Status.RETURNED,
    "da tra ket qua": Status.RETURNED,
}
CHANNEL: Mapping[str, Channel] = {
    "truc tuyen": Channel.ONLINE,
    "qua mang": Channel.ONLINE,
    "online": Channel.ONLINE,
    "truc tiep": Channel.COUNTER,
    "tai quay": Channel.COUNTER,
    "mot cua": Channel.COUNTER,
    "buu chinh": Channel.POSTAL,
    "buu dien": Channel.POSTAL,
    "bcci": Channel.POSTAL,
}
SERVICE_LEVEL: Mapping[str, ServiceLevel] = {
    "toan trinh": ServiceLevel.FULL,
    "muc do 4": ServiceLevel.FULL,
    "muc 4": ServiceLevel.FULL,
    "4": ServiceLevel.FULL,
    "mot phan": ServiceLevel.PARTIAL,
    "muc do 3": ServiceLevel.PARTIAL,
    "muc 3": ServiceLevel.PARTIAL,
    "3": ServiceLevel.PARTIAL,
    "cung cap thong tin": ServiceLevel.INFO,
    "muc do 2": ServiceLevel.INFO,
    "muc 2": ServiceLevel.INFO,
    "2": ServiceLevel.INFO,
    "muc do 1": ServiceLevel.INFO,
    "1": ServiceLevel.INFO,
}
APPLICANT: Mapping[str, ApplicantType] = {
    "cong dan": ApplicantType.CITIZEN,
    "ca nhan": ApplicantType.CITIZEN,
    "nguoi dan": ApplicantType.CITIZEN,
    "doanh nghiep": ApplicantType.BUSINESS,
    "ho kinh doanh": ApplicantType.BUSINESS,
    "co quan nha nuoc": ApplicantType.STATE,
    "to chuc": ApplicantType.OTHER,
}


def find(text: str | None, phrases: Mapping[str, Word]) -> Word | None:
    """What the longest phrase in `text` stands for; None when none is there or two contradict."""
    plain = fold(text or "")
    words = f" {plain} "
    found = [
        (len(phrase), meaning)
        for phrase, meaning in phrases.items()
        if f" {phrase} " in words or phrase == f"={plain}"
    ]
    longest = max((length for length, _ in found), default=0)
    meanings = {meaning for length, meaning in found if length == longest}
    return meanings.pop() if len(meanings) == 1 else None
