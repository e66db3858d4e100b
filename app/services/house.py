"""The services together, and how they start and stop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from app.domain.calendar_file import CalendarFile
from app.domain.case_type import CaseType
from app.services.arrivals import Arrivals
from app.services.calendars import Calendars
from app.services.case_types import CaseTypes
from app.services.cases import Cases
from app.services.clocks import Clocks
from app.services.definitions import Definitions
from app.services.desk import Desk
from app.services.ledger import Ledger
from app.services.policies import Policies, PolicySource
from app.services.ports import PolicyEngine, Store

log = logging.getLogger("stateward")


class House:
    """Everything that a process needs to decide, record and read. Nothing is connected before `running`."""

    def __init__(self, store: Store, engine: PolicyEngine, desks: int) -> None:
        self.store = store
        self.definitions = Definitions()
        self.policies = Policies(store, engine)
        self.calendars = Calendars()
        self.desk = Desk(store, self.definitions, self.policies, self.calendars, desks)
        self.cases = Cases(store, self.definitions, self.policies)
        self.case_types = CaseTypes(self.definitions)
        self.arrivals = Arrivals(store)
        self.ledger = Ledger(store, self.policies, self.cases, self.arrivals)
        self.clocks = Clocks(store, self.definitions, self.calendars, self.cases)

    @asynccontextmanager
    async def running(
        self,
        case_types: Mapping[str, CaseType],
        calendars: Mapping[str, CalendarFile],
        policies: Sequence[PolicySource],
    ) -> AsyncIterator[None]:
        """Publish what is declared, seed what is new, and decide until the end; then finish what is accepted."""
        try:
            await self.calendars.publish(self.store, calendars)
            await self.definitions.publish(self.store, case_types)
            for name in await self.policies.seed(policies):
                log.warning(
                    "%s differs from the policy in force; run `stateward policy apply %s` to use it", name, name
                )
            await self.policies.start()
            await self.desk.start()
            following = asyncio.create_task(self.arrivals.run())
            try:
                yield
            finally:
                self.arrivals.close()
                await following
                await self.desk.stop()
        finally:
            await self.store.close()
