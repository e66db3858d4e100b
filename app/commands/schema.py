"""`stateward schema`: what a case type or a calendar may hold, for editors."""

import argparse
import sys
from pathlib import Path

DOMAIN = Path(__file__).parents[1] / "domain" / "definition"


def run(arguments: argparse.Namespace) -> int:
    sys.stdout.write((DOMAIN / f"{arguments.kind}.schema.json").read_text(encoding="utf-8"))
    return 0
