"""What `stateward export` and `verify` take; words only, as all of `arguments.py`."""

import argparse
from pathlib import Path
from typing import Final

EXPORTED_AS: Final = (
    *("zip", "jsonl", "csv", "xlsx", "parquet", "xes", "ocel"),
    *("html", "pdf", "access", "exceptions"),
)
LANGUAGES: Final = ("en", "de")


def export(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Write a tenant's log to OUT, with the values behind its commitments: as a zip that proves itself, as JSON "
        "lines, as CSV, XLSX or Parquet, or for process mining as XES or OCEL. Filters narrow it; one that may be "
        "given several times means any of them. That it was exported, by whom, and with which filter, is an entry of "
        "the log. OUT is readable by you alone; - is stdout. Beside what is no zip OUT.sha256.json says what it is, "
        "and is signed."
    )
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--tenant", required=True)
    parser.add_argument(
        "--format",
        choices=EXPORTED_AS,
        default="zip",
        metavar="FORMAT",
        help=f"{', '.join(EXPORTED_AS)} (default: zip)",
    )
    for name, told in (
        ("case-type", "of cases of this type"),
        ("case", "of the case with this id"),
        ("actor", "of what user:NAME did, or what was done for them"),
        ("kind", "of this kind, such as transition or denied"),
    ):
        parser.add_argument(
            f"--{name}", action="append", default=[], help=f"entries {told}; may be given several times"
        )
    parser.add_argument("--from", dest="since", metavar="WHEN", help="recorded then or later: a day (UTC), or a moment")
    parser.add_argument("--to", dest="until", metavar="WHEN", help="recorded before then")
    parser.add_argument("--at", metavar="WHEN", help="of access: who could do what on that day, or at that moment")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of html and pdf (default: en)")
    parser.add_argument("--sample", type=int, metavar="N", help="of N cases alone, drawn from those with such entries")
    parser.add_argument("--seed", metavar="TEXT", help="decides which: the same text draws the same cases again")
    parser.add_argument("--files", action="store_true", help="with the attached files (zip)")
    parser.add_argument(
        "--unsigned", action="store_true", help="also what is newer than the newest checkpoint, and so not signed yet"
    )


def verify(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Verify an export, without a server, a database or the internet. Exit 0: nothing is wrong, and a key that you "
        "gave signed all of it; 1: something is wrong, and where; 2: it cannot be read; 3: nothing is wrong in itself, "
        "but no key that you gave signed (all of) it."
    )
    parser.add_argument("export", metavar="EXPORT")
    parser.add_argument("--key", action="append", metavar="KEY", help="the log's public key, or a file of keys")
    parser.add_argument(
        "--witness", action="append", metavar="KEY", help="the public key of a witness, or a file of them"
    )
    parser.add_argument(
        "--checkpoint", action="append", metavar="NOTE", help="a checkpoint that you kept, or published ones: a file"
    )
    parser.add_argument(
        "--receipt", action="append", metavar="R", help="a receipt's entry_hash, or a file with receipts"
    )
    parser.add_argument(
        "--sidecar", metavar="FILE", help="of a file that is no zip (default: EXPORT.sha256.json beside it)"
    )
    parser.add_argument("--json", action="store_true", help="the verdict as JSON")
    parser.add_argument("--decide", action="store_true", help="decide each transition again by the enclosed definition")
