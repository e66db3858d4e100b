"""What a monitor counts: metrics of this process, or of all workers together where they share a folder.

`prometheus_client` decides at its import whether workers share a folder, so nothing here imports it.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
LOOK_EVERY: Final = 1.0
"""Seconds between two looks at how full a process is."""
IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108


@contextmanager
def merged_metrics() -> Iterator[None]:
    """Let the workers that are started meanwhile write into one folder, so that each tells the counts of all.

    Counts of a worker that has ended stay; its gauges go.
    """
    place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="stateward-metrics-", dir=place, ignore_cleanup_errors=True) as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]
