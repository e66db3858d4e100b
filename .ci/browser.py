"""Print the path of a Chromium for the tests; install one where there is none (with --find: only look).

Plain Python, so that it runs before anything is installed. Looks at $CHROMIUM, PATH and .cache; installs with
apt-get where this is root on Debian, else unpacks the npm package @sparticuz/chromium into .cache.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

CACHE = Path(__file__).resolve().parent.parent / ".cache" / "chromium"
CACHED = CACHE / "chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NPM_PACKAGE = "@sparticuz/chromium@153.0.0"
NPM_SHA256 = "20e5656fcdcf4118ede85edfb9d6bb9cc1bbb7ffb8b75622fffbcf36a835c3c0"
UNBROTLI = (
    "const fs = require('fs'), zlib = require('zlib'), [from, to] = process.argv.slice(1);"
    "fs.createReadStream(from).pipe(zlib.createBrotliDecompress()).pipe(fs.createWriteStream(to));"
)
# The package is made for machines without these libraries and fonts: they come along and are found by the wrapper.
WRAPPER = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" FONTCONFIG_PATH="$here"
exec "$here/chromium.bin" "$@"
"""
# Its own fonts.conf names folders of a cloud function; without a font every text is 0 pixels high.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""
NONE = (
    "The tests need Chromium and found none: install Debian's `chromium`, or set CHROMIUM to its path "
    "(it installs itself for root on Debian, and wherever npm is)."
)


def main() -> int:
    path = find() or (None if "--find" in sys.argv else install())
    if path is None:
        print(NONE, file=sys.stderr)
        return 1
    print(path)
    return 0


def find() -> str | None:
    """A Chromium that is there already; one named by $CHROMIUM must exist."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    on_path = (shutil.which(name) for name in NAMES)
    return next((path for path in on_path if path), None) or shutil.which(CACHED)


def install() -> str | None:
    """Try apt-get, then npm, as far as they are here; each says on stderr why it failed."""
    if os.environ.get("CHROMIUM"):
        return None
    ways = {_from_apt: os.geteuid() == 0 and shutil.which("apt-get"), _from_npm: shutil.which("npm")}
    for way in (way for way, possible in ways.items() if possible):
        try:
            way()
        except (subprocess.CalledProcessError, OSError) as error:
            print(error, file=sys.stderr)
        if path := find():
            return path
    return None


def _from_apt() -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-q"]
    _run([*apt, "update"], env=environment)
    _run([*apt, "install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"], env=environment)


def _from_npm() -> None:
    """Unpack next to its final place and rename, so that a broken attempt is never found."""
    unpacked = CACHE.with_suffix(".part")
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir(parents=True)
    _run(["npm", "pack", "--silent", NPM_PACKAGE], cwd=unpacked)
    archive = next(unpacked.glob("*.tgz"))
    if hashlib.sha256(archive.read_bytes()).hexdigest() != NPM_SHA256:
        raise OSError(f"{NPM_PACKAGE} from npm is not the package that was tested")
    _extract(archive, unpacked)
    _assemble(unpacked / "package" / "bin", unpacked)
    archive.unlink()
    shutil.rmtree(unpacked / "package")
    shutil.rmtree(CACHE, ignore_errors=True)
    unpacked.rename(CACHE)


def _assemble(packed: Path, into: Path) -> None:
    for name in ("al2023.tar", "fonts.tar", "swiftshader.tar"):
        _unbrotli(packed / f"{name}.br", into / name)
        _extract(into / name, into)
        (into / name).unlink()
    _unbrotli(packed / "chromium.br", into / "chromium.bin")
    (into / "chromium").write_text(WRAPPER)
    (into / "fonts.conf").write_text(FONTS)
    for name in ("chromium", "chromium.bin"):
        (into / name).chmod(0o755)


def _extract(archive: Path, into: Path) -> None:
    shutil.unpack_archive(archive, into)


def _unbrotli(packed: Path, to: Path) -> None:
    _run(["node", "-e", UNBROTLI, str(packed), str(to)])


def _run(command: list[str], **options: object) -> None:
    """Run with its output on stderr, because stdout is for the path alone."""
    subprocess.run(command, check=True, stdout=sys.stderr, **options)  # type: ignore[call-overload]


if __name__ == "__main__":
    sys.exit(main())
