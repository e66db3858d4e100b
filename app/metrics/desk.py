"""Metrics of the desk: what attempts came to, how large batches are, and where their time goes."""

from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from app.services.desk.answer import Answer
from app.services.desk.report import Committed, Outcomes

SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128)
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
WAITING, LOCKING, DECIDING, RECORDING = "waiting", "locking", "deciding", "recording"


class DeskMetrics:
    """Recorded once a batch. Labels are declared names, built-in acts and the codes of the HTTP contract."""

    def __init__(self, registry: CollectorRegistry | None) -> None:
        self._attempts = Counter(
            "stateward_attempts",
            "Attempts that were decided: applied, replayed, or the code of the refusal.",
            ("case_type", "act", "outcome"),
            registry=registry,
        )
        self._tried = Counter(
            "stateward_dry_runs",
            "Attempts that were decided and not recorded: applied, or the code of the refusal.",
            ("case_type", "act", "outcome"),
            registry=registry,
        )
        self._refusals = Counter(
            "stateward_refusals", "Refusals that callers were given, by code.", ("code",), registry=registry
        )
        self._sizes = Histogram(
            "stateward_desk_batch_attempts", "Attempts decided in one transaction.", registry=registry, buckets=SIZES
        )
        phases = Histogram(
            "stateward_desk_seconds",
            "Seconds of a batch: its oldest attempt waiting, cases locking, deciding, recording with the commit.",
            ("phase",),
            registry=registry,
            buckets=SECONDS,
        )
        self._phases = [phases.labels(phase) for phase in (WAITING, LOCKING, DECIDING, RECORDING)]

    def record(self, batch: Committed) -> None:
        for labels, count in batch.outcomes.items():
            self._attempts.labels(*labels).inc(count)
        self._sizes.observe(batch.attempts)
        waiting, locking, deciding, recording = self._phases
        if batch.waited:
            waiting.observe(batch.began - batch.waited[0].since)
        locking.observe(batch.locked - batch.began)
        deciding.observe(batch.decided - batch.locked)
        recording.observe(batch.ended - batch.decided)

    def record_tried(self, outcomes: Outcomes) -> None:
        for labels, count in outcomes.items():
            self._tried.labels(*labels).inc(count)

    def record_answered(self, answers: Sequence[Answer]) -> None:
        for answer in answers:
            if answer.error is not None:
                self.refused(answer.error.code)

    def refused(self, code: str) -> None:
        self._refusals.labels(code).inc()
