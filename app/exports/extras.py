"""Formats whose library is an extra: it is large, or wants something from the system."""

from importlib import import_module
from types import ModuleType
from typing import Final

LIBRARIES: Final = {"pdf": "weasyprint", "parquet": "polars"}
"""By format, which is the name of the extra too."""


class Missing(Exception):
    """Says what to install."""


def library(kind: str) -> ModuleType | None:
    """What writes a format, None where that takes no extra. Raises Missing."""
    name = LIBRARIES.get(kind)
    if name is None:
        return None
    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise Missing(f"{kind} takes {name}: pip install 'stateward[{kind}]'") from None
    except OSError as error:
        told = str(error).splitlines()[0]
        raise Missing(f"{kind} takes {name}, which finds a library of the system not: {told}") from None
