"""`python -m bench.report`: bench/results/*.json -> bench/RESULTS.md, with every target, met or missed.

What was tried where a target is missed stands in bench/NOTES.md, written by hand, and is appended.
"""

# ruff: noqa: E501 - rows of tables are as long as they are

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.stage import RESULTS, THIN_FROM, say

HERE = Path(__file__).parent
Told = dict[str, Any]

MILLION = 1_000_000
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL 18"}
PEERS = (
    ("Superset 6.1.0", "9.3–12.0 s", "as open", "47–53 s", "47–53 s"),
    ("Redash", "2.9 s (stored results)", "7.0–8.4 s", "3.5 s (stored results)", "20–33 s"),
    ("Datasette", "10.9–13.3 s", "as open", "not run", "not run"),
)


def main() -> None:
    """Render what there is."""
    held = [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))]
    if not held:
        say("no results in bench/results")
        return
    lines = list(_lines(sorted(held, key=lambda told: (str(told["measure"]), int(told["size"])))))
    notes = HERE / "NOTES.md"
    if notes.exists():
        lines += ["", notes.read_text(encoding="utf-8").rstrip()]
    (HERE / "RESULTS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    say("bench/RESULTS.md written")


def _lines(held: list[Told]) -> Iterator[str]:
    yield "# What was measured"
    yield ""
    yield "`make bench` writes this file from `bench/results/`. CPU is of our own process and the PostgreSQL backend,"
    yield "by the scheduler's counters; medians of interleaved rounds in one run, after one round that is not counted."
    yield "Ratios are to numpy over memory maps of the same columns. Sizes are dossiers of one province: 200 agencies,"
    yield "178 sources, 1,800 procedures, 25 fields, three years, 2.5 % open. From 10M on a store is thin unless it says"
    yield "otherwise: rollups of all dossiers, rows only of those a list of today can show."
    yield ""
    yield "| measure | dossiers | when | cores | memory | load (1, 5, 15 min) at the end |"
    yield "|---|---|---|---|---|---|"
    for told in held:
        load = ", ".join(str(value) for value in told["load"])
        yield (
            f"| {told['measure']} | {told['size'] or 'demo':{',' if told['size'] else ''}} | {told['date']} | {told['cores']} | {told['memory_gb']} GB "
            f"| {load} |"
        )
    for name, section in SECTIONS.items():
        mine = [told for told in held if told["measure"] == name]
        if mine:
            yield ""
            yield from section(mine)


def _met(value: float, target: float, *, least: bool = False) -> str:
    good = value >= target if least else value <= target
    return f"{'met' if good else '**missed**'} ({'≥' if least else '≤'} {target:g})"


def _figures(held: list[Told]) -> Iterator[str]:
    yield "## Overview and 30-day trend"
    for told in held:
        yield ""
        yield f"{told['size']:,} dossiers; the period is {told['days']} days (this month)."
        yield ""
        yield "| question | CPU ms (low–high) | wall ms | × numpy | target |"
        yield "|---|---|---|---|---|"
        target = 0.8 if told["size"] >= THIN_FROM else 2.0 if told["size"] >= MILLION else None
        for name, cost in told["costs"].items():
            is_target = name.endswith((" overview", " trend")) and not name.startswith("numpy") and target
            yield (
                f"| {name} | {cost['cpu_ms']} ({cost['cpu_low']}–{cost['cpu_high']}) | {cost['wall_ms']} "
                f"| {cost['ratio']} | {_met(cost['ratio'], target) if is_target and target else ''} |"
            )
        for name, rows in told["rollup_rows"].items():
            counts = ", ".join(f"{table} {count:,}" for table, count in rows.items())
            yield ""
            yield f"Rows of the rollups on {ENGINES[name]}: {counts}."


def _lists(held: list[Told]) -> Iterator[str]:
    yield "## Late dossiers"
    for told in held:
        sizes = told["sizes"]
        yield ""
        yield "| question | " + " | ".join(f"{size:,}: CPU ms (wall)" for size in sizes) + " | ratio |"
        yield "|---|" + "---|" * (len(sizes) + 1)
        for name in dict.fromkeys(_question(key) for key in told["costs"]):
            cells = [told["costs"][f"{name[0]} {size} {name[1]}"] for size in sizes]
            shown = " | ".join(f"{cell['cpu_ms']} ({cell['wall_ms']})" for cell in cells)
            ratio = ""
            if len(sizes) > 1:
                value = round(cells[-1]["cpu_ms"] / cells[0]["cpu_ms"], 2)
                ratio = f"{value} {_met(value, 1.3) if name[1].startswith('page') else ''}"
            yield f"| {ENGINES[name[0]]}: {name[1]} | {shown} | {ratio} |"
        yield ""
        yield "Late dossiers: " + ", ".join(f"{key} {count:,}" for key, count in told["late"].items()) + "."


def _question(key: str) -> tuple[str, str]:
    engine, _, question = key.split(" ", 2)
    return engine, question


def _load(held: list[Told]) -> Iterator[str]:
    yield "## Size and first load"
    for told in held:
        yield ""
        yield "| engine | MB a million | of it | fast loader | through ingest, batches of 1,000 | 1M at that rate |"
        yield "|---|---|---|---|---|---|"
        for name, sizes in told["megabytes"].items():
            door, fast = told["door"][name], told["fast_load"][name]
            parts = "; ".join(f"{key} {value:,.0f}" for key, value in sizes.items() if key != "all")
            yield (
                f"| {ENGINES[name]} | {sizes['all'] * MILLION / fast['rows']:,.0f} | {parts} "
                f"| {fast['rows']:,} in {fast['seconds']} s "
                f"| {door['rows']:,} in {door['seconds']} s: {door['rows_a_second']:,}/s, "
                f"{door['cpu_us_a_row']} µs CPU a row, peak {door['peak_mb']} MB "
                f"| {MILLION / door['rows_a_second'] / 60:.0f} min (computed) |"
            )


def _ingest(held: list[Told]) -> Iterator[str]:
    yield "## Ingest with and without rollups, and readers beside it"
    for told in held:
        yield ""
        yield "| engine, batch | rows/s with | without | ratio by wall | ratio by CPU | CPU µs a row | target |"
        yield "|---|---|---|---|---|---|---|"
        for name, rate in told["rates"].items():
            yield (
                f"| {name} | {rate['with']:,} | {rate['without']:,} | {rate['ratio']} | {rate['cpu_ratio']} "
                f"| {rate['cpu_us_a_row']} | {_met(rate['ratio'], 0.75, least=True)} |"
            )
        if told["readers"]:
            yield ""
            yield "| readers (figures by agency, 5/s) | median ms | p95 | max | p95 / median | target |"
            yield "|---|---|---|---|---|---|"
        for name, found in told["readers"].items():
            for when in ("in_peace", "during_ingest"):
                row = found[when]
                verdict = _met(row["ratio"], 3.0) if when == "during_ingest" else ""
                beside = f" ({found['rows_a_second']:,} rows/s)" if when == "during_ingest" else ""
                yield (
                    f"| {ENGINES[name]}, {when.replace('_', ' ')}{beside} | {row['median_ms']} | {row['p95_ms']} "
                    f"| {row['max_ms']} | {row['ratio']} | {verdict} |"
                )


def _screens(held: list[Told]) -> Iterator[str]:
    yield "## CPU and latency of the screens, by websocket"
    for told in held:
        yield ""
        yield f"{told['size']:,} dossiers. A refresh is what a screen does by itself every 10 s; the dashboard's CPU."
        yield ""
        yield "| engine, screen | data | CPU ms a refresh | median ms | p95 | KB | target |"
        yield "|---|---|---|---|---|---|---|"
        for name in _held_engines(told):
            for page, target in (("overview", 60.0), ("wall", 40.0), ("late", None)):
                for data in ("same data", "new data") if page in told[name] else ():
                    row = told[name][page][data]
                    verdict = _met(row["cpu_ms"], target) if target else ""
                    yield (
                        f"| {ENGINES[name]}, {page} | {data} | {row['cpu_ms']} | {row['median_ms']} "
                        f"| {row['p95_ms']} | {row['kb']} | {verdict} |"
                    )
        yield ""
        if not any(
            f"crowd, {data} data" in told[name] for name in _held_engines(told) for data in ("same", "new")
        ):
            yield "The crowd of 50 viewers was not run."
            yield ""
        yield "| 50 viewers, each every 10 s | p50 ms | p95 | max | refreshes | cores | RSS MB | faults | target |"
        yield "|---|---|---|---|---|---|---|---|---|"
        for name in _held_engines(told):
            for data in ("crowd, same data", "crowd, new data"):
                if row := told[name].get(data):
                    yield (
                        f"| {ENGINES[name]}, {data[7:]} | {row['median_ms']} | {row['p95_ms']} | {row['max_ms']} "
                        f"| {row['refreshes']} | {row['cores']} | {row['rss_mb']} | {row['faults']} "
                        f"| {_met(row['p95_ms'], 1000)} |"
                    )
        for name in _held_engines(told):
            found = told[name]
            yield ""
            yield (
                f"Dashboard on {ENGINES[name]}: answers after {found['start_s']} s; resident {_mb(found, 'rss_start_mb')} then, "
                f"{_mb(found, 'rss_end_mb')} at the end, peak {_mb(found, 'rss_peak_mb')}; first overview of the process "
                f"{found['overview']['first_open_ms']} ms."
            )


def _mb(found: Told, name: str) -> str:
    return f"{found[name]} MB" if found.get(name) is not None else "not told"


def _held_engines(told: Told) -> list[str]:
    return [name for name in ENGINES if name in told]


def _browser(held: list[Told]) -> Iterator[str]:
    yield "## The screens in Chromium (1920 × 1080, a new profile for every opening)"
    for told in held:
        yield ""
        yield (
            "| engine, screen, dossiers | first of the process | open, answers known | open, new data "
            "| after the first byte | reload, new data | server CPU | KB |"
        )
        yield "|---|---|---|---|---|---|---|---|"
        for name in _held_engines(told):
            for page, row in told[name].items():
                after = row["open_new_data_after_first_byte_ms"]
                cells = (
                    f"{row['first_ms']} ms",
                    _both(row["open_warm_ms"]),
                    _both(row["open_new_data_ms"]),
                    f"{_both(after)} {_met(after['median'], 1500) if page == 'overview' else ''}",
                    f"{_both(row['reload_new_data_ms'])} "
                    + (_met(row["reload_new_data_ms"]["median"], 2000) if page == "overview" else ""),
                    f"{row['server_cpu_an_open_ms']} ms",
                    str(row["transferred_kb"]),
                )
                yield f"| {ENGINES[name]}, {page}, {told['size']:,} | " + " | ".join(cells) + " |"
        yield ""
        yield "Median (worst) of five, milliseconds from the navigation unless it says otherwise."
        if wall := told.get("wall"):
            yield ""
            curve = "; ".join(f"{s['renderers_mb']}/{s['heap_mb']}/{s['server_mb']}" for s in wall["curve"])
            yield (
                f"The wall for {wall['minutes']:g} minutes, new data every 10 s, sampled every 30 s "
                f"(renderer / heap / server MB): {curve}. Drawn at the end: {wall['drawn_at_end']}."
            )
    yield ""
    yield from _peers(held)


def _both(row: Told) -> str:
    return f"{row['median']} ({row['worst']})"


def _peers(held: list[Told]) -> Iterator[str]:
    """Beside what `peers.md` §6.2 measured of others."""
    yield "### The eight questions, beside the peers"
    yield ""
    yield "| product | drawn of the eight | open, 1M | full refresh, 1M | open, 10M | full refresh, 10M |"
    yield "|---|---|---|---|---|---|"
    for name, *cells in PEERS:
        yield f"| {name} | 8 | " + " | ".join(cells) + " |"
    for engine in ENGINES:
        sizes = {told["size"]: told[engine]["overview"] for told in held if engine in told}
        if not sizes:
            continue
        cells = []
        for size in (MILLION, 10 * MILLION):
            row = sizes.get(size)
            cells.append(_seconds(row["open_new_data_ms"]) if row else "not run")
            cells.append(_seconds(row["reload_new_data_ms"]) if row else "not run")
        yield f"| ours on {ENGINES[engine]}, overview | 5 | " + " | ".join(cells) + " |"
    yield ""
    yield "Ours draws on one screen: backlog, on-time rate, intake by day, late by unit, and the signature, payment and"
    yield "online rates (by day, not by week). **Cannot**: late by field over the whole province (only within one agency),"
    yield "late by unit × procedure, 90th percentile by unit; no workaround was timed."


def _seconds(row: Told) -> str:
    return f"{row['median'] / 1000:.2f} s (worst {row['worst'] / 1000:.2f})"


def _memory(held: list[Told]) -> Iterator[str]:
    yield "## Memory of the demo's processes"
    for told in held:
        yield ""
        yield f"`ioc up --scale {told['scale']}` on SQLite for {told['minutes']:g} minutes: first load, then polling."
        yield ""
        yield "| process | peak MB | at the end | CPU s |"
        yield "|---|---|---|---|"
        for name, row in told["processes"].items():
            yield f"| {name} | {row['peak_mb']} | {row['rss_mb']} | {row['cpu_s']} |"


SECTIONS: dict[str, Callable[[list[Told]], Iterator[str]]] = {
    "figures": _figures,
    "lists": _lists,
    "load": _load,
    "ingest": _ingest,
    "screens": _screens,
    "browser": _browser,
    "memory": _memory,
}

if __name__ == "__main__":
    main()
