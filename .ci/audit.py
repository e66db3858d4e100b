"""Ask the package index for advisories on all locked packages: exit code 1 where there is one, 2 where it is silent."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
FOUND, SILENT = 1, 2


def main() -> int:
    return max(audited(ROOT / ".ci" / lock) for lock in LOCKS)


def audited(lock: Path) -> int:
    options = ["--no-deps", "--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", *options, "-r", str(lock)], capture_output=True, text=True, check=False
    )
    try:
        asked = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        why = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        print(f"{lock.name}: not audited, because the package index does not answer: {why[:200]}")
        return SILENT
    return told(lock.name, asked)


def told(name: str, asked: list[dict[str, Any]]) -> int:
    """Print what was found. A package that the index knows no advisories of, and one it says nothing of, differ."""
    silent = [one["name"] for one in asked if "skip_reason" in one]
    found = [(one, advisory) for one in asked for advisory in one.get("vulns", ())]
    for one, advisory in found:
        mended = ", ".join(advisory.get("fix_versions", ())) or "no version"
        print(f"{name}: {one['name']} {one['version']} has {advisory['id']}, mended in {mended}")
    if silent:
        print(f"{name}: not audited, because the package index says nothing of {len(silent)} of {len(asked)} packages.")
    elif not found:
        print(f"{name}: no advisory is known of any of {len(asked)} packages.")
    return FOUND if found else SILENT if silent else 0


if __name__ == "__main__":
    sys.exit(main())
