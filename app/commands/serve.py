"""`stateward serve`: the HTTP API, in one process or several."""

import argparse
import asyncio
import os
import secrets
from contextlib import nullcontext

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from app.commands.opening.services import declared, prepared, running
from app.commands.terminal.failing import USED_WRONGLY, CommandFailed
from app.commands.terminal.listening import announce, base_url, port_to_listen_on
from app.metrics import merged_metrics
from app.settings import HOW_TO_MAKE_ONE, Settings

STOP_WITHIN = 7
"""Seconds that a stop waits for open connections; the process is gone within 10."""
BACKLOG = 1024
HEADERS_WITHIN = 30_000
"""Milliseconds that a connection may take for the head of a request, or lie idle. Only HTTP/1 closes it then: while the
server waits to learn which protocol it will be, a silent one stays for ever."""
CONNECTIONS = 4096
"""Connections that a worker serves at a time, open streams and idle ones among them."""


def run(arguments: argparse.Namespace, settings: Settings, target: str) -> int:
    """Prepare once, then serve `target` (a factory of the ASGI application) until a signal says stop."""
    if settings.jwt_secret is None and not settings.issuers:
        raise CommandFailed(
            "STATEWARD_JWT_SECRET is not set (nor STATEWARD_OIDC_ISSUER), so no caller could be trusted; make one with:"
            f" {HOW_TO_MAKE_ONE}",
            USED_WRONGLY,
        )
    if settings.demo:
        raise CommandFailed(
            "STATEWARD_DEMO is for `stateward demo` alone, which sets it itself; unset it.", USED_WRONGLY
        )
    host = arguments.host or settings.host
    port = port_to_listen_on(host, settings.port if arguments.port is None else arguments.port)
    asyncio.run(_prepare(settings))
    if settings.sealing_secret is None:  # all workers have to open what one of them sealed
        os.environ["STATEWARD_SESSION_SECRET"] = secrets.token_urlsafe(48)
    os.environ["STATEWARD_HOST"] = host  # workers tell browsers to come by TLS unless this is the machine itself
    if arguments.no_scheduler:
        os.environ["STATEWARD_SCHEDULER"] = "false"
    url = base_url(host, port)
    greeting = f"Stateward answers on {url} (what it can do: {url}/schema). Ctrl-C stops it."
    serve(target, host, port, arguments.workers or settings.workers, greeting)
    return 0


def serve(target: str, host: str, port: int, workers: int, greeting: str) -> None:
    """Run granian until a signal says stop; `greeting` is printed once it listens. Each worker makes an application."""
    announce(greeting, host, port)
    server = Server(
        target,
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.ASGI,
        factory=True,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN),
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        workers_kill_timeout=STOP_WITHIN,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    )
    with merged_metrics() if workers > 1 else nullcontext():
        server.serve()


async def _prepare(settings: Settings) -> None:
    """What one process does before the workers: schema, definitions, policy."""
    found = await declared(settings)
    await prepared(settings)
    async with running(settings, found):
        pass
