"""Files that somebody sent and that no case has yet."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.rows.uuid_moments import first_of
from app.db.tables.work import ATTACHMENT, BLOB, UPLOAD
from app.domain.case.held_file import HeldFile
from app.services.store.stored import FileKey

U = UPLOAD.c
_ATTACHED = select(1).where(ATTACHMENT.c.tenant == U.tenant, ATTACHMENT.c.id == U.upload)
_OF = UPLOAD.join(BLOB, and_(BLOB.c.tenant == U.tenant, BLOB.c.sha256 == U.sha256))
_WORDS = (U.owner, U.file_name, U.declared_type, U.sniffed_type)
_HELD = (
    select(U.tenant, U.upload.label("id"), *_WORDS, BLOB.c.sha256, BLOB.c.size)
    .select_from(_OF)
    .where(U.owner.is_not(None), ~_ATTACHED.exists())
)


async def held(connection: AsyncConnection, named: Collection[FileKey], since: datetime) -> Mapping[FileKey, HeldFile]:
    """Those of these that were sent since a moment."""
    wanted = _HELD.where(tuple_(U.tenant, U.upload).in_(sorted(named)), U.upload >= first_of(since))
    files = [HeldFile(**row) for row in (await connection.execute(wanted)).mappings()]
    return {(file.tenant, file.id): file for file in files}
