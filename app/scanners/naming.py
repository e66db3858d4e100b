"""Which scanner it is that an operator names."""

from app.scanners.command import CommandScanner
from app.scanners.icap import SCHEME, IcapScanner
from app.services.work.scanning import Scanner


def scanner_of(told: str) -> Scanner:
    """The scanner that `STATEWARD_SCAN` names; ValueError where it names none."""
    return IcapScanner.at(told) if told.startswith(SCHEME) else CommandScanner.of(told)
