"""A `stateward` command in a process of its own, with settings of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECRET = "a secret that only tests use and nobody else"
RUNS = "Ctrl-C stops"


def environment(root: Path = ROOT, **settings: str) -> dict[str, str]:
    """This process's environment without its settings of ours, and with these; `root` is the tree that is run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STATEWARD_")}
    folders = {"STATEWARD_MACHINES": str(root / "machines"), "STATEWARD_POLICIES": str(root / "policies")}
    given = {f"STATEWARD_{name.upper()}": value for name, value in settings.items()}
    return {**kept, "PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1", **folders, **given}


@dataclass
class Running:
    """A service that answers; `told` is what it said before."""

    process: "subprocess.Popen[str]"
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
def stateward(folder: Path, *words: str, root: Path = ROOT, **settings: str) -> Iterator[Running]:
    """A command that serves, from when it says that it answers; it is stopped at the end. `root`: of which tree."""
    errors = folder / "stderr.txt"
    with errors.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", *words],
            cwd=folder,
            env=environment(root, **settings),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        told = ""
        while RUNS not in told:
            line = process.stdout.readline()
            assert line, errors.read_text()
            told += line
        yield Running(process, told, errors)
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()
