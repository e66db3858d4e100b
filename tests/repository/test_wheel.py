"""The wheel holds all that the service runs on, and runs where no checkout is near."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app import __version__
from app.commands.demo.demo import settled
from app.settings import load_settings
from tests.running import ROOT, SECRET

FOLDERS = ("app", "migrations", "machines", "policies")
DATA = f"stateward-{__version__}.data/data/"
BUILT = "from setuptools import build_meta; build_meta.build_wheel('built')"


def ran(folder: Path, *words: str, **variables: str) -> str:
    """What Python prints, run with none of our settings but these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STATEWARD_", "PYTHONPATH"))}
    given = [sys.executable, *words]
    return subprocess.run(given, cwd=folder, env=kept | variables, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built of a copy, since a build leaves its traces beside the sources."""
    source = tmp_path_factory.mktemp("source")
    shutil.copy(ROOT / "pyproject.toml", source)
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    ran(source, "-c", BUILT)
    [found] = (source / "built").glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where its packages lie, laid out as an installer does."""
    prefix = tmp_path_factory.mktemp("prefix")
    packages = prefix / "lib" / "site-packages"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(packages)
    shutil.copytree(packages / DATA, prefix, dirs_exist_ok=True)
    return packages


def test_the_wheel_holds_every_file_of_the_four_folders_and_nothing_else_of_ours(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    files = [path.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    wanted = {str(path) for path in files if "__pycache__" not in path.parts}
    shared = {name if name.startswith("app/") else f"{DATA}share/stateward/{name}" for name in wanted}
    assert {name for name in held if ".dist-info/" not in name} == shared
    assert len([name for name in shared if "/migrations/versions/" in name]) > 4


def test_the_distribution_has_our_name_and_brings_the_command(wheel: Path) -> None:
    packed = zipfile.ZipFile(wheel)
    said = {name.rpartition("/")[2]: packed.read(name).decode() for name in packed.namelist() if ".dist-info/" in name}
    assert re.findall(r"^(?:Name|Version): (.+)$", said["METADATA"], re.MULTILINE) == ["stateward", __version__]
    assert said["top_level.txt"].split() == ["app"]
    assert "stateward = app.__main__:main" in said["entry_points.txt"]


def test_what_is_installed_migrates_and_checks_its_own_examples_from_an_empty_folder(
    installed: Path, tmp_path: Path
) -> None:
    shared = installed.parents[1] / "share" / "stateward"
    given = {"PYTHONPATH": str(installed), "STATEWARD_JWT_SECRET": SECRET}
    assert ran(tmp_path, "-m", "app", "--version", **given) == f"stateward {__version__}\n"
    assert ran(tmp_path, "-m", "app", "migrate", **given) == "the schema is up to date\n"
    where = ran(tmp_path, "-c", "import app; print(app.__file__)", **given)
    assert where.strip() == str(installed / "app" / "__init__.py")
    checked = ran(tmp_path, "-m", "app", "check", str(shared / "machines"), str(shared / "policies"), **given)
    assert checked.splitlines()[-1] == "3 case types, 1 calendars, 3 policy files: 0 errors, 0 warnings"


def test_a_demo_without_folders_of_its_own_shows_those_that_are_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MACHINES", "POLICIES", "DATABASE_URL", "JWT_SECRET"):
        monkeypatch.setenv(f"STATEWARD_{name}", "")  # an empty variable is none, and what the demo sets goes afterwards
    monkeypatch.chdir(tmp_path)
    shown, _ = settled(load_settings(), tmp_path)
    assert (shown.machines, shown.policies) == (ROOT / "machines", ROOT / "policies")
    (tmp_path / "machines").mkdir()
    monkeypatch.setenv("STATEWARD_MACHINES", "")
    monkeypatch.setenv("STATEWARD_POLICIES", "mine")
    shown, _ = settled(load_settings(), tmp_path)
    assert (shown.machines, shown.policies) == (Path("machines"), Path("mine"))
