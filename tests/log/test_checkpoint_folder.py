"""The folder where checkpoints are published: it only grows, several processes share it, and what is torn stays out."""

import json
import os
from datetime import UTC, datetime

import pytest

from app.db.blobs.checkpoints import CheckpointFolder
from app.domain.log.notes import Checkpoint, signed
from app.services.log.signing import PlaceUnusable
from tests.signing import KEY, published

NOVEMBER = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)


def note(size: int, origin: str = "o/acme") -> str:
    return signed(Checkpoint(origin, size, bytes(32)).text(), [KEY])


def sizes(folder) -> list[int]:
    """In the order of the files."""
    lines = [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines() if line]
    return [int(json.loads(line)["note"].split("\n")[1]) for line in lines]


async def test_a_checkpoint_is_a_line_with_its_moment_and_its_note(tmp_path):
    await CheckpointFolder(tmp_path / "new").append([note(1)], NOVEMBER)
    [file] = (tmp_path / "new").glob("*.jsonl")
    assert file.name == "checkpoints-2026-11.jsonl"
    assert json.loads(file.read_text()) == {"at": "2026-11-30T23:59:00.000000Z", "note": note(1)}


async def test_the_newest_of_each_log_is_found_by_whoever_comes_later(tmp_path):
    folder = CheckpointFolder(tmp_path)
    await folder.append([note(1), note(7, "o/globex")], NOVEMBER)
    await folder.append([note(2)], NOVEMBER)
    assert {origin: size for origin, (size, _) in (await published(tmp_path)).items()} == {"o/acme": 2, "o/globex": 7}


async def test_processes_that_share_it_see_what_the_others_wrote(tmp_path):
    one, other = CheckpointFolder(tmp_path), CheckpointFolder(tmp_path)
    await one.append([note(1)], NOVEMBER)
    assert (await other.latest())["o/acme"].checkpoint.size == 1
    await other.append([note(2)], NOVEMBER)
    assert (await one.latest())["o/acme"].checkpoint.size == 2


async def test_who_comes_late_with_something_older_is_left_out(tmp_path):
    """Its lease ended while it signed."""
    late, other = CheckpointFolder(tmp_path), CheckpointFolder(tmp_path)
    await late.append([note(1)], NOVEMBER)
    await other.latest()
    await other.append([note(5)], NOVEMBER)
    await late.append([note(3)], NOVEMBER)
    assert sizes(tmp_path) == [1, 5]


async def test_the_same_checkpoint_is_there_once(tmp_path):
    folder = CheckpointFolder(tmp_path)
    for _ in range(2):
        await folder.append([note(1)], NOVEMBER)
    assert sizes(tmp_path) == [1]


async def test_a_new_month_begins_with_what_was_newest_so_that_older_files_may_go(tmp_path):
    folder = CheckpointFolder(tmp_path)
    await folder.append([note(1), note(7, "o/globex")], NOVEMBER)
    await folder.append([note(2)], DECEMBER)
    assert sizes(tmp_path) == [1, 7, 1, 7, 2]
    (tmp_path / "checkpoints-2026-11.jsonl").unlink()
    assert {origin: size for origin, (size, _) in (await published(tmp_path)).items()} == {"o/acme": 2, "o/globex": 7}


async def test_a_clock_that_is_behind_writes_where_the_others_do(tmp_path):
    folder = CheckpointFolder(tmp_path)
    await folder.append([note(1)], DECEMBER)
    await folder.append([note(2)], NOVEMBER)
    assert [file.name for file in tmp_path.glob("*.jsonl")] == ["checkpoints-2026-12.jsonl"]
    assert sizes(tmp_path) == [1, 2]


async def test_a_line_that_a_crash_left_unfinished_is_passed_over_and_ended(tmp_path):
    await CheckpointFolder(tmp_path).append([note(1)], NOVEMBER)
    with (tmp_path / "checkpoints-2026-11.jsonl").open("a") as file:
        file.write('{"at": "2026-')
    folder = CheckpointFolder(tmp_path)
    assert (await folder.latest())["o/acme"].checkpoint.size == 1
    await folder.append([note(2)], NOVEMBER)
    assert (await published(tmp_path))["o/acme"][0] == 2


@pytest.mark.parametrize("taken", ["shorter", "gone"])
async def test_a_file_that_lost_something_is_a_problem(tmp_path, taken):
    folder, file = CheckpointFolder(tmp_path), tmp_path / "checkpoints-2026-11.jsonl"
    await folder.append([note(1)], NOVEMBER)
    await folder.latest()
    if taken == "gone":
        file.unlink()
    else:
        os.truncate(file, 10)
    for ask in (folder.latest(), folder.append([note(2)], NOVEMBER)):
        with pytest.raises(PlaceUnusable, match=r"is gone|is shorter"):
            await ask


async def test_a_place_that_is_no_folder_is_a_problem(tmp_path):
    (tmp_path / "file").touch()
    for ask in (CheckpointFolder(tmp_path / "file").latest(), CheckpointFolder(tmp_path / "file").append([], DECEMBER)):
        with pytest.raises(PlaceUnusable, match="cannot be used to publish"):
            await ask
