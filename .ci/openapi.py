"""Write docs/openapi.json, the contract with those who build on the API. Called by `make openapi`.

Refuses what would break them, unless the version of the API (app/http/openapi/docs.py) is another one.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.breaking import breaks
from tests.contract import COMMITTED, committed, served, written


def main() -> int:
    document = served()
    if COMMITTED.exists() and committed()["info"]["version"] == document["info"]["version"]:
        broken = breaks(committed(), document)
        if broken:
            print("This breaks callers, so the version of the API (VERSION in app/http/openapi/docs.py) has to change:")
            print("\n".join(f"  {told}" for told in broken))
            return 1
    COMMITTED.write_text(written(document), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
