"""Read the bytes of attachments for a command, from the database or from the folder of the settings."""

from collections.abc import AsyncIterator

from app.db.blobs.folder import AttachmentFolder
from app.services.log.enclosed_files import FileLost, NoFiles
from app.services.store.ports import Store
from app.services.store.scans import INFECTED
from app.services.work.contents import InDatabase, Missing


class StoredFiles:
    def __init__(self, store: Store, folder: AttachmentFolder | None) -> None:
        self._store = store
        self._database = InDatabase(store)
        self._folder = folder

    async def pieces(self, tenant: str, sha256: str) -> AsyncIterator[bytes]:
        """Raises FileLost and NoFiles."""
        blob = await self._store.blob(tenant, sha256)
        if blob is None:
            raise FileLost("its bytes are gone")
        if await self._store.scan_state(tenant, sha256) == INFECTED:
            raise FileLost("a scanner found it harmful")
        source = self._database if blob.upload else self._folder
        if source is None:
            raise NoFiles("STATEWARD_ATTACHMENTS is not set for this command, and files are in its folder")
        try:
            async for piece in source.read(tenant, blob):
                yield piece
        except (Missing, OSError):
            raise FileLost("its bytes cannot be read") from None
