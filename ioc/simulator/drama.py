"""The demo's little drama: now and then a commune falls silent and comes back."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from ioc.simulator.chance import one
from ioc.simulator.province import Province
from ioc.simulator.switches import Fault, Switch, Switchboard


@dataclass(frozen=True, slots=True)
class Script:
    """Seconds of quiet before each outage, and how long an outage lasts.

    The outage outlives `stale_after` of the demo's communes, or nobody would see it.
    """

    calm: float = 180.0
    outage: float = 150.0


def play(province: Province, switches: Switchboard, script: Script, stop: threading.Event) -> None:
    """One commune after the other goes down and comes back, until `stop` is set."""
    communes = [site.id for site in province.sites if site.spec.source.level == "commune"]
    online = [i for i in communes if province.by_id[i].spec.source.kind == "igate2"]
    act = 0
    while online and not stop.wait(script.calm):
        victim = online[int(one(province.plan.seed, "drama", act) * len(online))]
        act += 1
        switches.turn(victim, Switch(Fault.DOWN), on=True)
        stop.wait(script.outage)
        switches.turn(victim, Switch(Fault.DOWN), on=False)
