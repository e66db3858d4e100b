"""The files of the pages, in memory: one stylesheet, one script, what is vendored. A name carries its hash."""

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from app.domain.values.errors import NotFound
from app.ui.frame.brand import Brand
from app.ui.frame.frame import frame_of

FOLDER = Path(__file__).parent.parent / "static"
FIRST = ("tokens.css", "base.css", "components.css")
MEDIA_TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "png": "image/png",
}
FOR_GOOD = "public, max-age=31536000, immutable"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
IMPORTED = re.compile(r'from "\./([\w.]+)"')


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    media_type: str
    packed: bytes | None


@dataclass(frozen=True, slots=True)
class Assets:
    """`paths` by the plain name, as `pages.css`; `files` by the name with the hash."""

    paths: Mapping[str, str]
    files: Mapping[str, Asset]


@cache
def assets(brand: Brand) -> Assets:
    """Read and packed once in a process."""
    paths: dict[str, str] = {}
    files: dict[str, Asset] = {}
    sources = {**_vendored(), "mark.svg": (FOLDER / "mark.svg").read_bytes()}
    sources["pages.css"] = (stylesheet() + brand.style()).encode()
    if brand.logo is not None:
        sources[f"logo.{brand.logo.suffix.lower()[1:]}"] = brand.logo.read_bytes()
    for name, content in sources.items():
        _keep(name, content, paths, files)
    _keep("pages.js", _script(paths).encode(), paths, files)
    return Assets(paths, files)


def stylesheet() -> str:
    """Every file of the rooms as one, without what only its writers read."""
    named = {path.name: path for path in (FOLDER / "css").glob("*.css")}
    order = [*FIRST, *sorted(set(named) - set(FIRST))]
    return "".join(_short(named[name].read_text(encoding="utf-8")) for name in order)


def _short(css: str) -> str:
    lines = (line.strip() for line in COMMENT.sub("", css).splitlines())
    joined = " ".join(line for line in lines if line)
    return re.sub(r"\s*([{};,])\s*", r"\1", joined).replace(";}", "}") + "\n"


def _script(paths: Mapping[str, str]) -> str:
    """The scripts as one module; what they import by its plain name has another one here."""
    sources = sorted((FOLDER / "js").glob("*.js"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    return IMPORTED.sub(lambda found: f'from "{paths[found[1]]}"', text)


def _vendored() -> dict[str, bytes]:
    folder = FOLDER / "vendor"
    locked = json.loads((folder / "lock.json").read_text())
    return {one["file"]: (folder / one["file"]).read_bytes() for one in locked if one["file"].endswith(".js")}


def _keep(name: str, content: bytes, paths: dict[str, str], files: dict[str, Asset]) -> None:
    stem, _, kind = name.rpartition(".")
    hashed = f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}.{kind}"
    packed = None if kind == "png" else gzip.compress(content, mtime=0)
    files[hashed] = Asset(content, MEDIA_TYPES[kind], packed)
    paths[name] = f"/static/{hashed}"


@get("/static/{name:str}", include_in_schema=False)
async def static_file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """For everybody: the page that people sign in on needs it."""
    found = frame_of(request).assets.files.get(name)
    if found is None:
        raise NotFound("no such file")
    headers = {"cache-control": FOR_GOOD, "vary": "accept-encoding"}
    if found.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        return Response(found.packed, media_type=found.media_type, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)
