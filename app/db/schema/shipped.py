"""Where the folders are that are shipped beside the package: the migrations, and the examples of what is declared."""

from pathlib import Path

PACKAGE = Path(__file__).parents[2]
SHARED = Path("share", "stateward")


def shipped(folder: str) -> Path:
    """`migrations`, `machines` or `policies`: in a checkout beside the package, else where a wheel puts data."""
    if (PACKAGE.parent / "pyproject.toml").is_file():
        return PACKAGE.parent / folder
    for above in PACKAGE.parents:
        if (found := above / SHARED / folder).is_dir():
            return found
    raise FileNotFoundError(f"{SHARED / folder} is missing beside {PACKAGE}: install Stateward again")
