"""What somebody asks for who has a log exported."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.values.json import Json
from app.services.entries.identity import new_id
from app.services.log.export_filter import ExportFilter
from app.services.log.sampling import Draw


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks for which entries of whose log, in which format; `keys` are the public ones of those who sign it.

    `unsigned`: also for what is newer than the newest checkpoint. `who` is the operator as the log names them, unless
    it is somebody who called. By `id` the entries about an export belong together. `draw`: of a sample of the cases
    alone. `during`: the time that is asked about, from and until, where a format tells of one. `language`: of
    sentences.
    """

    tenant: str
    wanted: ExportFilter
    format: str
    operator: str
    keys: Sequence[str] = ()
    unsigned: bool = False
    who: Json = None
    id: str = field(default_factory=new_id)
    request_id: str | None = None
    draw: Draw | None = None
    during: tuple[datetime, datetime] | None = None
    language: str = "en"
