"""Bring app/ui/words up to what the pages say: new sentences come in, those that nobody says any more go.

Called by `make words`; prints what each language lacks, and exits with 1 where it lacks something.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from babel.messages.pofile import read_po, write_po

from app.ui.frame.words import FOLDER
from tests.ui.said import lacking, said


def main() -> int:
    code = 0
    for file in sorted(FOLDER.glob("*.po")):
        with file.open("rb") as opened:
            catalog = read_po(opened, locale=file.stem)
        catalog.update(said(), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with file.open("wb") as opened:
            write_po(opened, catalog, sort_output=True, no_location=True, omit_header=True, width=120)
        for sentence in lacking(file):
            print(f"{file.stem} lacks: {sentence}")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
