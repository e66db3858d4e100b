"""Time-based one-time passwords (RFC 6238): six digits of half a minute, each good once."""

import hmac
import time
from collections.abc import Callable

from pyotp import TOTP, random_base32

from app.services.callers.sealing import Sealing

PERIOD = 30
AROUND = 1
"""Periods before and after now that are taken too: clocks differ."""
FOR = "one-time password of "
ISSUER = "Stateward"


class OneTime:
    """The secrets of people, sealed where they are kept."""

    def __init__(self, sealing: Sealing, clock: Callable[[], float] = time.time) -> None:
        self._sealing = sealing
        self._clock = clock

    def new_secret(self) -> str:
        return random_base32()

    def address(self, secret: str, name: str) -> str:
        """What an app of one-time passwords reads (otpauth://)."""
        return TOTP(secret, name=name, issuer=ISSUER).provisioning_uri()

    def sealed(self, secret: str, tenant: str, subject: str) -> str:
        return self._sealing.seal(f"{FOR}{tenant} {subject}", secret, None)

    def step(self, secret: str, code: str) -> int | None:
        """The period whose password this is; None where it is none of those around now."""
        told = "".join(code.split())
        now = int(self._clock()) // PERIOD
        fitting = [
            step for step in range(now - AROUND, now + AROUND + 1) if _fits(TOTP(secret).generate_otp(step), told)
        ]
        return fitting[0] if fitting else None

    def step_of(self, sealed: str, tenant: str, subject: str, code: str) -> int | None:
        """The same, of the secret that somebody has."""
        secret = self._sealing.open(f"{FOR}{tenant} {subject}", sealed)
        return self.step(secret, code) if isinstance(secret, str) else None


def _fits(expected: str, told: str) -> bool:
    return hmac.compare_digest(expected.encode(), told.encode())
