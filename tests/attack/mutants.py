"""Take out one check of who may do what at a time, and name the test that notices: `python -m tests.attack.mutants`.

Each mutant lives in a copy of the tree. Its tests run in a fork of this process, which has loaded the libraries.
"""

import argparse
import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from tests.attack.mutant_rules import Mutant, mutants
from tests.attack.mutant_tests import EQUIVALENT, PLAN, Tests

ROOT = Path(__file__).resolve().parents[2]
LOADED_ONCE = ("litestar.testing", "sqlmodel", "casbin", "transitions", "alembic.command", "jwt", "httpx")
FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/\S+?)(?:\[.*)?(?: - .*)?$", re.MULTILINE)
NOTHING_RAN = 5
"""The exit code of pytest where no test was chosen."""


@dataclass(frozen=True)
class Verdict:
    mutant: Mutant
    killed_by: str | None
    equivalent: str | None
    seconds: float

    @property
    def survived(self) -> bool:
        return self.killed_by is None and self.equivalent is None

    def __str__(self) -> str:
        what = "killed  " if self.killed_by else "same    " if self.equivalent else "SURVIVED"
        return f"{what} {self.mutant.name}  [{self.killed_by or self.equivalent or 'no test noticed'}]"


def tried(found: Sequence[Mutant]) -> Iterator[Verdict]:
    """A verdict per mutant; raises where the tests fail without any."""
    for name in LOADED_ONCE:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory(prefix="stateward-mutants-", dir="/tmp") as folder:
        copy = Path(folder)
        _copy_tree(copy)
        for mutant in found:
            yield _tried(mutant, copy)


def _copy_tree(copy: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)


def _tried(mutant: Mutant, copy: Path) -> Verdict:
    began, reason = time.monotonic(), _equivalent(mutant)
    if reason is not None:
        return Verdict(mutant, None, reason, 0.0)
    file = copy / mutant.file
    whole = file.read_text(encoding="utf-8")
    file.write_text(mutant.text, encoding="utf-8")
    try:
        killer = _killer(_plan(mutant.file), copy)
    finally:
        file.write_text(whole, encoding="utf-8")
    if killer is not None:
        _check_sound(killer, copy)
    return Verdict(mutant, killer, None, time.monotonic() - began)


@cache
def _check_sound(killer: str, copy: Path) -> None:
    """A test that fails without any mutant has noticed nothing."""
    if _killer(Tests((killer,), ""), copy) is not None:
        raise RuntimeError(f"{killer} fails although nothing was taken out")


def _equivalent(mutant: Mutant) -> str | None:
    return next((why for file, old, why in EQUIVALENT if file == mutant.file and old in mutant.old), None)


def _plan(file: str) -> Tests:
    return next(tests for pattern, tests in PLAN if fnmatch(file, pattern))


def _killer(tests: Tests, copy: Path) -> str | None:
    """The first test that fails, or None where all pass."""
    output = copy / "output"
    child = os.fork()
    if child == 0:
        os._exit(_run(tests, copy, output))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    told = output.read_text(encoding="utf-8", errors="replace")
    if code == NOTHING_RAN:
        raise RuntimeError(f"no test was chosen: {tests}")
    named = FAILED.search(told)
    if code != 0 and named is None:
        raise RuntimeError(f"pytest ended with {code} and named no test: {told[-2000:]}")
    return named[1] if named else None


def _run(tests: Tests, copy: Path, output: Path) -> int:
    """In the child: forget this tree, and run the tests of the other one."""
    with output.open("w") as told:
        os.dup2(told.fileno(), 1)
        os.dup2(told.fileno(), 2)
    os.chdir(copy)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("tests", "app")]:
        del sys.modules[name]
    sys.path[:] = [str(copy), *(path for path in sys.path if path and Path(path).resolve() != ROOT)]
    os.environ.update(PYTHONPATH=str(copy), LONG="1")
    chosen = ["-k", tests.which] if tests.which else []
    quick = [
        "-x",
        "-q",
        "-rfE",
        "--tb=no",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
        "--rootdir",
        str(copy),
    ]
    try:
        import pytest

        return int(pytest.main([*quick, *chosen, *map(_argument, tests.files)]))
    except BaseException as error:
        print(repr(error))
        return 99


def _argument(name: str) -> str:
    return name if "/" in name else f"tests/{name}.py"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.attack.mutants", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD", help="only mutants with one of these words in their name")
    parser.add_argument("--list", action="store_true", help="name the mutants and run nothing")
    asked = parser.parse_args()
    found = [one for one in mutants(ROOT) if not asked.words or any(word in one.name for word in asked.words)]
    if asked.list:
        print(*(one.name for one in found), sep="\n")
        return 0
    verdicts = []
    for verdict in tried(found):
        verdicts.append(verdict)
        print(f"{verdict} {verdict.seconds:.0f} s", flush=True)
    survived = sum(one.survived for one in verdicts)
    same = sum(one.equivalent is not None for one in verdicts)
    print(
        f"{len(verdicts)} checks taken out: {len(verdicts) - survived - same} noticed, {same} the same, {survived} not"
    )
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
