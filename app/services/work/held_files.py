"""Files that fields are to hold: received before the event that names them, their sender's alone, and gone in a day."""

from collections.abc import AsyncIterator

from app.domain.case.attempt import Actor
from app.domain.case.held_file import HeldFile
from app.domain.verbs.attaching import Attach
from app.services.store.work import Blobs
from app.services.work.uploads import Uploads


class HeldFiles:
    """An upload that is not ended keeps its content until it is a day old."""

    def __init__(self, store: Blobs, uploads: Uploads) -> None:
        self._store = store
        self._uploads = uploads

    async def hold(self, actor: Actor, file: Attach, pieces: AsyncIterator[bytes], announced: int = 0) -> HeldFile:
        """Receive a file of `announced` bytes (0: nobody knows). Raises what `Uploads.receive` does."""
        file.check_name()
        await self._uploads.check_room(actor.tenant, announced)
        received = await self._uploads.receive(actor.tenant, pieces, announced, file.check_type)
        assert received.upload is not None
        held = HeldFile(
            tenant=actor.tenant,
            id=received.upload,
            owner=actor.id,
            file_name=file.file_name,
            sha256=received.sha256,
            size=received.size,
            declared_type=file.declared_type,
            sniffed_type=received.sniffed_type,
        )
        try:
            await self._store.hold_file(held)
        except BaseException:
            await self._uploads.end_or_leave(actor.tenant, received.upload)
            raise
        return held
