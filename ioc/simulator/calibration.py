"""The numbers that make the simulated province look like a real one, with where they come from.

Figures of `domain.md` §6, §7 and §11: Quảng Ninh received 1,094,919 dossiers in 10.5 months of 2022 and
had 32,415 open at their end, about 70 % online; 86 % of fees were paid online in a comparable province
in 2026; late shares are small on the whole, with a heavy tail in land and construction.
"""

from __future__ import annotations

from types import MappingProxyType

YEARLY = 1_250_000
"""Dossiers received in a year at scale 1, all levels."""

DEPARTMENT_SHARE = 0.20
"""Part of them that departments and the centre receive; the rest comes to the communes."""

WORKING_YEAR = 268.0
"""Sum of the day weights below over a year, for turning a year's volume into a day's."""

WEEKDAY = (1.32, 1.08, 1.0, 0.97, 0.93, 0.10, 0.08)
"""Arrivals of a working day by weekday: people come on Monday; Saturday and Sunday only online."""

WORKED_SATURDAY = 0.8
HOLIDAY = 0.03
BEFORE_TET, AFTER_TET = 0.6, 0.7
"""Weeks before and after the long holiday."""

ONLINE_BY_HOUR = (
    0.4, 0.2, 0.1, 0.1, 0.2, 0.6, 2.0, 6.0, 11.0, 11.5, 9.5, 5.0,
    3.0, 6.0, 9.0, 9.5, 7.5, 4.0, 2.5, 3.0, 3.5, 3.0, 1.8, 0.9,
)  # fmt: skip
"""Relative arrivals of online dossiers in each hour of the day."""

COUNTER_BY_HOUR = (
    0, 0, 0, 0, 0, 0, 0, 6.0, 15.0, 15.0, 11.0, 3.0,
    0, 5.0, 12.0, 10.0, 5.0, 0, 0, 0, 0, 0, 0, 0,
)  # fmt: skip
"""Relative arrivals at the counter; what falls outside office hours is moved into them."""

ONLINE_DEFAULT = 0.80
ONLINE_BY_DOMAIN = MappingProxyType({"LV03": 0.30, "LV28": 0.62, "LV09": 0.66, "LV01": 0.68})
"""Share handed in online; copies are certified at the counter, whoever comes."""

POSTAL = 0.02
FULL_LEVEL = 0.6
"""Share of procedures that are toàn trình; the others are một phần."""

ZIPF_OFFSET, ZIPF_POWER = 2.0, 1.05
"""Popularity of a procedure by its place in procedures.csv, per level."""

LATE_DEFAULT = 0.021
LATE_QUICK = 0.003
LATE_BY_DOMAIN = MappingProxyType(
    {
        "LV01": 0.105, "LV04": 0.085, "LV15": 0.06, "LV07": 0.05, "LV09": 0.03,
        "LV08": 0.012, "LV13": 0.02, "LV05": 0.006, "LV26": 0.008,
    }
)  # fmt: skip
"""Chance that processing outlives the first due day; quick: due within a day."""

WORST_COMMUNES, WORST_FACTOR = 5, 4.5
"""How many communes do clearly worse than the others, and how much."""

LATE_MEDIAN_DAYS, LATE_SIGMA = 6.0, 1.15
STUCK, STUCK_DAYS = 0.08, (40.0, 190.0)
"""Working days by which the late are late; a few are stuck for months."""

NO_DUE = 0.006
REFUSED_ONLINE = 0.022
SUPPLEMENT = 0.10
SUPPLEMENT_MEDIAN_DAYS, NEVER_SUPPLEMENTED = 3.5, 0.05
FEE_WAIT = 0.04
WITHDRAWN = 0.013
APOLOGY = 0.45
"""Share of the foreseeably late whose due day is moved, once, with a letter."""

MOVED_AFTER_DUE = 0.05
REOPENED = 0.0015
REMOVED = 0.0006
NEVER_COLLECTED = 0.03
FINISH_TYPED_EARLY = 0.0003
DUE_TYPED_EARLY = 0.0004
"""Slips of the keyboard: a result dated before receipt, a due day before receipt."""

FEE_EXEMPT = 0.15
PAID_ONLINE_IF_ONLINE, PAID_ONLINE_IF_COUNTER = 0.88, 0.42
SIGNED_IF_ONLINE, SIGNED_IF_COUNTER = 0.92, 0.55
DIGITISED_RESULT = 0.88

PULSE_OFFICE, PULSE_OUTSIDE = 90.0, 120.0
"""Extra, quick online dossiers an hour over the whole province at pace 1, so that a demo moves about
every ten seconds at any hour; they begin when the simulator is first started and are no part of the
calibration."""

KIND_WEIGHT = MappingProxyType({"phường": 1.35, "xã": 0.7, "đặc khu": 0.75})
"""Volume of a commune by kind, before its own luck."""

DEPARTMENT_WEIGHT = MappingProxyType(
    {
        "": 2.0, "01": 0.4, "02": 9.0, "03": 12.0, "04": 8.0, "05": 6.0, "06": 5.0, "07": 3.0, "08": 5.0,
        "09": 4.0, "10": 3.0, "11": 1.5, "12": 0.6, "13": 0.5, "14": 0.2, "15": 2.0, "16": 26.0,
        "17": 20.0, "18": 10.0, "19": 24.0, "20": 1.0,
    }
)  # fmt: skip
"""Volume of a department by the last part of its code; the centre itself is ""."""

DEPARTMENT_DOMAINS = MappingProxyType(
    {
        "01": ("LV27", "LV23"), "02": ("LV10", "LV23"), "03": ("LV05", "LV07", "LV27"),
        "04": ("LV04", "LV08"), "05": ("LV15", "LV16", "LV17"), "06": ("LV19",), "07": ("LV14",),
        "08": ("LV11",), "09": ("LV12",), "10": ("LV20", "LV21"), "11": ("LV22",), "12": ("LV25",),
        "13": ("LV24",), "14": ("LV23",), "15": ("LV07", "LV04", "LV15"), "16": ("LV13", "LV08", "LV28"),
        "17": ("LV26",), "18": ("LV18",), "19": ("LV01",), "20": ("LV21", "LV20"),
    }
)  # fmt: skip
"""Fields in which each department decides."""

DEFAULT_SCALE = 0.05
"""About 62,000 dossiers in twelve months: loaded within three minutes on two cores, browser included."""
