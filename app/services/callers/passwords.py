"""Passwords of local accounts: argon2id (RFC 9106), off the loop, so many at once and so many who wait."""

import asyncio
import base64
import os
import unicodedata
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.domain.values.errors import Unavailable

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
AT_ONCE = 2
"""Each takes 64 MiB and a core for a while."""
WAITING = 30
SHORTEST, LONGEST = 10, 1024
USUAL = PasswordHasher()
"""RFC 9106's second recommendation: 64 MiB, three passes."""


class Passwords:
    def __init__(self, hasher: PasswordHasher = USUAL) -> None:
        self._hasher = hasher
        self._places = asyncio.Semaphore(AT_ONCE)
        self._here = 0
        self._nobodys = _of_nobody(hasher)

    async def hashed(self, password: str) -> str:
        return await self._off_the_loop(self._hash, password)

    async def fits(self, hashed: str | None, password: str) -> bool:
        """Whether it is the password. Where there is none, finding that out takes as long.

        Raises Unavailable where too many wait already.
        """
        return await self._off_the_loop(self._fits, hashed, password)

    def is_old(self, hashed: str) -> bool:
        """Whether it was made with less effort than we take now."""
        return self._hasher.check_needs_rehash(hashed)

    async def _off_the_loop(self, work: Callable[[*Ts], T], *given: *Ts) -> T:
        if self._here >= AT_ONCE + WAITING:
            raise Unavailable("Too many people are signing in right now. Try again in a moment.")
        self._here += 1
        try:
            async with self._places:
                return await asyncio.to_thread(work, *given)
        finally:
            self._here -= 1

    def _hash(self, password: str) -> str:
        return self._hasher.hash(_spelled(password))

    def _fits(self, hashed: str | None, password: str) -> bool:
        right = len(password) <= LONGEST
        try:
            found = self._hasher.verify(hashed or self._nobodys, _spelled(password[:LONGEST]))
        except (VerificationError, InvalidHashError):
            return False
        return found and right and hashed is not None


def _of_nobody(hasher: PasswordHasher) -> str:
    """A hash that no password has, and that takes as long to find out."""
    salt, digest = (base64.b64encode(os.urandom(size)).decode().rstrip("=") for size in (16, hasher.hash_len))
    effort = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${effort}${salt}${digest}"


def fault_of(password: str, name: str) -> str | None:
    """Why it is no good password, as a clause; None where it is one (NIST SP 800-63B: length, not composition)."""
    if len(password) < SHORTEST:
        return f"it must have at least {SHORTEST} characters"
    if len(password) > LONGEST:
        return f"it must have at most {LONGEST} characters"
    if len(set(password)) < 4 or password.lower() == name.lower():
        return "it is too easy to guess"
    return None


def _spelled(password: str) -> str:
    """However a keyboard composes letters, it is the same password."""
    return unicodedata.normalize("NFKC", password)
