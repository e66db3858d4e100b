"""A place for the databases that are measured: on a disk, because in memory a durable commit would cost nothing."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.servers import ROOT

IN_MEMORY = ("tmpfs", "ramfs")


@contextmanager
def a_folder() -> Iterator[Path]:
    """A folder that is gone afterwards; raises where no disk is found."""
    ours = ROOT / ".cache"
    ours.mkdir(exist_ok=True)
    # PostgreSQL does not run as root, and its own user may not see into root's home.
    places = [*([] if os.geteuid() == 0 else [ours]), Path(tempfile.gettempdir()), Path("/var/tmp"), ours]
    on_disk = [place for place in places if place.is_dir() and _file_system(place) not in IN_MEMORY]
    if not on_disk:
        raise RuntimeError(f"none of {', '.join(map(str, places))} is on a disk, so durable commits would cost nothing")
    with tempfile.TemporaryDirectory(prefix="stateward-bench-", dir=on_disk[0], ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _file_system(place: Path) -> str:
    if not shutil.which("df"):
        return "unknown"
    told = subprocess.run(["df", "--output=fstype", place], capture_output=True, text=True, check=False).stdout.split()
    return told[-1] if told else "unknown"
