"""One scheduler built from the settings, to be thrown away and built anew when the watchdog says so."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Engine

from ioc.clock import VIETNAM, utc_now
from ioc.collectors.chores import Chores
from ioc.collectors.jobs import Jobs
from ioc.errors import IocError
from ioc.settings import Settings, SourceSettings
from ioc.store.runs import set_next_run

log = logging.getLogger(__name__)

BEAT_SECONDS = 5
FULL_AT_ONCE = 2
ASKED_AT_ONCE = 4
_MOST_THREADS = 64
_STAGGER_SECONDS = 0.05
_BUSY_SECONDS = 10


class Shift:
    """The running scheduler of this process."""

    def __init__(self, settings: Settings, engine: Engine, jobs: Jobs, chores: Chores) -> None:
        self._settings = settings
        self._engine = engine
        self._jobs = jobs
        self._chores = chores
        self._told: set[str] = set()
        self._scheduler = BackgroundScheduler(
            timezone=VIETNAM,
            executors={
                # a slot for each source: one that hangs takes nobody else's (`safety.md` §0.4)
                "default": ThreadPoolExecutor(min(max(len(settings.sources), 1), _MOST_THREADS)),
                "full": ThreadPoolExecutor(FULL_AT_ONCE),
                "asked": ThreadPoolExecutor(ASKED_AT_ONCE),
                "chores": ThreadPoolExecutor(1),
                "beat": ThreadPoolExecutor(1),
            },
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self, beat: Callable[[], None]) -> None:
        """Begin to poll, every source at once and then by its own rhythm; `beat` is called every 5 s."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._jobs.queue_full = self._queue_full
        self._jobs.again_soon = self._again_soon
        self._scheduler.add_listener(self._overrun, EVENT_JOB_MAX_INSTANCES)
        self._add(beat, IntervalTrigger(seconds=BEAT_SECONDS), "beat", executor="beat")
        for place, source in enumerate(self._settings.sources):
            first = self._scheduler_now() + timedelta(seconds=place * _STAGGER_SECONDS)
            self._add(self._poll, _trigger(source), f"poll:{source.id}", args=[source], next_run_time=first)
        for name, work, trigger in (
            ("close-days", self._chores.close_days, IntervalTrigger(seconds=60)),
            ("check", self._chores.check, CronTrigger(hour=2, minute=30, timezone=VIETNAM)),
            ("purge", self._chores.purge, CronTrigger(hour=3, minute=10, timezone=VIETNAM)),
        ):
            self._add(_quietly, trigger, name, args=[name, work], executor="chores")
        self._scheduler.start()

    def stop(self) -> None:
        """Begin no new job; what runs comes to its end by itself.

        Never `wait=True`: that waits for the jobs under the very lock that they need to look at themselves.
        """
        if self._scheduler.running:  # a store that was away may have ended the shift before it began
            self._scheduler.shutdown(wait=False)

    def ask(self, source_id: str, *, full: bool) -> None:
        """Run a source now because a person wishes it."""
        self._add(
            self._jobs.asked,
            DateTrigger(self._scheduler_now()),
            f"ask:{source_id}:{full}",
            args=[source_id],
            kwargs={"full": full},
            executor="asked",
        )

    def _poll(self, source: SourceSettings) -> None:
        self._jobs.poll(source)
        try:
            job = self._scheduler.get_job(f"poll:{source.id}")
            set_next_run(self._engine, source.id, job.next_run_time if job else None)
        except IocError as exc:
            log.warning("next run of source %s not noted: %s", source.id, exc)

    def _queue_full(self, source: SourceSettings) -> None:
        self._add(
            self._jobs.full,
            DateTrigger(self._scheduler_now()),
            f"full:{source.id}",
            args=[source],
            executor="full",
        )

    def _again_soon(self, source: SourceSettings) -> None:
        try:
            soon = self._scheduler_now() + timedelta(seconds=_BUSY_SECONDS)
            self._scheduler.modify_job(f"poll:{source.id}", next_run_time=soon)
        except JobLookupError:
            pass  # this scheduler is over

    def _add(self, work: Callable[..., Any], trigger: Any, name: str, **more: Any) -> None:
        # "replace" asks the running scheduler, and an equal wish that waits is the same wish
        self._scheduler.add_job(work, trigger, id=name, name=name, replace_existing=True, **more)

    def _overrun(self, event: JobExecutionEvent) -> None:
        """A poll that lasts longer than its interval: told once, skipped each time."""
        if event.job_id.startswith("poll:") and event.job_id not in self._told:
            self._told.add(event.job_id)
            log.warning("source %s takes longer than its interval; raise `every`", event.job_id[5:])

    @staticmethod
    def _scheduler_now() -> datetime:
        """APScheduler lives by the real clock, whatever clock its jobs were given."""
        return utc_now().astimezone(VIETNAM)


def _trigger(source: SourceSettings) -> Any:
    if source.cron:
        return CronTrigger.from_crontab(source.cron, timezone=VIETNAM)
    every = source.every_seconds or 60
    return IntervalTrigger(seconds=every, jitter=max(1, min(every // 10, 30)), timezone=VIETNAM)


def _quietly(name: str, work: Callable[[], object]) -> None:
    try:
        work()
    except IocError as exc:
        log.error("%s not done: %s", name, exc)
