"""A form that met the end of a session: nothing of it is stored here, the sign-in page carries it, sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.values.errors import TooLarge
from app.domain.values.json import Json
from app.services.callers.sealing import Sealing

FOR = "a form of "
LASTS = 3600.0
LONGEST = 900_000
"""Characters of a form that is sealed: the ways in take 1 MiB."""
RESTORED = "restored"
"""The field that asks a form's own route to show it again as it was, and to do nothing yet."""
Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a form was sent, what stood in it, and the names of its files, which have to be chosen again."""

    path: str
    fields: Fields
    files: Sequence[str] = ()


class KeptForms:
    """Sealed for an hour, for one person of one tenant: whoever else signs in there opens nothing."""

    def __init__(self, sealing: Sealing) -> None:
        self._sealing = sealing

    def seal(self, kept: Kept, tenant: str, subject: str) -> str:
        """Raises TooLarge."""
        fields: Json = {name: list(values) for name, values in kept.fields.items()}
        told: Json = {"path": kept.path, "fields": fields, "files": list(kept.files)}
        sealed = self._sealing.seal(f"{FOR}{tenant} {subject}", told, LASTS)
        if len(sealed) > LONGEST:
            raise TooLarge("this is too large to be carried by the sign-in page")
        return sealed

    def open(self, text: str, tenant: str, subject: str) -> Kept | None:
        """None where it is of somebody else, or too old."""
        told = self._sealing.open(f"{FOR}{tenant} {subject}", text) if text else None
        return Kept(told["path"], told["fields"], told["files"]) if isinstance(told, dict) else None
