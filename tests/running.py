"""A `stateward` command in a process of its own, with settings of its own.

On Linux a process that has loaded it all becomes the command (`tests.warm_server`), unless a test wants it cold.
"""

import atexit
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from tests import warm_client
from tests.warm_client import Warm

ROOT = Path(__file__).resolve().parent.parent
SECRET = "a secret that only tests use and nobody else"
RUNS = "Ctrl-C stops"


def environment(root: Path = ROOT, **settings: str) -> dict[str, str]:
    """This process's environment without its settings of ours, and with these; `root` is the tree that is run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STATEWARD_")}
    folders = {"STATEWARD_MACHINES": str(root / "machines"), "STATEWARD_POLICIES": str(root / "policies")}
    given = {f"STATEWARD_{name.upper()}": value for name, value in settings.items()}
    return {**kept, "PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1", **folders, **given}


Process = Warm | subprocess.Popen[bytes]


def _is_warm(root: Path) -> bool:
    return root == ROOT and sys.platform == "linux"


@cache
def _warm() -> str:
    """Where one listens that has loaded it all, until this process ends."""
    place = f"stateward-tests-{os.getpid()}"
    words = [sys.executable, "-m", "tests.warm_server", place]
    server = subprocess.Popen(words, cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    server.stdout.close()
    atexit.register(server.communicate)  # it ends once nobody writes to it any more
    return place


def in_shells(folder: Path) -> None:
    """A command `stateward` in a folder, for shells."""
    words = [sys.executable, "-m", "app"]
    if _is_warm(ROOT):
        words = [sys.executable, "-I", "-S", warm_client.__file__, _warm()]
    command = folder / "stateward"
    command.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    command.chmod(0o755)


def started(
    words: Sequence[str], folder: Path, given: Mapping[str, str], out: int, errors: int, cold: bool = False
) -> Process:
    """`stateward WORDS` in a folder and an environment, with files for its output."""
    if _is_warm(Path(given["PYTHONPATH"])) and not cold:
        return Warm(_warm(), list(words), str(folder), dict(given), 0, out, errors)
    return subprocess.Popen([sys.executable, "-m", "app", *words], cwd=folder, env=given, stdout=out, stderr=errors)


@dataclass(frozen=True)
class Done:
    """A command that ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def done(folder: Path, *words: str, cold: bool = False, **settings: str) -> Done:
    """A command that ends by itself."""
    files = [folder / name for name in ("stdout.txt", "stderr.txt")]
    with files[0].open("w") as out, files[1].open("w") as errors:
        process = started(words, folder, environment(**settings), out.fileno(), errors.fileno(), cold)
        code = process.wait(timeout=60)
    return Done(code, *(file.read_text() for file in files))


@dataclass
class Running:
    """A service that answers; `told` is what it said before."""

    process: Process
    told: str
    errors: Path

    @property
    def url(self) -> str:
        found = re.search(r"http://[\w.:]+\d", self.told)
        assert found is not None
        return found[0]

    @property
    def lines(self) -> list[str]:
        """The lines to paste."""
        return [line for line in self.told.splitlines() if line.startswith("curl ")]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=20)


@contextmanager
def stateward(folder: Path, *words: str, root: Path = ROOT, cold: bool = False, **settings: str) -> Iterator[Running]:
    """A command that serves, from when it says that it answers; it is stopped at the end. `root`: of which tree."""
    errors = folder / "stderr.txt"
    reading, out = os.pipe()
    with os.fdopen(reading) as stdout:
        with errors.open("w") as stderr:
            process = started(words, folder, environment(root, **settings), out, stderr.fileno(), cold)
        os.close(out)
        try:
            yield Running(process, _until_it_runs(stdout, errors), errors)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _until_it_runs(stdout: IO[str], errors: Path) -> str:
    told = ""
    while RUNS not in told:
        line = stdout.readline()
        assert line, errors.read_text()
        told += line
    return told
