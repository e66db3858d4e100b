"""Read the declared folders beside the cases of the database, which may stand on versions that no file has any more."""

import sys
from pathlib import Path

from app.commands.opening.declared import Declared, read_folders
from app.db import open_store
from app.db.connections.urls import names_sqlite, sqlite_file
from app.domain.declaring.checks.standing import NONE, Versions
from app.services.store.failures import StoreUnavailable
from app.settings import Settings


async def read_beside_cases(settings: Settings, machines: Path, policies: Path) -> Declared:
    """As `read_folders`; a database that cannot be asked is told on stderr, one that is not there yet has no cases."""
    alone = read_folders(machines, policies)
    versions = await _standing(settings, alone)
    return read_folders(machines, policies, versions) if versions else alone


async def _standing(settings: Settings, found: Declared) -> Versions:
    url = settings.database_url.get_secret_value()
    if not _is_there(url):
        return NONE
    from app.services.definitions.standing_versions import standing  # needs all that the database does

    store = open_store(url, settings.pool_size)
    try:
        problems = await store.problems()
        if not problems:
            return await standing(store, {one.hash() for one in found.case_types.values()})
    except StoreUnavailable as error:
        problems = [str(error)]
    finally:
        await store.close()
    print(f"stateward: the cases of the database were not looked at: {problems[0]}", file=sys.stderr)
    return NONE


def _is_there(url: str) -> bool:
    if not names_sqlite(url):
        return True
    name = sqlite_file(url)
    return name is not None and (name.startswith("file:") or Path(name).is_file())
