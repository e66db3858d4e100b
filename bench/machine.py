"""What the figures were measured on, in one line."""

import os
import platform
from pathlib import Path

from app.db.connections.sqlite_library import sqlite3


def facts() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores ({_processor()}), Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
