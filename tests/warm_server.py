"""A process that has loaded what the commands load, and becomes one as often as it is asked: loading takes seconds.

`python -m tests.warm_server PLACE`, where it listens; it ends when its standard input does.
"""

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
import time
from contextlib import ExitStack, suppress

import app.__main__

COMMANDS = (
    *("audit", "check", "demo.demo", "diagram", "export", "keys", "migrate", "person", "policy", "replay.back_test"),
    *("replay.replay", "serve", "sla", "token", "verify", "work"),
)
LOADED = (
    *(f"app.commands.{name}" for name in COMMANDS),
    *("app.main", "app.in_process", "app.worker", "app.logs.lines", "app.db.tables.every_table", "app.db.sqlite.store"),
    *("app.db.postgres.store", "sqlalchemy.dialects.sqlite.aiosqlite", "sqlalchemy.dialects.postgresql.asyncpg"),
    *("aiosqlite", "asyncpg", "granian._loops", "holidays", "litestar.plugins.pydantic.plugins", "uvloop"),
)
LATER = ("prometheus_client", "opentelemetry.sdk")
"""What looks at the environment while it is loaded."""
LARGEST = 2**18
"""Bytes of a question."""


def main(place: str) -> None:
    gc.disable()
    for name in LOADED:
        importlib.import_module(name)
    assert not [name for name in LATER if name in sys.modules]
    gc.enable()
    gc.freeze()
    if words := _asked(place):
        sys.argv = ["stateward", *words]
        sys.exit(app.__main__.main())


def _asked(place: str) -> list[str]:
    """In each process that it becomes: the words of the command. At its own end: none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # it wakes whoever waits below
    with ExitStack() as open_until_then:
        listener, ended, wake = (
            socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET),
            *socket.socketpair(),
        )
        waiting = selectors.DefaultSelector()
        for one in (listener, ended, wake, waiting):
            open_until_then.callback(one.close)
        wake.setblocking(False)
        signal.set_wakeup_fd(wake.fileno())
        listener.bind(f"\0{place}")
        listener.listen(64)
        for readable in (listener, ended, sys.stdin):
            waiting.register(readable, selectors.EVENT_READ)
        callers: dict[int, socket.socket] = {}
        print("ready", flush=True)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is sys.stdin:
                    return []
                if key.fileobj is ended:
                    ended.recv(4096)
                    _tell_those_that_ended(callers)
                elif words := _forked(listener.accept()[0], callers):
                    return words


def _forked(caller: socket.socket, callers: dict[int, socket.socket]) -> list[str]:
    """In the new process: the words of its command."""
    asked, files, _, _ = socket.recv_fds(caller, LARGEST, 3)
    words, folder, environment = json.loads(asked)
    if pid := os.fork():
        callers[pid] = caller
        for file in files:
            os.close(file)
        caller.send(str(pid).encode())
        return []
    for connection in (caller, *callers.values()):
        connection.close()
    _become(files, folder, environment)
    return list(words)


def _become(files: list[int], folder: str, environment: dict[str, str]) -> None:
    """As if it had been started so."""
    for place, file in enumerate(files):
        os.dup2(file, place)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    tempfile.tempdir = None
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _tell_those_that_ended(callers: dict[int, socket.socket]) -> None:
    for pid in list(callers):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            with callers.pop(pid) as caller, suppress(OSError):  # whoever asked may have gone
                caller.send(str(os.waitstatus_to_exitcode(status)).encode())


if __name__ == "__main__":
    main(sys.argv[1])
