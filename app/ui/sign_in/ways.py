"""How people may come in here, as the settings say."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection

from app.http.sign_in.code_flow import CodeFlow
from app.services.callers.sign_in_settings import DemoPerson
from app.services.callers.signing_in import SigningIn

LONGEST_WAY = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """`tenant`: of those who sign in by password, where the form is not to ask. `forwarded_by` proxies stand in front.

    There are passwords of ours only where no issuer signs people in, and people of the demo only on this machine.
    """

    signing_in: SigningIn
    flows: Sequence[CodeFlow] = ()
    tenant: str | None = None
    demo_people: Sequence[DemoPerson] = ()
    public_url: str | None = None
    forwarded_by: int = 0
    behind_tls: bool = False

    @property
    def passwords(self) -> bool:
        return not self.flows

    def people_for(self, request: Request[Any, Any, Any]) -> Sequence[DemoPerson]:
        """Those who come in by one click; none for a browser that names another host than this machine."""
        return self.demo_people if _is_this_machine(request.headers.get("host", "")) else ()

    def back_to(self, request: Request[Any, Any, Any]) -> str:
        """Where an issuer sends people back to."""
        scheme, host = "https" if self.behind_tls else request.scope["scheme"], request.headers.get("host", "")
        return f"{self.public_url or f'{scheme}://{host}'}/sign-in/back"

    def address_of(self, request: Request[Any, Any, Any]) -> str | None:
        """Where the browser is; None where only a proxy knows, which nobody told us about."""
        if self.forwarded_by:
            told = ",".join(request.headers.getall("x-forwarded-for", [])).split(",")
            return told[-self.forwarded_by].strip() if len(told) >= self.forwarded_by else None
        return None if self.behind_tls or request.client is None else request.client.host


def ways_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Ways:
    ways: Ways = connection.app.state.ways
    return ways


def own_path(told: str) -> str:
    """A way back that leads to a page of ours, whatever was asked for: nobody is sent elsewhere from here."""
    good = told.startswith("/") and not told.startswith(("//", "/sign-")) and len(told) <= LONGEST_WAY
    if not good or "\\" in told or not all(" " < sign <= "~" for sign in told):
        return "/"
    parts = urlsplit(told)
    return told if not parts.scheme and not parts.netloc else "/"


def _is_this_machine(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
