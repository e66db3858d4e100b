"""What takes long to count, one at a time in a thread beside the loop; tenants take turns."""

import asyncio
import sys
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from app.domain.values.errors import Unavailable

MOST_WAITING = 8
"""Of one tenant."""
SWITCH = 0.0005
"""Seconds that a thread may hold the interpreter while another waits for it, as long as something is counted. Python's
5 ms would be waited at each of the many changes of threads that an event on SQLite takes."""
Counted = TypeVar("Counted")
Job = tuple[Callable[[], Any], asyncio.Future[Any]]


class Counting:
    """What is counted is plain Python and holds the interpreter: it rests by itself now and then (`Effort`)."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "counting")
        self._waiting: OrderedDict[str, deque[Job]] = OrderedDict()
        self._busy = False
        self._counted: asyncio.Future[None] | None = None

    async def count(self, tenant: str, work: Callable[[], Counted]) -> Counted:
        """What `work` answers or raises. Raises Unavailable where too many of the tenant wait already."""
        waiting = self._waiting.setdefault(tenant, deque())
        if len(waiting) >= MOST_WAITING:
            raise Unavailable("other clocks of your tenant are being counted; try again in a second")
        future: asyncio.Future[Counted] = asyncio.get_running_loop().create_future()
        waiting.append((work, future))
        self._go_on()
        return await future

    def _go_on(self) -> None:
        """Begin with whoever's turn it is; those whose caller has gone are passed over."""
        while not self._busy and self._waiting:
            tenant, waiting = self._waiting.popitem(last=False)
            work, future = waiting.popleft()
            if waiting:
                self._waiting[tenant] = waiting
            if not future.cancelled():
                self._busy = True
                self._counted = asyncio.ensure_future(self._begin(work, future))

    async def _begin(self, work: Callable[[], Any], future: asyncio.Future[Any]) -> None:
        usual = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH)
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except Exception as error:  # whoever waits gets it
            if not future.cancelled():
                future.set_exception(error)
        else:
            if not future.cancelled():
                future.set_result(answer)
        finally:
            sys.setswitchinterval(usual)
            self._busy = False
            self._go_on()
