"""All metrics of a process, and their text for Prometheus. Imported by workers only, once they share a folder."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    disable_created_metrics,
    generate_latest,
    start_http_server,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from app.metrics import FOLDER
from app.metrics.calls import CallMetrics
from app.metrics.checks import CheckedLog, TellsChecks
from app.metrics.clocks import ClockCounts, ClockMetrics
from app.metrics.desk import DeskMetrics
from app.metrics.files import CountsUnscanned, ScanMetrics, UncheckedFiles
from app.metrics.gauges import GaugeMetrics
from app.metrics.log import LogMetrics
from app.services.desk.answer import Answer
from app.services.desk.escalation import Fired
from app.services.desk.report import Committed, Outcomes
from app.services.log.checkpoints import Round
from app.services.process.gauges import Gauges
from app.services.store.clocks import CountsClocks


class Metrics:
    """Labels are names that we or a declaration gave, never those of cases, people or tenants. `files`: where files
    are looked at by a scanner."""

    def __init__(
        self,
        store: CountsClocks,
        gauges: Callable[[], Gauges] | None = None,
        files: CountsUnscanned | None = None,
        checks: TellsChecks | None = None,
    ) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # when each began: a third of the text, and nobody asks
        self._registry = CollectorRegistry()
        shared = FOLDER in os.environ
        own = None if shared else self._registry
        if shared:
            MultiProcessCollector(self._registry)  # type: ignore[no-untyped-call]
        self._clocks = ClockMetrics(own)
        self._desk = DeskMetrics(own)
        self._calls = CallMetrics(own)
        self._log = LogMetrics(own)
        self._scans = ScanMetrics(own)
        self._gauges = GaugeMetrics(own, gauges) if gauges else None
        self._counts = ClockCounts(store)
        self._registry.register(self._counts)
        self._unchecked = UncheckedFiles(files) if files else None
        if self._unchecked:
            self._registry.register(self._unchecked)

        self._checks = CheckedLog(checks) if checks else None
        if self._checks:
            self._registry.register(self._checks)

    def record_fired(self, fired: Iterable[Fired]) -> None:
        """Count what an escalation fired, once it is committed."""
        self._clocks.record(fired)

    def record_committed(self, batch: Committed) -> None:
        """Count what a batch of the desk came to."""
        self._desk.record(batch)

    def record_sequenced(self, count: int) -> None:
        """Count entries that got their places in the log, and note that somebody looked for some."""
        self._log.record(count)

    def record_signed(self, done: Round) -> None:
        """Count what was signed, and note what was refused."""
        self._log.record_signed(done)

    def record_scanned(self, outcome: str) -> None:
        """Count a look of the scanner at a file."""
        self._scans.record(outcome)

    def record_answered(self, answers: Sequence[Answer]) -> None:
        """Count what was refused, decided or not."""
        self._desk.record_answered(answers)

    def record_tried(self, outcomes: Outcomes) -> None:
        """Count attempts that were not to be recorded."""
        self._desk.record_tried(outcomes)

    def record_call(self, method: str, route: str, status: int, seconds: float, refusal: str | None) -> None:
        """Count an HTTP request; `refusal` is the code of a problem that no desk answered."""
        self._calls.record(method, route, status, seconds)
        if refusal is not None:
            self._desk.refused(refusal)

    async def look(self) -> None:
        """Note how full the process is."""
        if self._gauges is not None:
            await self._gauges.look()

    async def refresh(self) -> None:
        """Count anew what the database has, unless that was done lately."""
        await self._counts.refresh()
        if self._unchecked:
            await self._unchecked.refresh()
        if self._checks:
            await self._checks.refresh()

    @contextmanager
    def served(self, host: str, port: int) -> Iterator[None]:
        """Answer Prometheus from a thread, for a process that serves nothing else. Raises OSError."""
        server, thread = start_http_server(port, host, self._registry)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    async def exposed(self) -> tuple[str, bytes]:
        """The media type and the text that Prometheus reads."""
        await self.look()
        await self.refresh()
        _forget_levels_of_the_dead()
        return CONTENT_TYPE_LATEST, generate_latest(self._registry)


def _forget_levels_of_the_dead() -> None:
    """A worker that was killed wrote down how full it was, and nobody else takes that back."""
    folder = os.environ.get(FOLDER)
    if folder is None:
        return
    for pid in {file.stem.rpartition("_")[2] for file in Path(folder).glob("gauge_live*.db")}:
        if not Path(f"/proc/{pid}").exists() and Path("/proc/self").exists():
            mark_process_dead(int(pid), folder)  # type: ignore[no-untyped-call]
