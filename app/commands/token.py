"""`stateward token`: a bearer token that our own secret signs."""

import argparse
import re
from collections.abc import Callable

from app.commands.terminal.failing import USED_WRONGLY, CommandFailed
from app.settings import HOW_TO_MAKE_ONE, Settings

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SPELLING = "Names are letters, digits and _ . -, those of users @ | + too, that of a tenant in lower case."
Mint = Callable[[str, str, str, list[str], int], str]


def run(arguments: argparse.Namespace, settings: Settings, mint: Mint) -> int:
    if settings.jwt_secret is None:
        raise CommandFailed(f"STATEWARD_JWT_SECRET is not set; make one with: {HOW_TO_MAKE_ONE}", USED_WRONGLY)
    secret = settings.jwt_secret.get_secret_value()
    try:
        print(mint(secret, arguments.tenant, arguments.user, arguments.role, seconds(arguments.ttl)))
    except ValueError as fault:
        raise CommandFailed(f"{fault} {SPELLING}", USED_WRONGLY) from None
    return 0


def seconds(text: str) -> int:
    """`90s`, `15m`, `8h` or `30d` in seconds."""
    match = re.fullmatch(r"([1-9]\d{0,5})([smhd])", text)
    if match is None:
        raise CommandFailed(f"--ttl is a time such as 90s, 15m, 8h or 30d, not {text!r}", USED_WRONGLY)
    return int(match[1]) * SECONDS[match[2]]
