"""Where a service listens: a port that is free, and a word on the terminal once it answers."""

import asyncio
import errno
import multiprocessing
import signal
import socket

from app.commands.terminal.failing import USED_WRONGLY, CommandFailed

PATIENCE = 120
"""Seconds after which nobody waits for a service that does not come up."""
LOOK_EVERY = 0.05
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  an address to compare with, not to listen on


def port_to_listen_on(host: str, port: int, given_by: str = "--port or STATEWARD_PORT") -> int:
    """`port`, or a free one where it is 0; CommandFailed where nobody can listen there.

    The server itself would share a taken port with whoever has it (SO_REUSEPORT), so it cannot tell.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
            return int(trial.getsockname()[1])
    except OSError as error:
        raise _why_not(host, port, error, given_by) from None


def base_url(host: str, port: int) -> str:
    """The address for callers on this machine."""
    reached = ANYWHERE.get(host, host)
    return f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"


def announce(text: str, host: str, port: int) -> None:
    """Print `text` as soon as something listens. A process, because the server forks, which threads do not survive."""
    multiprocessing.get_context("fork").Process(target=_announced, args=(text, host, port), daemon=True).start()


def _announced(text: str, host: str, port: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if asyncio.run(_answered(ANYWHERE.get(host, host), port)):
        print(text, flush=True)


async def _answered(host: str, port: int) -> bool:
    """Wait until something listens; False where nothing did in time."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not await _listens(host, port):  # noqa: ASYNC110  a server of another process sets no event
                await asyncio.sleep(LOOK_EVERY)
    except TimeoutError:
        return False
    return True


async def _listens(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


def _why_not(host: str, port: int, error: OSError, given_by: str) -> CommandFailed:
    other = f"with {given_by}"
    if error.errno == errno.EADDRINUSE:
        return CommandFailed(f"port {port} of {host} is taken; stop what listens there, or choose another {other}")
    if error.errno == errno.EACCES:
        return CommandFailed(f"port {port} is for the system; choose one above 1023 {other}", USED_WRONGLY)
    mine = "give an address of this machine with --host or STATEWARD_HOST"
    return CommandFailed(f"cannot listen on {host} ({error.strerror}); {mine}", USED_WRONGLY)
