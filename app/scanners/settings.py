"""What an operator sets of looking into files."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings


def _naming_a_scanner(told: str) -> str:
    from app.scanners.naming import scanner_of  # needs the store, and every command reads the settings

    scanner_of(told)
    return told


class ScanSettings(BaseSettings):
    """The part of the settings that the scanner reads."""

    scan: Annotated[str, AfterValidator(_naming_a_scanner)] | None = Field(
        default=None,
        description="a command that can be run, such as clamdscan --no-summary -, or an address such as"
        " icap://127.0.0.1:1344/avscan",
    )
