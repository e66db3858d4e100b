"""`stateward migrate`: bring the database to the schema of this release."""

import argparse

from app.commands.terminal.failing import CommandFailed
from app.db.schema.migrate import MigrationRefused, migrate
from app.services.store.failures import StoreUnavailable
from app.settings import Settings


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        await migrated(settings.database_url.get_secret_value(), settings.migrate_url.get_secret_value())
    except StoreUnavailable as error:
        if settings.migrate_url == settings.database_url:
            raise
        sentence = f"the database cannot be migrated ({error}); is STATEWARD_MIGRATE_URL right?"
        raise CommandFailed(sentence) from None
    print("the schema is up to date")
    return 0


async def migrated(url: str, migrate_url: str | None = None) -> None:
    """Migrate, for whichever command does it. Raises StoreUnavailable, and CommandFailed where it is refused."""
    try:
        await migrate(url, migrate_url)
    except MigrationRefused as error:
        raise CommandFailed(str(error)) from None
