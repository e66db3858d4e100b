"""`python -m app` and the `stateward` command."""

import sys


def main() -> int:
    """The command; a Ctrl-C is no fault, also while what it needs is being imported, which takes a second."""
    try:
        from app.main import main as run

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
