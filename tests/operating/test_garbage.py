"""A process looks for garbage when it has grown much, and not again until it has once more."""

from app.services.process.garbage import MOST, Garbage, resident


async def test_it_looks_once_the_process_has_grown_by_so_much_and_begins_anew_from_there() -> None:
    memory, looks = [0], []
    garbage = Garbage(lambda: memory[0], lambda: looks.append(memory[0]))
    for now in (MOST, MOST + 1, 2 * MOST, 2 * MOST + 1, 2 * MOST + 2):
        memory[0] = now
        await garbage.look()
    assert looks == [MOST + 1, 2 * MOST + 2]


async def test_memory_that_was_given_back_counts_again() -> None:
    memory, looks = [3 * MOST], []
    garbage = Garbage(lambda: memory[0], lambda: looks.append(memory[0]))
    await garbage.look()
    for now in (MOST, 2 * MOST, 2 * MOST + 1):
        memory[0] = now
        await garbage.look()
    assert looks == [3 * MOST, 2 * MOST + 1]


def test_a_process_takes_some_memory() -> None:
    assert 2**20 < resident() < 2**40
