"""All that signing in to the pages needs of the services, put together."""

import secrets

from app.services.callers.accounts import Accounts
from app.services.callers.one_time import OneTime
from app.services.callers.passwords import Passwords
from app.services.callers.people import People
from app.services.callers.sealing import Sealing
from app.services.callers.sessions import TOLD_EVERY, Sessions
from app.services.callers.sign_in_limits import SignInLimits
from app.services.policy.policies import Policies
from app.services.process.repeating import Job
from app.services.store.ports import Store

SETTLE_EVERY = 1.0


class SigningIn:
    """`secret` seals what browsers carry; without one a process makes its own, which nobody else can open."""

    def __init__(self, store: Store, policies: Policies, secret: str | None = None) -> None:
        self.sealing = Sealing(secret or secrets.token_urlsafe(48))
        self.limits = SignInLimits(store)
        self.sessions = Sessions(store)
        self.passwords = Passwords()
        one_time = OneTime(self.sealing)
        self.people = People(store, policies, one_time, self.passwords, self.limits)
        self.accounts = Accounts(store, self.passwords, one_time, self.sealing, self.limits)

    @property
    def jobs(self) -> list[Job]:
        """What is told to the database now and then, beside the requests."""
        return [(TOLD_EVERY, self.sessions.note_uses), (SETTLE_EVERY, self.limits.settle)]
