"""The services together, and how they start and stop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from app.domain.definition.calendar_file import CalendarFile
from app.domain.definition.case_type import CaseType
from app.services.callers.api_keys import ApiKeys
from app.services.callers.key_callers import KeyCallers
from app.services.callers.signing_in import SigningIn
from app.services.cases.cases import Cases
from app.services.cases.forms import FormReads
from app.services.cases.queues import Queues
from app.services.cases.saved_views import Views
from app.services.cases.type_rights import TypeRights
from app.services.cases.who_can import WhoCan
from app.services.clocks.calendars import Calendars
from app.services.clocks.clocks import CaseClocks
from app.services.clocks.recalculation import Recalculation
from app.services.clocks.simulations import Simulations
from app.services.clocks.verification import Verification
from app.services.definitions.case_types import CaseTypes
from app.services.definitions.definitions import Definitions
from app.services.desk.answer import Answer
from app.services.desk.deciding import Deciding
from app.services.desk.desk import Desk
from app.services.desk.escalation import Fired
from app.services.desk.report import Committed, Outcomes, Watchers, telling
from app.services.desk.trials import Trials
from app.services.entries.actors import UNNAMED
from app.services.entries.refusals import Refusals
from app.services.fairness.counting import Counting
from app.services.fairness.limits import USUAL, ProcessLimits
from app.services.fairness.slices import Slices
from app.services.log.checkpoints import Checkpoints, Round
from app.services.log.export_jobs import Beside, ExportJobs, ExportLimits, Maker
from app.services.log.export_rights import ExportRights
from app.services.log.field_history import FieldHistory
from app.services.log.ledger import Ledger
from app.services.log.noted_reads import NotedReads
from app.services.log.proofs import Proofs
from app.services.log.signing import Place, Signing
from app.services.log.watches import LogWatches, WatchLimits
from app.services.policy.changes import PolicyChanges
from app.services.policy.policies import Policies, PolicySource
from app.services.process.gauges import Gauges
from app.services.store.policy import PolicyEngine
from app.services.store.ports import Store
from app.services.work.attachments import Attachments
from app.services.work.case_pages import CasePages
from app.services.work.contents import Contents
from app.services.work.held_files import HeldFiles
from app.services.work.next_case import NextCase
from app.services.work.scanning import Scanner, Scans
from app.services.work.uploads import AttachmentLimits, Uploads
from app.services.work.work import CaseWork

USUAL_ATTACHMENTS = AttachmentLimits()
USUAL_EXPORTS = ExportLimits()
log = logging.getLogger("stateward")


class Assembly:
    """Everything that a process needs to decide, record and read. Nothing is connected before `running`."""

    def __init__(
        self,
        store: Store,
        engine: PolicyEngine,
        desks: int,
        attachments: AttachmentLimits = USUAL_ATTACHMENTS,
        attachment_folder: Contents | None = None,
        watches: WatchLimits | None = None,
        limits: ProcessLimits = USUAL,
        operator: str = UNNAMED,
        sealing_secret: str | None = None,
        scanner: Scanner | None = None,
        signing: Signing | None = None,
        place: Place | None = None,
        exports: ExportLimits = USUAL_EXPORTS,
        maker: Maker | None = None,
        checker: Beside | None = None,
    ) -> None:
        self.store = store
        self.operator = operator
        self.definitions = Definitions()
        self.policies = Policies(store, engine, operator)
        self.calendars = Calendars()
        self.refusals = Refusals(store, limits.refusals)
        deciding = Deciding(store, self.definitions, self.policies, self.calendars, self.refusals)
        self.watchers = Watchers()
        self.desk = Desk(store, deciding, self.watchers, desks, limits.waiting)
        self.slices = Slices()
        self.trials = Trials(deciding, self.watchers, self.slices)
        self.cases = Cases(store, self.definitions, self.policies, self.slices, limits.searches, limits.reads)
        self.queues = Queues(self.cases, self.policies, self.definitions)
        self.views = Views(store)
        self.api_keys = ApiKeys(store, self.policies, self.refusals, self.definitions)
        self.keys = KeyCallers(store)
        self.signing_in = SigningIn(store, self.policies, sealing_secret)
        self.next_case = NextCase(deciding, self.definitions, self.policies, self.watchers, desks)
        self.uploads = Uploads(store, attachments, attachment_folder, scanned=scanner is not None)
        self.held_files = HeldFiles(store, self.uploads)
        self.attachments = Attachments(store, self.cases, self.desk, self.trials, self.uploads, attachment_folder)
        self.scans = Scans(store, scanner, self.attachments.pieces, _nobody) if scanner else None
        self.work = CaseWork(store, self.cases)
        self.case_types = CaseTypes(self.definitions, store)
        self.type_rights = TypeRights(self.definitions, self.policies, self.slices)
        self.policy_changes = PolicyChanges(store, self.definitions, self.policies, self.refusals)
        self.forms = FormReads(self.cases, self.definitions, self.policies)
        self.who_can = WhoCan(self.cases, engine, self.slices)
        self.case_pages = CasePages(store, self.definitions, self.cases, self.who_can)
        self.log_watches = LogWatches(store, watches)
        self.ledger = Ledger(store, self.policies, self.cases, self.log_watches, self.slices)
        self.field_history = FieldHistory(store, self.cases)
        self.noted_reads = NotedReads(store)
        self.proofs = Proofs(store, self.policies, self.cases, self.ledger)
        self.checkpoints = Checkpoints(store, signing, place)
        rights = ExportRights(self.policies, self.definitions)
        self.export_jobs = ExportJobs(store, self.policies, rights, self.refusals, exports, maker)
        self.checker = checker
        counting = Counting()
        self.clocks = CaseClocks(store, self.definitions, self.calendars, self.cases, counting)
        self.simulations = Simulations(self.definitions, self.calendars, counting)
        self.verification = Verification(store, self.definitions, self.clocks)
        self.recalculation = Recalculation(store, deciding, self.definitions, self.calendars, self.clocks)

    def tell_fired(self, listener: Callable[[Sequence[Fired]], None]) -> None:
        """Let `listener` know the steps of clocks that fired, after their commit."""
        self.watchers.fired = telling(listener)

    def tell_committed(self, *listeners: Callable[[Committed], None]) -> None:
        """Let each of `listeners` know what those who attempt something together came to, after their commit."""
        self.watchers.committed = telling(*listeners)

    def come_from(self, origin: Callable[[], Any]) -> None:
        """What an attempt comes from is what `origin` says when it is made."""
        self.watchers.origin = origin

    def tell_answered(self, listener: Callable[[Sequence[Answer]], None]) -> None:
        """Let `listener` know what those who attempt something are answered."""
        self.watchers.answered = telling(listener)

    def tell_tried(self, listener: Callable[[Outcomes], None]) -> None:
        """Let `listener` know what those who only try something would have come to."""
        self.watchers.tried = telling(listener)

    def tell_sequenced(self, listener: Callable[[int], None]) -> None:
        """Let `listener` know how many entries got their places each time that this process looked for some."""
        self.ledger.on_sequenced = telling(listener)

    def tell_signed(self, listener: Callable[[Round], None]) -> None:
        """Let `listener` know what came of each look for what to sign that was this process's turn."""
        self.checkpoints.on_signed = telling(listener)

    def tell_scanned(self, listener: Callable[[str], None]) -> None:
        """Let `listener` know what came of each look at a file."""
        if self.scans is not None:
            self.scans.told = telling(listener)

    def gauges(self) -> Gauges:
        """How full the process is now."""
        return Gauges(self.desk.waiting, self.store.connections(), self.policies.engine.version)

    @asynccontextmanager
    async def running(
        self,
        case_types: Mapping[str, CaseType],
        calendars: Mapping[str, CalendarFile],
        policies: Sequence[PolicySource],
    ) -> AsyncIterator[None]:
        """Publish what is declared, seed what is new, and decide until the end; then finish what is accepted."""
        try:
            await self.calendars.publish(self.store, calendars, self.operator)
            await self.definitions.publish(self.store, case_types, self.operator)
            for name in await self.policies.seed(policies):
                log.warning(
                    "%s differs from the policy in force; run `stateward policy apply %s` to use it", name, name
                )
            await self.policies.start()
            await self.desk.start()
            following = asyncio.create_task(self.log_watches.run())
            counting = asyncio.create_task(self.refusals.run())
            try:
                yield
            finally:
                self.log_watches.close()
                await following
                await self.next_case.stop()
                await self.attachments.stop()
                await self.export_jobs.stop()
                if self.checker is not None:
                    await self.checker.stop()
                await self.desk.stop()
                self.refusals.close()
                await counting
        finally:
            await self.store.close()


def _nobody(what: Any) -> None:
    """Nobody counts."""
