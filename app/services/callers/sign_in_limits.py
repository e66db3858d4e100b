"""How often somebody may try to sign in: per name and per address, shared by all replicas."""

import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from app.domain.values.names import SERVICE_TENANT, SUBJECT, TENANT
from app.services.callers.rate import Rate
from app.services.callers.rate_limits import RateLimits
from app.services.store.callers import RateStore

OF_A_NAME = Rate(20, 900)
OF_AN_ADDRESS = Rate(200, 900)
"""An office stands behind one."""
OF_NO_ADDRESS = Rate(2_000, 900)
"""Everybody stands behind a proxy that nobody told us about."""
KIND, KIND_OF_ONES_OWN = "sign-in ", "own "
NOWHERE = "nowhere"
NO_NAME = "?"


class SignInLimits:
    def __init__(
        self,
        store: RateStore,
        of_a_name: Rate = OF_A_NAME,
        of_an_address: Rate = OF_AN_ADDRESS,
        clock: Callable[[], float] = time.monotonic,
        of_no_address: Rate = OF_NO_ADDRESS,
    ) -> None:
        self._names = RateLimits(store, of_a_name, clock)
        self._addresses = RateLimits(store, of_an_address, clock)
        self._nowhere = RateLimits(store, of_no_address, clock)

    def take(self, tenant: str, subject: str, address: str | None) -> float:
        """Count an attempt: 0.0 where it may go on, else the seconds until one may.

        What can be no name shares one bucket: made-up ones must not push those of people out. So does who comes from no
        address that we know: passwords cost too much to be tried by anybody as often as they like.
        """
        if address is None:
            waits = [self._nowhere.take(SERVICE_TENANT, KIND + NOWHERE).retry_after]
        else:
            waits = [self._addresses.take(SERVICE_TENANT, KIND + _network(address)).retry_after]
        named = bool(TENANT.fullmatch(tenant) and SUBJECT.fullmatch(subject))
        whose = (tenant, KIND + subject) if named else (SERVICE_TENANT, KIND + NO_NAME)
        if max(waits) == 0.0:
            waits.append(self._names.take(*whose).retry_after)
        return max(waits)

    def take_own(self, tenant: str, subject: str) -> float:
        """The same for who is signed in already: what strangers try on their name does not count."""
        return self._names.take(tenant, KIND_OF_ONES_OWN + subject).retry_after

    async def settle(self) -> None:
        await self._names.settle()
        await self._addresses.settle()
        await self._nowhere.settle()


def _network(address: str) -> str:
    """Whoever has an IPv6 address has 2^64 of them."""
    try:
        found = ip_address(address)
    except ValueError:
        return NO_NAME
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((found, 64), strict=False))
    return str(found)
