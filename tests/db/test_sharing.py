"""One SQLite file with a rollback journal: readers together, or one who commits, each in turn."""

import asyncio

from app.db.sqlite import sharing
from app.db.sqlite.sharing import Sharing


async def begun(task: "asyncio.Task[None]") -> bool:
    for _ in range(5):
        await asyncio.sleep(0)
    return task.done()


async def read(file: Sharing) -> None:
    async with file.reading():
        pass


async def commit(file: Sharing) -> None:
    async with file.committing():
        pass


async def test_a_commit_waits_for_those_who_read_and_whoever_comes_meanwhile_waits_for_the_commit():
    file = Sharing(in_turn=True)
    async with file.reading():
        await read(file)
        committing = asyncio.create_task(commit(file))
        assert not await begun(committing)
        coming = asyncio.create_task(read(file))
        assert not await begun(coming)
    assert await begun(committing)
    assert await begun(coming)


async def test_a_commit_that_fails_lets_readers_in_again():
    file = Sharing(in_turn=True)
    try:
        async with file.committing():
            raise ValueError
    except ValueError:
        await read(file)


async def test_a_reader_who_gives_up_is_not_waited_for():
    file, forever = Sharing(in_turn=True), asyncio.Event()

    async def reading() -> None:
        async with file.reading():
            await forever.wait()

    task = asyncio.create_task(reading())
    await begun(task)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await begun(asyncio.create_task(commit(file)))


async def test_a_reader_who_never_ends_is_left_to_sqlite_to_tell(monkeypatch):
    monkeypatch.setattr(sharing, "LONGEST", 0)
    file = Sharing(in_turn=True)
    async with file.reading(), asyncio.timeout(5):
        await commit(file)


async def test_with_a_wal_nobody_waits():
    file = Sharing(in_turn=False)
    async with file.committing(), file.reading():
        assert await begun(asyncio.create_task(read(file)))
    async with file.reading():
        assert await begun(asyncio.create_task(commit(file)))
