"""The parts of the screens: escaping, addresses, bands, the strip's words, the wall's address, headers."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from ioc import words
from ioc.model.agency import Level
from ioc.model.dossier import Channel
from ioc.model.figure import Figures
from ioc.model.run import Light, Truth
from ioc.model.scope import Period
from ioc.pages import SCREENS
from ioc.pages._bands import day_bands
from ioc.pages._html import Html, icon, join, plain, tag, text
from ioc.pages._kpis import KPIS, change
from ioc.pages._strip import sentences, strip
from ioc.pages._tables import Column, pager, table
from ioc.pages._view import View, href, parse, period_of, query
from ioc.pages._wall import SCENES, Show, rotation, show_of
from ioc.queries.measures import Measure
from ioc.rules.calendar import vietnam_calendar
from ioc.web.headers import INDEX, SecurityHeaders, content_security_policy
from ioc.web.index import IndexPage, rewritten
from tests.builders import NOON

TODAY = date(2026, 11, 22)
CALENDAR = vietnam_calendar(first_year=2025, last_year=2027)


@pytest.fixture(autouse=True)
def vietnamese() -> None:
    words.use("vi")


# -- HTML ------------------------------------------------------------------------------------------


@given(st.text(max_size=60))
def test_text_never_becomes_a_tag_or_leaves_its_attribute(value: str) -> None:
    made = tag("p", value, title=value)
    assert made.count("<") == 2
    assert made.count(">") == 2
    assert made.count('"') == 2


def test_what_was_made_here_is_not_escaped_twice() -> None:
    assert tag("p", tag("b", "a & b")) == "<p><b>a &amp; b</b></p>"
    assert join(("a<", tag("i")), " & ") == "a&lt; &amp; <i></i>"
    assert text(None) == ""


@pytest.mark.parametrize("name", ["p onclick", "", "P", "scr<ipt"])
def test_a_tag_has_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="element"):
        tag(name)


@pytest.mark.parametrize("name", ["onclick", "on_error", "a b"])
def test_no_attribute_runs_anything(name: str) -> None:
    with pytest.raises(ValueError, match="attribute"):
        tag("p", **{name: "x"})


def test_attributes_that_are_none_or_false_are_left_out() -> None:
    assert tag("a", "x", href=None, hidden=True, download=False, data_n="1") == '<a hidden data-n="1">x</a>'


@given(st.text(max_size=60))
def test_markdown_is_left_without_its_signs(value: str) -> None:
    shown = plain(value)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)(\\\\)*[`*_\[\]<>$!|~]", shown.replace("\\\\", ""))


def test_an_icon_alone_has_a_name() -> None:
    assert 'aria-hidden="true"' in icon("check")
    assert 'role="img" aria-label="Tốt"' in icon("check", label="Tốt")


def test_a_table_has_a_caption_totals_and_sort_links() -> None:
    columns = [
        Column(label="Tên", cell=lambda r: r, total="Cộng"),
        Column(label="Số", cell=len, numeric=True, total=3),
    ]
    made = table(columns, ["a<", "bb"], caption="Bảng")
    assert "<caption" in made
    assert '<td class="num" data-label="Số">2</td>' in made
    assert "a&lt;" in made
    assert "<tfoot><tr><td>Cộng</td>" in made


def test_the_pager_shows_both_ends_and_the_neighbours() -> None:
    made = pager(page=10, pages=40, link=lambda n: f"?page={n}")
    shown = re.findall(r">(\d+|…)<", made)
    assert shown == ["1", "2", "…", "8", "9", "10", "11", "12", "…", "40"]
    assert pager(page=1, pages=1, link=str) == ""


# -- addresses -------------------------------------------------------------------------------------

views = st.builds(
    View,
    span=st.sampled_from(["today", "7d", "month", "year"]),
    agency=st.none() | st.sampled_from(["H49", "?"]),
    level=st.none() | st.sampled_from(Level),
    domain=st.none() | st.just("LV01"),
    step=st.none() | st.text(alphabet="abc đế&?=#%+", min_size=1, max_size=20).filter(str.strip),
    band=st.none() | st.just("16"),
    channel=st.none() | st.sampled_from(Channel),
    measure=st.none() | st.sampled_from(Measure),
    page=st.integers(1, 9),
    dossier=st.none() | st.integers(1, 10**9),
)


@given(views)
def test_an_address_gives_back_its_view(view: View) -> None:
    assert parse(query(view)) == (view, ())


@given(views, st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400))
def test_days_in_an_address_mean_a_period_of_ones_own(view: View, first: date, days: int) -> None:
    last = first + timedelta(days=days)
    wanted = {**query(view), "period": "custom", "from": first.isoformat(), "to": last.isoformat()}
    read, strange = parse(wanted)
    assert strange == ()
    assert period_of(read, TODAY) == Period(first=first, last=last)


@given(
    st.dictionaries(st.sampled_from([*View.__dataclass_fields__, "from", "to", "q"]), st.text(max_size=30))
)
def test_no_address_is_an_error(params: dict[str, str]) -> None:
    view, _ = parse(params)
    assert period_of(view, TODAY).days >= 1


def test_a_link_starts_over_at_page_one_and_closes_the_dossier() -> None:
    link = href("tre-han", View(page=3, dossier=7), agency="H49.05")
    assert link == "./tre-han?period=7d&agency=H49.05"


def test_periods_end_today() -> None:
    assert period_of(View(span="7d"), TODAY) == Period(first=date(2026, 11, 16), last=TODAY)
    assert period_of(View(span="month"), TODAY).first == date(2026, 11, 1)
    assert period_of(View(span="year"), TODAY).first == date(2026, 1, 1)
    assert period_of(View(span="today"), TODAY).days == 1


def test_addresses_of_screens_are_all_different() -> None:
    assert len({screen.url_path for screen in SCREENS}) == len(SCREENS)


# -- ageing bands in working days ------------------------------------------------------------------


@given(st.dates(date(2026, 2, 1), date(2026, 12, 31)), st.integers(1, 300))
def test_each_late_day_is_in_the_band_of_its_working_days(today: date, back: int) -> None:
    due = today - timedelta(days=back)
    late = CALENDAR.working_days_between(due, today)
    found = [band for band in day_bands((5, 15, 30), today, CALENDAR) if band.band.contains(back)]
    assert len(found) == 1
    expected = "1–5" if late <= 5 else "6–15" if late <= 15 else "16–30" if late <= 30 else "> 30"
    assert found[0].label == expected


# -- tiles and strip -------------------------------------------------------------------------------


def test_a_change_is_in_words_with_its_arrow() -> None:
    received = next(kpi for kpi in KPIS if kpi.key == "received")
    late = next(kpi for kpi in KPIS if kpi.key == "late")
    more = change(received, Figures(received_counter=1120), Figures(received_counter=1000))
    assert more is not None
    assert (more.text.replace("\u00a0", " "), more.arrow, more.worse) == ("tăng 120 (+12,0 %)", "up", False)
    worse = change(late, Figures(in_progress_late=12), Figures(in_progress_late=10))
    assert worse is not None
    assert worse.worse


def test_a_rate_changes_by_points_and_nothing_is_compared_with_the_unknown() -> None:
    rate = next(kpi for kpi in KPIS if kpi.key == "on_time")
    now, before = Figures(resolved_on_time=9, resolved_late=1), Figures(resolved_on_time=8, resolved_late=2)
    moved = change(rate, now, before)
    assert moved is not None
    assert moved.text == "tăng 10,0 điểm %"
    assert change(rate, now, Figures()) is None
    assert change(rate, Figures(received_counter=1), before) is None


def a_truth(**changes: object) -> Truth:
    values: dict[str, object] = {
        "as_of": NOON,
        "light": Light.GREEN,
        "fresh": 5,
        "total": 5,
        "oldest_name": "Phường A",
        "oldest_success": NOON - timedelta(minutes=3),
    }
    return Truth(**(values | changes))  # type: ignore[arg-type]


def test_the_strip_names_what_is_missing() -> None:
    truth = a_truth(light=Light.RED, fresh=2, never_ids=("a",), stale_open_dossiers=1234, open_defects=7)
    assert sentences(truth, now=NOON) == (
        "Cũ nhất: Phường A, 3 phút trước",
        "1 nguồn chưa có dữ liệu",
        "Gồm 1.234 hồ sơ theo số liệu gần nhất của nguồn chưa cập nhật",
        "7 lỗi dữ liệu chưa xử lý",
    )


@pytest.mark.parametrize(
    ("light", "words_"), [(Light.GREEN, "đầy đủ"), (Light.AMBER, "một phần"), (Light.RED, "tin cậy")]
)
def test_the_lamp_has_word_icon_and_colour(light: Light, words_: str) -> None:
    made = strip(a_truth(light=light), now=NOON, lost_since=None, demo=False, every=10)
    assert words_ in made
    assert re.search(rf'class="lamp lamp-{light}"><i class="icon icon-\w+"', made)
    assert "mô phỏng" not in made


def test_a_lost_store_is_told_with_the_time_of_the_figures() -> None:
    made = strip(a_truth(), now=NOON, lost_since=NOON - timedelta(minutes=10), demo=True, every=10)
    assert "MẤT KẾT NỐI KHO DỮ LIỆU, số liệu lúc 11:50" in made
    assert "lamp-green" not in made


# -- wall ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "shown"),
    [
        ({}, Show((1, 2, 3), 20, 10)),
        ({"scene": "2"}, Show((2,), 20, 10)),
        ({"scene": "3,1,3,9", "hold": "30", "every": "5"}, Show((3, 1), 30, 5)),
        ({"scene": "x", "hold": "0", "every": "99999"}, Show((1, 2, 3), 5, 600)),
        ({"scene": "²", "hold": "-1", "every": "1e9"}, Show((1, 2, 3), 20, 10)),
    ],
)
def test_the_address_of_the_wall(params: dict[str, str], shown: Show) -> None:
    assert show_of(params, every=10, hold=20) == shown


def test_scenes_take_turns_without_a_gap() -> None:
    style = rotation(Show((1, 2, 3), 20, 10))
    delays = [int(n) for n in re.findall(r"60s linear -(\d+)s infinite", style)]
    assert delays == [0, 40, 20]
    assert all((40 + delay) % 60 // 20 == turn for delay, turn in zip(delays, (2, 1, 0), strict=True))
    assert rotation(Show((2,), 20, 10)) == ""
    assert isinstance(style, Html)
    assert len(SCENES) == 3


# -- around the screens ----------------------------------------------------------------------------


def answer(path: str, **headers: str) -> httpx.Response:
    """What the headers and the index page make of an answer."""

    async def page(request: object) -> HTMLResponse:
        return HTMLResponse('<html lang="en"><head><title>Streamlit</title></head><body>x</body></html>')

    async def plain_text(request: object) -> PlainTextResponse:
        return PlainTextResponse("ok", headers={"etag": "1"})

    routes = [Route("/", page), Route("/text", plain_text)]
    middleware = [Middleware(SecurityHeaders), Middleware(IndexPage, title="IOC <x>")]
    transport = httpx.ASGITransport(Starlette(routes=routes, middleware=middleware))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://ioc") as client:
            return await client.get(path, headers=headers)

    # a thread of its own: the browser's tests leave a loop running in this one
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(ask())).result()


@pytest.mark.parametrize("path", ["/", "/text", "/missing"])
def test_every_answer_has_the_security_headers(path: str) -> None:
    headers = answer(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'self'" in headers["content-security-policy"]


def test_the_policy_allows_the_index_page_of_the_installed_streamlit_and_no_other_script() -> None:
    policy = content_security_policy(INDEX.read_text("utf-8"))
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    scripts = directives["script-src"].split()
    assert scripts[0] == "'self'"
    assert len(scripts) == 1 + INDEX.read_text("utf-8").count("<script>")
    assert all(script.startswith("'sha256-") for script in scripts[1:])
    assert "unsafe-eval" not in policy
    assert "http:" not in policy
    assert "https:" not in policy


def test_the_index_page_speaks_vietnamese_and_loads_our_two_files() -> None:
    made = answer("/", accept="text/html").text
    assert '<html lang="vi" translate="no">' in made
    assert "<title>IOC &lt;x&gt;</title>" in made
    assert re.search(r'<link rel="stylesheet" href="\./tinh/ioc\.css\?v=[0-9a-f]{12}">', made)
    assert re.search(r'<script type="module" src="\./tinh/ioc\.js\?v=[0-9a-f]{12}"></script></head>', made)


def test_the_installed_index_page_is_as_expected() -> None:
    made = rewritten(INDEX.read_bytes(), title="IOC").decode()
    assert 'lang="vi"' in made
    assert "<title>IOC</title>" in made
    assert "tinh/ioc.js" in made


def test_other_answers_pass_untouched() -> None:
    plain_answer = answer("/text", accept="text/html")
    assert (plain_answer.text, plain_answer.headers["etag"]) == ("ok", "1")
