"""Verify an export of a Stateward audit log: offline, by this one file, with Python 3.9 or later and nothing else.

    python3 verify.py EXPORT.zip --key KEY [--checkpoint NOTE] [--receipt RECEIPT] [--json]
    python3 verify.py EXPORT.csv --key KEY [--sidecar EXPORT.csv.sha256.json] [--json]

KEY is the public key of the log as its operator publishes it (`NAME+ID+BASE64`), or a file with one key a line. Take
it, and this file, from somewhere else than the export: whoever made a false export enclosed a false key and a false
verifier with it. FORMAT.md, in the export, says what is verified, so that you can write a verifier of your own.

Exit codes: 0 nothing is wrong and a key that you gave signed all of it; 1 something is wrong, and where; 2 it cannot be
read, or was asked wrongly; 3 nothing is wrong in itself, but no key that you gave signed (all of) it.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import struct
import sys
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain, islice
from typing import Any, NamedTuple

VERSION = 1
FORMAT = "stateward-export/1"
SIDECAR = "stateward-sidecar/1"
BESIDE = ".sha256.json"
CLASSES = (
    *("ALTERED", "MISSING", "EXTRA", "REORDERED", "ROLLED_BACK", "UNKNOWN_KEY", "REVOKED_KEY"),
    "DECIDED_OTHERWISE",
)
PROVEN, FOUND, UNREADABLE, UNBOUND = 0, 1, 2, 3
MOST_FINDINGS = 1_000
MOST_MEMBERS = 250_000
MOST_DIRECTORY = 64 << 20
MOST_LINE = 8 << 20
MOST_SMALL = 4 << 20
MOST_NOTE = 1 << 16
MOST_KEPT = 64
CHUNK = 1 << 18
TILE = 256
HASH = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
sha256 = hashlib.sha256


# ---- Ed25519, after RFC 8032, section 5.1 and the code of its section 6 ----------------------------------------------

_P = 2**255 - 19
_Q = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
Point = tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z


def _add(a: Point, b: Point) -> Point:
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % _P, (a[1] + a[0]) * (b[1] + b[0]) % _P
    c, d = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    e, f, g, h = n - m, d - c, d + c, n + m
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(number: int, point: Point) -> Point:
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _add(found, point)
        point = _add(point, point)
        number >>= 1
    return found


def _same(a: Point, b: Point) -> bool:
    return (a[0] * b[2] - b[0] * a[2]) % _P == 0 and (a[1] * b[2] - b[1] * a[2]) % _P == 0


def _x_of(y: int, odd: int) -> int | None:
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if square == 0:
        return None if odd else 0
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P:
        return None
    return _P - x if x & 1 != odd else x


def _point(encoded: bytes) -> Point | None:
    number = int.from_bytes(encoded, "little")
    y, odd = number & ((1 << 255) - 1), number >> 255
    x = _x_of(y, odd) if y < _P else None
    return None if x is None else (x, y, 1, x * y % _P)


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE = _point(_BASE_Y.to_bytes(32, "little"))


def ed25519_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the key with these 32 public bytes signed the message."""
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r, s = _point(public), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or _BASE is None or s >= _Q:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _Q
    return _same(_times(s, _BASE), _add(r, _times(k, a)))


# ---- Keys, signed notes and checkpoints (C2SP signed-note and tlog-checkpoint) ---------------------------------------


_EPOCH = datetime(1970, 1, 1)


class BadNote(ValueError):
    """A key, a note or a checkpoint that is not written as the format says."""


SIGNS, COSIGNS = b"\x01", b"\x04"


class Key(NamedTuple):
    """Of a log (`SIGNS`) or of a witness (`COSIGNS`); until when it signed, and since when it counts no more."""

    name: str
    public: bytes
    kind: bytes = SIGNS
    until: str = ""
    revoked: str = ""

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    @property
    def named(self) -> str:
        return f"{self.name}+{self.id.hex()}"

    @classmethod
    def parse(cls, text: str, kind: bytes = SIGNS) -> Key:
        written, *lived = text.split() or [""]
        parts = written.split("+", 2)  # a name has no plus, base64 may
        if len(parts) != 3:
            raise BadNote("a key is written NAME+ID+BASE64")
        raw, told = _base64(parts[2]), dict(word.partition("=")[::2] for word in lived)
        key = cls(parts[0], raw[1:], kind, told.get("until", ""), told.get("revoked", ""))
        if raw[:1] != kind or len(raw) != 33 or key.id.hex() != parts[1]:
            what = "key" if kind == SIGNS else "key of a witness (type 4)"
            raise BadNote(f"the key {parts[0]!r} is not a whole Ed25519 {what}")
        return key


class Checkpoint(NamedTuple):
    """What a log was, as a note says: how many entries, and the root over them; `signers` are keys that are known,
    `seen` says which witness saw it when (UTC)."""

    where: str
    origin: str
    size: int
    root: bytes
    signers: tuple[Key, ...]
    outside: bool
    seen: tuple[tuple[str, str], ...] = ()

    @property
    def signed_by(self) -> tuple[str, ...]:
        return tuple(key.name for key in self.signers)


def keys_of(text: str, kind: bytes = SIGNS) -> list[Key]:
    return [Key.parse(line, kind) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def read_note(
    note: str, keys: Iterable[Key], witnesses: Iterable[Key] = ()
) -> tuple[str, tuple[Key, ...], tuple[tuple[str, str], ...]]:
    """The text up to the newline before the empty line, which of these keys signed it, and which witnesses when. Raises
    BadNote, also where one of them is said to have signed, and did not."""
    text, empty, signatures = note.rpartition("\n\n")
    if not empty or not signatures.endswith("\n"):
        raise BadNote("it is no signed note: a text, an empty line, signatures")
    known, signers, seen = {(key.name, key.id): key for key in (*keys, *witnesses)}, list[Key](), []
    for line in signatures[:-1].split("\n")[:64]:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        signature = _base64(encoded)
        if dash != "\u2014" or len(signature) < 5:
            raise BadNote("a line of its signatures is none")
        key = known.get((name, signature[:4]))
        if key is None:
            continue
        at = int.from_bytes(signature[4:12], "big") if key.kind == COSIGNS else 0
        said = f"cosignature/v1\ntime {at}\n{text}\n" if key.kind == COSIGNS else f"{text}\n"
        if not ed25519_verifies(key.public, said.encode(), signature[12 if key.kind == COSIGNS else 4 :]):
            raise BadNote(f"it is not signed by {name}, as it says")
        if key.kind == SIGNS:
            signers.append(key)
        elif at < 1 << 37:
            seen.append((name, (_EPOCH + timedelta(seconds=at)).strftime("%Y-%m-%dT%H:%M:%SZ")))
    return text, tuple(signers), tuple(seen)


def read_checkpoint(
    note: str, keys: Iterable[Key], where: str, outside: bool = False, witnesses: Iterable[Key] = ()
) -> Checkpoint:
    """Raises BadNote as read_note does."""
    text, signers, seen = read_note(note, keys, witnesses)
    lines = text.split("\n")
    if len(lines) < 3 or not re.fullmatch(r"0|[1-9][0-9]{0,17}", lines[1]):
        raise BadNote("it is no checkpoint: origin, size, root, an empty line, signatures")
    root = _base64(lines[2])
    if len(root) != HASH:
        raise BadNote("its root has not 32 bytes")
    return Checkpoint(where, lines[0], int(lines[1]), root, signers, outside, seen)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise BadNote("something in it is no base64") from None


# ---- The tree (RFC 6962, section 2.1) --------------------------------------------------------------------------------


class Tree:
    """Leaves are appended, the root is asked for; in the memory of one hash per level."""

    def __init__(self) -> None:
        self.size = 0
        self._perfect: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        self._join(leaf, self.size)
        self.size += 1

    def append_tile(self, hashes: bytes) -> None:
        """Those of 256 leaves at once, where the tree has a number of whole tiles."""
        while len(hashes) > HASH:
            pairs = range(0, len(hashes), 2 * HASH)
            hashes = b"".join([sha256(b"\x01" + hashes[at : at + 2 * HASH]).digest() for at in pairs])
        self._join(hashes, self.size // TILE)
        self.size += TILE

    def _join(self, found: bytes, before: int) -> None:
        """`before`: how many trees of the size of this one stand before it."""
        while before & 1:
            found = sha256(b"\x01" + self._perfect.pop() + found).digest()
            before >>= 1
        self._perfect.append(found)

    def root(self) -> bytes:
        if not self._perfect:
            return EMPTY_ROOT
        root = self._perfect[-1]
        for left in reversed(self._perfect[:-1]):
            root = sha256(b"\x01" + left + root).digest()
        return root


def root_by_proof(index: int, size: int, leaf: bytes, proof: list[bytes]) -> bytes | None:
    """The root to which an inclusion proof leads (RFC 9162, section 2.1.3.2); None where it has not the length."""
    place, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            found = sha256(b"\x01" + step + found).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = sha256(b"\x01" + found + step).digest()
        place, last = place >> 1, last >> 1
    return found if last == 0 else None


def tile_name(number: int, width: int) -> str:
    """Where the hashes of leaves 256 * number and on stand (C2SP tlog-tiles)."""
    thousands, digits = divmod(number, 1000)
    name = f"{digits:03}"
    while thousands:
        thousands, digits = divmod(thousands, 1000)
        name = f"x{digits:03}/{name}"
    return f"tiles/0/{name}" + ("" if width == TILE else f".p/{width}")


# ---- The zip, which may have been made to harm whoever opens it ------------------------------------------------------


class Unreadable(Exception):
    """This is no export, or one that nobody should unpack; str() is a sentence."""


class Damaged(Exception):
    """A file in the zip that cannot be read to its end; `line` is the last that could."""

    def __init__(self, name: str, line: int) -> None:
        super().__init__(f"{name} is damaged" + (f" after line {line}" if line else ""))
        self.name, self.line = name, line


_NAMES = re.compile(
    r"manifest\.json|(entries|values|redactions|proofs)\.ndjson|keys\.txt|FORMAT\.md|verify\.py"
    r"|checkpoints/[0-9]{1,18}\.txt|(definitions|policies)/[0-9a-f]{64}\.json|files/[0-9a-f]{64}|tiles/0/(x[0-9]{3}/)*[0-9]{3}(\.p/[0-9]{1,3})?"
)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


class Archive:
    """Nothing is ever unpacked to a disk, or as a whole into memory."""

    def __init__(self, path: str) -> None:
        _check_directory(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (*_BROKEN, ValueError, UnicodeDecodeError):
            raise Unreadable(f"{path} is no zip file, or a damaged one") from None
        self.members: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            if info.filename in self.members:
                raise Unreadable(f"{path} holds {_shown(info.filename)} twice: two readers would see two files")
            if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Unreadable(f"{path} holds {_shown(info.filename)} in a way that exports are not packed")
            self.members[info.filename] = info
        if not {"manifest.json", "entries.ndjson"} & self.members.keys():
            raise Unreadable(f"{path} is no export: it holds neither manifest.json nor entries.ndjson")

    def strange(self) -> list[str]:
        return [name for name in self.members if not _NAMES.fullmatch(name)]

    def under(self, folder: str) -> list[str]:
        return sorted(name for name in self.members if name.startswith(folder) and _NAMES.fullmatch(name))

    def small(self, name: str, most: int = MOST_SMALL) -> bytes:
        try:
            with self._zip.open(self.members[name]) as stream:
                found = stream.read(most + 1)
        except _BROKEN:
            raise Damaged(name, 0) from None
        if len(found) > most:
            raise Unreadable(f"{name} unpacks to more than {most} bytes: that is none of an export")
        return found

    def pieces(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(self.members[name]) as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
        except _BROKEN:
            raise Damaged(name, 0) from None

    def lines(self, name: str) -> Iterator[bytes]:
        """Without their newlines."""
        number, rest = 0, b""
        try:
            with self._zip.open(self.members[name]) as stream:
                while chunk := stream.read(CHUNK):
                    *whole, rest = (rest + chunk).split(b"\n")
                    for line in whole:
                        number += 1
                        yield line
                    if len(rest) > MOST_LINE:
                        raise Unreadable(f"line {number + 1} of {name} is longer than {MOST_LINE} bytes")
        except _BROKEN:
            raise Damaged(name, number) from None
        if rest:
            yield rest


def _check_directory(path: str) -> None:
    """The list of what a zip holds is read as a whole, so it may not be long. That of ours is short."""
    try:
        with open(path, "rb") as stream:
            end = stream.seek(0, 2)
            stream.seek(max(0, end - 66_000))
            tail = stream.read()
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from None
    at, counts = tail.rfind(b"PK\5\6"), []
    if at >= 0 and len(tail) >= at + 20:
        counts.append(struct.unpack("<HL", tail[at + 10 : at + 16]))
    at = tail.rfind(b"PK\6\6")
    if at >= 0 and len(tail) >= at + 48:
        counts.append(struct.unpack("<QQ", tail[at + 32 : at + 48]))
    small = [0xFFFF, 0xFFFFFFFF]  # "see the larger record"
    if any((n > MOST_MEMBERS and n != small[0]) or (size > MOST_DIRECTORY and size != small[1]) for n, size in counts):
        raise Unreadable(f"{path} says that it holds more than {MOST_MEMBERS} files: that is none of ours")


def _shown(name: str) -> str:
    return ascii(name[:100])


# ---- What is found ---------------------------------------------------------------------------------------------------


class TooMany(Exception):
    """So much is wrong that the rest says nothing more."""


class Verdict:
    """What is wrong, each with its class and place, and what was looked at."""

    def __init__(self) -> None:
        self.findings: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()
        self.notes: list[str] = []
        self.told: dict[str, Any] = {}
        self.checkpoints: list[Checkpoint] = []
        self.bound = 0
        self.size = 0
        self.keys_given = False

    def add(self, kind: str, says: str, **place: Any) -> None:
        self.counts[kind] += 1
        self.findings.append({"class": kind, **{k: v for k, v in place.items() if v is not None}, "says": says})
        if len(self.findings) >= MOST_FINDINGS:
            raise TooMany

    @property
    def exit_code(self) -> int:
        if self.findings:
            return FOUND
        return PROVEN if self.keys_given and self.size <= self.bound else UNBOUND

    @property
    def verdict(self) -> str:
        return next((kind for kind in CLASSES if self.counts[kind]), "REDACTED" if self.told.get("redacted") else "OK")

    def latest_outside(self) -> tuple[int, str, str] | None:
        """What was seen last by a witness: how many entries, by whom, and when. Nothing where it does not hold."""
        seen = [(at, one.size, name) for one in self.checkpoints for name, at in one.seen if not self.findings]
        at, size, name = max(seen, default=("", 0, ""))
        return (size, name, at) if name else None

    def to_json(self) -> dict[str, Any]:
        latest = self.latest_outside()
        outside = {"size": latest[0], "witness": latest[1], "at": latest[2]} if latest else None
        return {
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            **self.told,
            "bound": self.bound,
            "latest_outside_time": outside,
            "checkpoints": [
                {
                    "file": one.where,
                    "origin": one.origin,
                    "size": one.size,
                    "signed_by": list(one.signed_by),
                    "seen": [{"witness": name, "at": at} for name, at in one.seen],
                }
                for one in self.checkpoints
            ],
            "counts": dict(self.counts),
            "findings": self.findings,
            "notes": self.notes,
            "verifier": VERSION,
        }


class Entry(NamedTuple):
    """A line of entries.ndjson: the leaf that it says it is, the entry, and the hash of its exact bytes."""

    line: int
    leaf: int
    entry: dict[str, Any]
    hash: bytes
    definition: str | None

    def place(self) -> dict[str, Any]:
        e = self.entry
        return {
            "file": "entries.ndjson",
            "line": self.line,
            "leaf_index": self.leaf,
            "entry_id": e.get("entry_id"),
            "case_id": e.get("case_id"),
            "case_seq": e.get("case_seq"),
        }


# ---- Verifying -------------------------------------------------------------------------------------------------------


class Verification:
    """One run over one export. `outside`: names and lines of files with checkpoints that were kept elsewhere."""

    def __init__(
        self, archive: Archive, keys: list[Key] | None, outside: list[tuple[str, Iterable[str]]], receipts: list[str]
    ) -> None:
        self.archive, self.given, self.outside = archive, keys, outside
        self.receipts = dict.fromkeys(receipts)
        self.verdict = Verdict()
        self.verdict.keys_given = bool(keys)
        self.manifest: dict[str, Any] = {}
        self.definitions: dict[str, dict[str, Any]] = {}
        self.used: set[str] = set()
        self.policies: dict[str, dict[str, Any]] = {}
        self.asked: set[str] = set()
        self.unknown_policies: set[str] = set()
        self.parse: Callable[[bytes], Any] = parsed
        self.witnesses: list[Key] = []
        self.progress: Callable[[int, int], None] = lambda done, of: None
        self.begun: Callable[[Verification], None] = lambda run: None
        self.on_entry: Callable[[Entry, dict[str, str]], None] | None = None

    def run(self) -> Verdict:
        try:
            self._run()
        except Damaged as damaged:
            line = damaged.line + 1 if damaged.line else None
            with suppress(TooMany):
                says = f"{damaged}: the rest of it was not looked at"
                self.verdict.add("ALTERED", says, file=damaged.name, line=line)
        except TooMany:
            self.verdict.notes.append(f"only the first {MOST_FINDINGS} findings are told")
        return self.verdict

    def _run(self) -> None:
        self._members()
        if not self._read_manifest():
            return
        self._read_definitions()
        self._read_checkpoints()
        self.begun(self)
        chains, values, files, lives = Chains(self), Values(self), Files(self), KeyLives(self)
        story: Filtered | Whole = Filtered(self) if self.manifest["filtered"] else Whole(self)
        totals = Totals(self)
        try:
            for entry, sound in story.entries():
                totals.count(entry)
                if entry.entry.get("kind") == "attachment":
                    files.note(entry)
                self._belongs(entry)
                chains.take(entry, story.hash_of(entry), story.partial)
                seen = values.of(entry, sound)
                if self.receipts:
                    self.receipts.pop(entry.hash.hex(), None)
                if sound and (entry.leaf + 1 in lives.sizes or entry.entry.get("kind") == "signing_key"):
                    lives.take(entry)
                if self.on_entry is not None and sound:
                    self.on_entry(entry, seen)
        finally:
            self._tell(values)
        story.end()
        lives.judge(story.holds)
        values.end()
        files.end()
        self._all_there(totals, values)

    def _members(self) -> None:
        for name in self.archive.strange():
            self.verdict.add("EXTRA", f"the export holds a file that the format does not know: {_shown(name)}")
        for name in ("manifest.json", "entries.ndjson", "values.ndjson", "redactions.ndjson"):
            if name not in self.archive.members:
                self.verdict.add("MISSING", f"the export lacks {name}", file=name)

    def _read_manifest(self) -> bool:
        if "manifest.json" not in self.archive.members or "entries.ndjson" not in self.archive.members:
            return False
        manifest = _object(self.archive.small("manifest.json"))
        kinds = {"format": str, "tenant": str, "tree_size": int, "root": str, "entries": int, "filter": dict}
        wrong = [name for name, kind in kinds.items() if not isinstance(manifest.get(name), kind)]
        if wrong or manifest["format"] != FORMAT:
            self.verdict.add(
                "ALTERED", f"manifest.json does not say {wrong or 'that it is ' + FORMAT}", file="manifest.json"
            )
            return False
        manifest["filtered"] = bool(manifest["filter"])
        self.manifest = manifest
        self.verdict.size = manifest["tree_size"]
        unknown = manifest.get("policies_not_enclosed")
        self.unknown_policies = {one for one in unknown if type(one) is str} if type(unknown) is list else set()
        told = ("tenant", "origin", "tree_size", "entries", "filter", "sample", "made_at", "made_by")
        self.verdict.told = {name: manifest.get(name) for name in told}
        return True

    def _read_definitions(self) -> None:
        for name in (*self.archive.under("definitions/"), *self.archive.under("policies/")):
            folder, digest = name.split("/")[0], name.split("/")[1][:-5]
            text = self.archive.small(name)
            found = _object(text)
            actual = sha256(text).hexdigest() if folder == "definitions" else policy_hash(found)
            if actual != digest:
                self.verdict.add(
                    "ALTERED", f"{name} is not what the log was decided by: its hash is {actual}", file=name
                )
            else:
                (self.definitions if folder == "definitions" else self.policies)[digest] = found

    def _read_checkpoints(self) -> None:
        keys = self.given
        if keys is None:
            keys = self._enclosed_keys()
        notes = [(name, self.archive.small(name, MOST_NOTE).decode(errors="replace"), False) for name in self._notes()]
        for name, lines in self.outside:
            notes += [(name, text, True) for text in self._kept(name, lines)]
        for name, text, outside in notes:
            try:
                found = read_checkpoint(text, keys, name, outside, self.witnesses)
            except BadNote as bad:
                self.verdict.add("ALTERED", f"{name}: {bad}", file=name)
                continue
            self._admit(found)
        if keys:
            self._unknown_keys()
        elif self.verdict.checkpoints:
            self.verdict.notes.append("no key came with the export or was given: nobody's signature was looked at")

    def _kept(self, name: str, lines: Iterable[str]) -> list[str]:
        """The notes in a file: it is one, or has one a line with the moment, as the service publishes them for all its
        logs; then those of this log that were published a minute before the export or earlier."""
        each = iter(lines)
        first = next(each, "")
        if not first.startswith("{"):
            return ["".join([first, *islice(each, 100)])]
        found: dict[int, str] = {}
        for line in chain([first], each):
            if len(found) > 10_000:
                found = {size: found[size] for size in sorted(found)[1::2]}
            size, note = self._published(line)
            found[size] = note
        found.pop(-1, None)
        if not found:
            self.verdict.notes.append(f"{name} holds no checkpoint of this log from before the export")
        sizes = sorted(found)
        return [found[size] for size in dict.fromkeys((*sizes[:: len(sizes) // MOST_KEPT + 1], *sizes[-1:]))]

    def _published(self, line: str) -> tuple[int, str]:
        """The size and the note, or -1 where it is none of this log."""
        try:
            said = json.loads(line)
            origin, size, _ = said["note"].split("\n", 2)
            before = _moment(self.manifest["made_at"]) - _moment(said["at"]) >= timedelta(minutes=1)
            return (int(size), said["note"]) if before and origin == self.manifest.get("origin") else (-1, "")
        except (*_BAD, OverflowError):
            return -1, ""

    def _notes(self) -> list[str]:
        return sorted(self.archive.under("checkpoints/"), key=lambda name: int(name[12:-4]))

    def _enclosed_keys(self) -> list[Key]:
        if "keys.txt" not in self.archive.members:
            return []
        try:
            return keys_of(self.archive.small("keys.txt", MOST_NOTE).decode(errors="replace"))
        except BadNote as bad:
            self.verdict.add("ALTERED", f"keys.txt: {bad}", file="keys.txt")
            return []

    def _admit(self, found: Checkpoint) -> None:
        if not found.outside and found.where != f"checkpoints/{found.size}.txt":
            self.verdict.add("ALTERED", f"{found.where} is a checkpoint of {found.size} entries", file=found.where)
        if found.origin != self.manifest.get("origin") or not found.origin.endswith(f"/{self.manifest['tenant']}"):
            says = f"{found.where} is a checkpoint of another log: {_shown(found.origin)}"
            self.verdict.add("EXTRA", says, file=found.where)
        else:
            self.verdict.checkpoints.append(found)

    def _unknown_keys(self) -> None:
        """Of enclosed checkpoints older than one that a known key signed, an older key may be behind."""
        newest = max((one.size for one in self.verdict.checkpoints if one.signed_by), default=-1)
        for one in [one for one in self.verdict.checkpoints if not one.signed_by]:
            self.verdict.checkpoints.remove(one)
            if one.size > newest or one.outside:
                self.verdict.add("UNKNOWN_KEY", f"{one.where} is signed by no key that is known", file=one.where)
            else:
                self.verdict.notes.append(f"{one.where} is signed by no key that is known, a newer checkpoint is")

    def _belongs(self, entry: Entry) -> None:
        tenant, e = self.manifest["tenant"], entry.entry
        if e.get("tenant") != tenant:
            self.verdict.add("EXTRA", f"an entry of the tenant {_shown(str(e.get('tenant')))}", **entry.place())
        digest = entry.definition
        if digest is not None and digest not in self.used and len(self.used) < 100_000:
            self.used.add(digest)
            name = f"definitions/{digest}.json"
            if len(digest) == 64 and name not in self.archive.members:
                self.verdict.add("MISSING", f"the definition {name} is not enclosed", **{**entry.place(), "file": name})
        policy = e.get("policy")
        digest = policy.get("hash") if type(policy) is dict else None
        if type(digest) is str and digest not in self.asked and len(self.asked) < 100_000:
            self.asked.add(digest)
            name = f"policies/{digest}.json"
            if len(digest) == 64 and name not in self.archive.members and digest not in self.unknown_policies:
                self.verdict.add("MISSING", f"the policy {name} is not enclosed", **{**entry.place(), "file": name})

    def _tell(self, values: Values) -> None:
        self.verdict.told.update(values=values.checked, withheld=values.withheld, redacted=values.redacted)
        self.verdict.told["policies_not_enclosed"] = len(self.asked & self.unknown_policies)

    def _all_there(self, totals: Totals, values: Values) -> None:
        add, m = self.verdict.add, self.manifest
        if totals.lines != m["entries"]:
            kind = "MISSING" if totals.lines < m["entries"] else "EXTRA"
            add(kind, f"the manifest says {m['entries']} entries, {totals.lines} are enclosed", file="entries.ndjson")
        elif not self.verdict.findings:
            totals.compare()
        said = m.get("values", {})
        if isinstance(said, dict) and not self.verdict.findings and said.get("enclosed") != values.checked:
            says = f"the manifest says {said.get('enclosed')} values, {values.checked} are enclosed"
            add("MISSING", says, file="values.ndjson")
        for receipt in self.receipts:
            if m["filtered"]:
                self.verdict.notes.append(f"the entry {receipt} is not in this filtered export")
            else:
                add("MISSING", f"the entry of your receipt is not in the log: {receipt}")
        for name in (*self.archive.under("definitions/"), *self.archive.under("policies/")):
            if name.split("/")[1][:-5] not in (self.used | self.asked):
                add("EXTRA", f"no entry was decided by {name}", file=name)


class Whole:
    """All entries of a log, against the hashes of its leaves, and those against the signed roots."""

    partial = False

    def __init__(self, run: Verification) -> None:
        self.run, self.verdict, self.archive = run, run.verdict, run.archive
        self.size = run.manifest["tree_size"]
        self.anchors = sorted(self.verdict.checkpoints, key=lambda one: one.size)
        self.proven = self._prove_tiles()
        self._hashes: dict[bytes, int] | None = None
        self._true: tuple[int, bytes] = (-1, b"")  # the line whose hash should be another, and which
        self._gaps: dict[int, None] = {}
        self._shift: int | None = 0
        self.at = 0
        self._tree = Tree()
        self._roots: dict[int, bytes] = {}

    def _prove_tiles(self) -> bool:
        """Hold the hashes of the leaves against every checkpoint. Whether the newest holds all of them true."""
        tree, wanted, roots = Tree(), {one.size for one in self.anchors}, {0: EMPTY_ROOT}
        for hashes in self._tiles(say=True):
            within = range(tree.size + 1, tree.size + len(hashes) // HASH)
            if len(hashes) == HASH * TILE and not any(size in within for size in wanted):
                tree.append_tile(hashes)
                if tree.size in wanted:
                    roots[tree.size] = tree.root()
                continue
            for leaf in _hashes_in(hashes):
                tree.append(leaf)
                if tree.size in wanted:
                    roots[tree.size] = tree.root()
        self._tiled = tree.size
        self.anchors_hold = {one: roots.get(one.size) == one.root for one in self.anchors}
        held = [one.size for one in self.anchors if self.anchors_hold[one]]
        self.verdict.bound = max((one.size for one in self.anchors if self.anchors_hold[one]), default=0)
        self.sound = all(self.anchors_hold.values())
        if tree.size == self.size and tree.root().hex() != self.run.manifest["root"]:
            self.verdict.add("ALTERED", "the root in manifest.json is not that of the leaves", file="manifest.json")
        return bool(held) and held[-1] == tree.size

    def _leaves(self) -> Iterator[bytes]:
        """The hashes of the leaves as the tiles have them, as far as there are tiles."""
        return chain.from_iterable(map(_hashes_in, self._tiles()))

    def _tiles(self, say: bool = False) -> Iterator[bytes]:
        for number in range((min(self.size, TILE * MOST_MEMBERS) + TILE - 1) // TILE):
            width = min(TILE, self.size - number * TILE)
            name = tile_name(number, width)
            if name not in self.archive.members:
                if say:
                    self.verdict.add("MISSING", f"the hashes of the leaves from {number * TILE} on: {name}", file=name)
                return
            hashes = self.archive.small(name, HASH * TILE)
            if len(hashes) != HASH * width:
                if say:
                    self.verdict.add("ALTERED", f"{name} has not {width} hashes", file=name)
                return
            yield hashes

    def entries(self) -> Iterator[tuple[Entry, bool]]:
        """Every line, and whether it is what the log has at its place."""
        leaves = self._leaves()
        expected = next(leaves, None)
        wanted = {one.size for one in self.anchors}
        for entry, following in _ahead(_read_entries(self.run)):
            sound = entry.hash == expected
            if sound:
                expected = next(leaves, None)
                self.at += 1
            elif expected is None and self._tiled <= self.at < self.size:
                self.at += 1  # of its tile nothing is known, which is told already
            else:
                expected = self._differs(entry, following, expected, leaves)
                self._shift = None
            if sound and (self._shift != 0 or entry.leaf != self.at - 1):
                self._says_where(entry)
            if not self.sound:
                self._tree.append(entry.hash)
                if self._tree.size in wanted:
                    self._roots[self._tree.size] = self._tree.root()
            yield entry, sound

    def _says_where(self, entry: Entry) -> None:
        """After something was found all others may say another leaf than they are: once is enough."""
        shift = entry.leaf - (self.at - 1)
        if self._shift is not None and shift != self._shift:
            says = f"it says to be leaf {entry.leaf}, and is leaf {self.at - 1}"
            self.verdict.add("REORDERED", says, **entry.place())
        self._shift = shift

    def holds(self, one: Checkpoint) -> bool:
        return self.anchors_hold.get(one, False)

    def hash_of(self, entry: Entry) -> bytes:
        """By which the next of its case should be chained to it."""
        return self._true[1] if self._true[0] == entry.line else entry.hash

    def _differs(
        self, entry: Entry, following: Entry | None, expected: bytes | None, leaves: Iterator[bytes]
    ) -> bytes | None:
        """Say what is wrong at this line; returns the hash that the next line should have."""
        add, place = self.verdict.add, entry.place()
        elsewhere = self._index_of(entry.hash)
        if elsewhere is not None and elsewhere >= self.at:
            for gone in range(self.at, min(elsewhere, self.at + MOST_FINDINGS)):
                self._gaps[gone] = None
            if elsewhere > self.at + MOST_FINDINGS:
                add("MISSING", f"the leaves {self.at + MOST_FINDINGS} to {elsewhere - 1}", leaf_index=self.at)
            for _ in range(elsewhere - self.at):
                next(leaves, None)
            self.at = elsewhere + 1
            return next(leaves, None)
        if elsewhere is not None and elsewhere in self._gaps:
            del self._gaps[elsewhere]
            add("REORDERED", f"its place in the log is leaf {elsewhere}", **place)
            return expected
        if elsewhere is not None:
            add("EXTRA", f"it stands in the export twice; its place is leaf {elsewhere}", **place)
            return expected
        if expected is None or (following is not None and following.hash == expected):
            add("EXTRA", "the log has no such entry", **place)
            return expected
        add("ALTERED", f"leaf {self.at} of the log is another entry: its hash is {expected.hex()}", **place)
        self._true = (entry.line, expected)
        self.at += 1
        return next(leaves, None)

    def _index_of(self, wanted: bytes) -> int | None:
        if self._hashes is None:
            self._hashes = {leaf[:8]: number for number, leaf in enumerate(self._leaves())}
        return self._hashes.get(wanted[:8])

    def end(self) -> None:
        for first, last in _ranges(self._gaps):
            self._missing(first, last)
        if self.at < self._tiled:
            self._missing(self.at, self._tiled - 1)
        for outside in (False, True):
            self._held([one for one in self.anchors if one.outside is outside])

    def _held(self, checkpoints: list[Checkpoint]) -> None:
        """Say of the first that does not hold what it tells: all that those before it hold is as they say."""
        before = 0
        for one in checkpoints:
            if not self.anchors_hold[one]:
                self._contradicted(one, before)
                return
            before = one.size

    def _missing(self, first: int, last: int) -> None:
        named = f"leaf {first}" if first == last else f"the leaves {first} to {last}"
        self.verdict.add(
            "MISSING", f"{named} of the log", leaf_index=first, last_leaf_index=last, file="entries.ndjson"
        )

    def _contradicted(self, one: Checkpoint, before: int) -> None:
        there = max(self._tiled, self._tree.size)
        add, place = self.verdict.add, {"file": one.where, "leaf_index": before, "last_leaf_index": one.size - 1}
        between = f"between leaf {before} and {one.size - 1}"
        if self._roots.get(one.size) == one.root:
            add("ALTERED", f"the tiles {between}: the entries are as they were signed", **place)
        elif one.size > there:
            kind = "ROLLED_BACK" if one.outside else "MISSING"
            add(kind, f"{one.where} is of {one.size} entries, this log has {there}", **place)
        elif one.outside and any(self.anchors_hold[other] for other in self.anchors if not other.outside):
            add("ROLLED_BACK", f"this log does not go on from {one.where}: it differs {between}", **place)
        else:
            add("ALTERED", f"{between} the log is not what was signed", **place)


class Filtered:
    """Some entries of a log, each with its inclusion proof."""

    partial = True

    def __init__(self, run: Verification) -> None:
        self.run, self.verdict = run, run.verdict
        self.size, self.root = run.manifest["tree_size"], bytes.fromhex(_hex(run.manifest["root"]))
        for one in self.verdict.checkpoints:
            if one.size != self.size:
                self.verdict.notes.append(
                    f"{one.where} is of another size: it cannot be held against a filtered export"
                )
            elif one.root == self.root:
                self.verdict.bound = self.size
            else:
                says = f"the root in manifest.json is not that of {one.where}"
                self.verdict.add("ALTERED", says, file="manifest.json")
        self._last = -1

    def entries(self) -> Iterator[tuple[Entry, bool]]:
        proofs = _read_proofs(self.run)
        for entry in _read_entries(self.run):
            leaf, proof = next(proofs, (-1, []))
            if entry.leaf <= self._last:
                self.verdict.add("REORDERED", f"leaf {entry.leaf} stands after leaf {self._last}", **entry.place())
            self._last = max(self._last, entry.leaf)
            known = leaf == entry.leaf and 0 <= leaf < self.size
            sound = known and root_by_proof(leaf, self.size, entry.hash, proof) == self.root
            if not sound:
                says = "it is not proven to be this leaf of the log" if known else "no proof of it is enclosed"
                self.verdict.add("ALTERED" if known else "EXTRA", says, **entry.place())
            yield entry, sound

    def holds(self, one: Checkpoint) -> bool:
        return one.size == self.size and one.root == self.root

    def hash_of(self, entry: Entry) -> bytes:
        return entry.hash

    def end(self) -> None:
        """Whether the filter left out what it should have kept is nothing that can be proven."""


class Chains:
    """Each case's entries name the one before; what stands outside of chains is held by the tree alone."""

    def __init__(self, run: Verification) -> None:
        self.run = run
        self._last: dict[bytes, bytes] = {}
        packed = struct.Struct(">32sQQ")
        self._pack, self._unpack = packed.pack, packed.unpack

    def take(self, entry: Entry, its_hash: bytes, alone: bool) -> None:
        e = entry.entry
        seq, case, prev = e.get("case_seq"), e.get("case_id"), e.get("prev")
        if seq is None:
            return
        if not isinstance(seq, int) or not isinstance(case, str) or not 1 <= seq < 1 << 60:
            self.run.verdict.add("ALTERED", "its place in the chain of its case is none", **entry.place())
            return
        key = _short(case)
        known = self._last.get(key)
        last, last_seq, last_leaf = self._unpack(known) if known else (b"", 0, 0)
        if seq <= last_seq:
            says = f"entry {seq} of its case stands after entry {last_seq}"
            self.run.verdict.add("REORDERED", says, **entry.place())
            return
        if seq > last_seq + 1 and not alone:
            gone = f"entry {last_seq + 1}" if seq == last_seq + 2 else f"the entries {last_seq + 1} to {seq - 1}"
            self.run.verdict.add("MISSING", f"{gone} of the case stand nowhere before this one", **entry.place())
        elif seq == 1 and prev != self._genesis(entry):
            says = "it is not the first entry of this case under this definition"
            self.run.verdict.add("ALTERED", says, **entry.place())
        elif seq == last_seq + 1 > 1 and prev != last.hex():
            says = (
                f"it was altered after entry {seq} of its case (leaf {entry.leaf}) was chained to it, or that one was"
            )
            place = {"file": "entries.ndjson", "leaf_index": last_leaf, "case_id": case, "case_seq": last_seq}
            self.run.verdict.add("ALTERED", says, **place)
        self._last[key] = self._pack(its_hash, seq, max(entry.leaf, 0) & ((1 << 63) - 1))

    def _genesis(self, entry: Entry) -> str:
        named = canonical_list(entry.entry.get("tenant"), entry.entry.get("case_id"), entry.definition)
        return sha256(b"stateward-case/1\0" + named).hexdigest()


class KeyLives:
    """Whether a signature counts at its time: not after its key's end, and not at all where the key was revoked, but
    for what a witness saw before. The log says so in entries of the kind `signing_key`, and the file of keys may."""

    def __init__(self, run: Verification) -> None:
        self.run = run
        self.sizes = {one.size for one in run.verdict.checkpoints}
        self._ended = {key.named: key.until for key in run.given or () if key.until}
        self._revoked = {key.named: key.revoked for key in run.given or () if key.revoked}
        self._last: dict[int, str] = {}

    def take(self, entry: Entry) -> None:
        at, told = str(entry.entry.get("at")), entry.entry.get("signing_key")
        if entry.leaf + 1 in self.sizes:
            self._last[entry.leaf + 1] = at
        if entry.entry.get("kind") != "signing_key" or not isinstance(told, dict):
            return
        key, how, since = str(told.get("key")), told.get("how"), str(told.get("since"))
        if how == "began":
            self._ended.pop(key, None)
        elif how == "ended":
            self._ended[key] = at
        elif how == "revoked":
            self._revoked[key] = min(since, self._revoked.get(key, since))

    def judge(self, holds: Callable[[Checkpoint], bool]) -> None:
        """Of enclosed checkpoints before one that counts, those that do not are covered by it."""
        inside = [one for one in self.run.verdict.checkpoints if one.signers and not one.outside]
        wrong = {one: [why for why in map(self._wrong, one.signers, [one] * len(one.signers)) if why] for one in inside}
        counts = max((one.size for one in inside if len(wrong[one]) < len(one.signers) and holds(one)), default=-1)
        for one in inside:
            if len(wrong[one]) < len(one.signers):
                continue
            kind, why = wrong[one][0]
            if one.size < counts:
                self.run.verdict.notes.append(f"{one.where} is signed by {why}; a newer one that counts covers it")
            else:
                self.run.verdict.add(kind, f"{one.where} is signed by {why}", file=one.where)

    def _wrong(self, key: Key, one: Checkpoint) -> tuple[str, str] | None:
        revoked, ended, last = self._revoked.get(key.named), self._ended.get(key.named), self._last.get(one.size)
        if revoked and not any(_is_before(at, revoked) for _, at in one.seen):
            return "REVOKED_KEY", f"{key.named}, which was revoked since {revoked}"
        if ended and last and _is_before(ended, last, timedelta(minutes=1)):
            return "UNKNOWN_KEY", f"{key.named}, which ended on {ended}: the last of its entries is of {last}"
        return None


def _is_before(one: str, other: str, by: timedelta = timedelta()) -> bool:
    try:
        return _moment(one) + by <= _moment(other)
    except (ValueError, TypeError, OverflowError):
        return False


class Values:
    """The values behind the commitments, as far as they are enclosed."""

    def __init__(self, run: Verification) -> None:
        self.run = run
        self.checked = self.withheld = self.redacted = 0
        self._lines = _read_values(run)
        self._next = next(self._lines, None)

    def of(self, entry: Entry, sound: bool) -> dict[str, Any]:
        """Check those of an entry; returns the true ones by path."""
        fields = entry.entry.get("fields")
        if type(fields) is not dict:
            fields = {}
        while self._next is not None and self._next[1] < entry.leaf:
            self._unasked()
        if self._next is None or self._next[1] != entry.leaf:
            self.withheld += len(fields)
            return {}
        line, _, given = self._next
        self._next = next(self._lines, None)
        return self._true(entry, sound, fields, given, line)

    def _true(
        self, entry: Entry, sound: bool, fields: dict[str, Any], given: dict[str, Any], line: int
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for path, pair in given.items():
            if path in fields:
                self.checked += 1
                if _commits(fields[path], path, pair):
                    found[path] = pair[1]
                    continue
            if sound:
                self._false(entry, path, path in fields, line)
        if len(found) < len(fields):
            self.withheld += sum(path not in given for path in fields)
        return found

    def _false(self, entry: Entry, path: str, committed: bool, line: int) -> None:
        place = {**entry.place(), "file": "values.ndjson", "line": line, "path": path}
        if committed:
            self.run.verdict.add("ALTERED", "it is not the value that the entry commits to", **place)
        else:
            self.run.verdict.add("EXTRA", "the entry commits to no such value", **place)

    def _unasked(self) -> None:
        assert self._next is not None
        line, leaf, _ = self._next
        says = "values of an entry that is not enclosed, or out of order"
        self.run.verdict.add("EXTRA", says, file="values.ndjson", line=line, leaf_index=leaf)
        self._next = next(self._lines, None)

    def end(self) -> None:
        while self._next is not None:
            self._unasked()


class Files:
    """The files that were attached, where the export says that it encloses them."""

    def __init__(self, run: Verification) -> None:
        self.run = run
        self.checked = 0
        said = run.manifest.get("files")
        self.said = said if isinstance(said, dict) else None
        left = self.said.get("not_enclosed") if self.said else None
        self.left_out = left if isinstance(left, dict) else {}
        self.enclosed = {name.split("/")[1] for name in run.archive.under("files/")}
        self._sizes: dict[str, int] = {}

    def note(self, entry: Entry) -> None:
        """One that attached a file."""
        if self.said is None and not self.enclosed:
            return
        told = entry.entry.get("attachment")
        digest, size = (told.get("sha256"), told.get("size")) if isinstance(told, dict) else (None, None)
        if not isinstance(digest, str) or not isinstance(size, int):
            self.run.verdict.add("ALTERED", "it names no file", **entry.place())
        elif digest in self.enclosed:
            self._sizes[digest] = size
        elif digest not in self.left_out:
            name = f"files/{digest}"
            self.run.verdict.add("MISSING", f"the file {name} is not enclosed", **{**entry.place(), "file": name})

    def end(self) -> None:
        add = self.run.verdict.add
        for digest in sorted(self.enclosed):
            name = f"files/{digest}"
            if self.said is None or digest not in self._sizes:
                add("EXTRA", f"no enclosed entry says that {name} was attached", file=name)
            elif not self._is_true(name, digest, self._sizes[digest]):
                add("ALTERED", f"{name} is not the file that was attached", file=name)
            else:
                self.checked += 1
        if self.said is not None:
            self.run.verdict.told.update(files=self.checked, files_not_enclosed=len(self.left_out))

    def _is_true(self, name: str, digest: str, size: int) -> bool:
        """Never more is read of it than was attached."""
        found, left = sha256(), size
        for piece in self.run.archive.pieces(name):
            left -= len(piece)
            if left < 0:
                return False
            found.update(piece)
        return left == 0 and found.hexdigest() == digest


class Totals:
    """Counts what the manifest says, from the entries and the enclosed definitions."""

    def __init__(self, run: Verification) -> None:
        self.run = run
        self.lines = 0
        self.kinds: Counter[tuple[Any, Any]] = Counter()
        self.moves = {"opened": 0, "closed": 0, "reopened": 0}
        self._closed: dict[tuple[Any, Any], bool] = {}

    def count(self, entry: Entry) -> None:
        e = entry.entry
        self.lines += 1
        kind, case_type, target = e.get("kind"), e.get("case_type"), e.get("target")
        key = (case_type if type(case_type) is str else "", kind if type(kind) is str else "")
        if key in self.kinds or len(self.kinds) < 10_000:
            self.kinds[key] += 1
        if kind == "opened":
            self.moves["opened"] += 1
        if type(target) is str and (source := e.get("source")) != target:
            before = isinstance(source, str) and self._is_closed(entry.definition, source)
            after = self._is_closed(entry.definition, target)
            self.moves["closed"] += after and not before
            self.moves["reopened"] += before and not after

    def _is_closed(self, definition: str | None, state: str) -> bool:
        key = (definition, state)
        if key in self._closed:
            return self._closed[key]
        states = self.run.definitions.get(definition or "", {}).get("states")
        declared = states.get(state) if isinstance(states, dict) else None
        closed = isinstance(declared, dict) and declared.get("final") is True
        if len(self._closed) < 100_000:
            self._closed[key] = closed
        return closed

    def compare(self) -> None:
        """Of a filtered export the totals are those of its cases and time, whatever else the filter leaves out."""
        said = self.run.manifest.get("totals")
        if self.run.manifest["filtered"] or not isinstance(said, dict):
            return
        entries: dict[str, dict[str, int]] = {}
        for (case_type, kind), count in sorted(self.kinds.items()):
            entries.setdefault(case_type or "-", {})[kind] = count
        end = self.moves["opened"] - self.moves["closed"] + self.moves["reopened"]
        actual = {"open_at_start": 0, **self.moves, "open_at_end": end, "entries": entries}
        for name, value in actual.items():
            if said.get(name) != value:
                says = f"the total {name} is {json.dumps(value)}, the manifest says {json.dumps(said.get(name))}"
                self.run.verdict.add("ALTERED", says, file="manifest.json")


# ---- Reading lines ---------------------------------------------------------------------------------------------------


def parsed(text: bytes) -> Any:
    """As json.loads, which looks around a text three times before it reads it. Raises one of `_BAD`."""
    told = text.decode()
    found, end = _decode(told)
    if end != len(told):
        raise ValueError
    return found


_decode = json.JSONDecoder().raw_decode
_BAD = (ValueError, TypeError, KeyError, RecursionError, AttributeError)


def _read_entries(run: Verification) -> Iterator[Entry]:
    of = run.manifest["entries"]
    parse = run.parse
    for number, line in enumerate(run.archive.lines("entries.ndjson"), 1):
        try:
            leaf, text = _exact(line)
            entry = parse(text)
            if type(entry) is not dict:
                raise TypeError
            hashed = sha256(b"\0" + text).digest()
        except _BAD:
            run.verdict.add("ALTERED", "the line is no entry", file="entries.ndjson", line=number)
            continue
        definition = entry.get("definition")
        digest = definition.get("hash") if type(definition) is dict else None
        yield Entry(number, leaf, entry, hashed, digest if type(digest) is str else None)
        if not number % 5_000:
            run.progress(number, of)


_BEGINS = re.compile(rb'\{"leaf_index":(0|[1-9][0-9]{0,15}),"entry":"')


def _exact(line: bytes) -> tuple[int, bytes]:
    """The leaf that a line says it is, and the bytes that were hashed. Raises one of `_BAD`.

    Nearly all lines hold no backslash but those before quotes, and all of these are: then they are cut out.
    """
    begun = _BEGINS.match(line)
    if begun and line.endswith(b'"}'):
        said = line[begun.end() : -2]
        text = said.replace(b'\\"', b'"')
        if b"\\" not in text and said.count(b'"') == len(said) - len(text):
            return int(begun[1]), text
    outer = parsed(line)
    leaf, told = outer["leaf_index"], outer["entry"]
    if type(leaf) is not int:
        raise TypeError
    return leaf, told.encode()


def _read_values(run: Verification) -> Iterator[tuple[int, int, dict[str, Any]]]:
    if "values.ndjson" not in run.archive.members:
        return
    parse = run.parse
    for number, line in enumerate(run.archive.lines("values.ndjson"), 1):
        try:
            outer = parse(line)
            leaf, values = outer["leaf_index"], outer["values"]
            if type(leaf) is not int or type(values) is not dict:
                raise TypeError
        except _BAD:
            run.verdict.add("ALTERED", "the line holds no values", file="values.ndjson", line=number)
            continue
        yield number, leaf, values


def _read_proofs(run: Verification) -> Iterator[tuple[int, list[bytes]]]:
    if "proofs.ndjson" not in run.archive.members:
        run.verdict.add("MISSING", "a filtered export has proofs.ndjson", file="proofs.ndjson")
        return
    for number, line in enumerate(run.archive.lines("proofs.ndjson"), 1):
        try:
            outer = parsed(line)
            leaf, proof = outer["leaf_index"], [bytes.fromhex(step) for step in outer["proof"]]
            if type(leaf) is not int or len(proof) > 64:
                raise TypeError
        except _BAD:
            run.verdict.add("ALTERED", "the line is no proof", file="proofs.ndjson", line=number)
            leaf, proof = -1, []
        yield leaf, proof


def canonical_list(*items: Any) -> bytes:
    """RFC 8785 of a list of strings, which is also what Python writes."""
    return json.dumps(items, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _commits(commitment: Any, path: str, pair: Any) -> bool:
    """SHA-256 over the name of the format, the salt, and the canonical JSON of [path, value]."""
    try:
        salt, value = pair
        said = b"stateward-field/1\0" + _from_hex(salt) + _begun(path) + value.encode() + b"]"
        return bool(sha256(said).hexdigest() == commitment)
    except (ValueError, TypeError, AttributeError):
        return False


_from_hex = bytes.fromhex


@lru_cache(maxsize=4096)
def _begun(path: str) -> bytes:
    """The canonical JSON of [path, value] up to the value."""
    return b"[" + json.dumps(path, ensure_ascii=False).encode() + b","


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def policy_hash(policy: dict[str, Any]) -> str:
    """SHA-256 over the SHA-256 of each block, in the order of acts, what roles include first; a block is its sorted
    lines, each with a newline."""
    blocks, includes = policy.get("blocks"), policy.get("includes")
    if not isinstance(blocks, dict) or not isinstance(includes, list):
        return "that of nothing"
    if not all(isinstance(lines, list) for lines in blocks.values()):
        return "that of nothing"
    ordered = [*([includes] if includes else []), *(blocks[act] for act in sorted(blocks))]
    hashed = (sha256("".join(f"{line}\n" for line in lines).encode(errors="replace")).digest() for lines in ordered)
    return sha256(b"".join(hashed)).hexdigest()


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _short(case: str) -> bytes:
    """A UUID in 16 bytes: there may be a million of them."""
    try:
        return _from_hex(case.replace("-", ""))
    except ValueError:
        return sha256(case.encode(errors="replace")).digest()


def _hex(text: str) -> str:
    return text if re.fullmatch(r"[0-9a-f]{64}", text) else "00" * HASH


def _ahead(entries: Iterator[Entry]) -> Iterator[tuple[Entry, Entry | None]]:
    """Each with the one after it."""
    before = next(entries, None)
    for entry in entries:
        assert before is not None
        yield before, entry
        before = entry
    if before is not None:
        yield before, None


def _hashes_in(tile: bytes) -> list[bytes]:
    return [tile[at : at + HASH] for at in range(0, len(tile), HASH)]


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = None
    for number in sorted(numbers):
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = number
    if first is not None and last is not None:
        yield first, last


# ---- A table or another flat file, and what was signed of it ---------------------------------------------------------


def judge_flat(path: str, sidecar: str, keys: list[Key] | None) -> Verdict:
    """Whether the file is the one that stands in its sidecar, and who signed that. Raises Unreadable."""
    verdict = Verdict()
    verdict.keys_given = bool(keys)
    told = _object(_text(sidecar, MOST_SMALL).encode())
    kinds = {
        "format": str,
        "sha256": str,
        "bytes": int,
        "tenant": str,
        "tree_size": int,
        "entries": int,
        "filter": dict,
    }
    if told.get("format") != SIDECAR or any(not isinstance(told.get(name), kind) for name, kind in kinds.items()):
        raise Unreadable(f"{sidecar} is no sidecar of an export: it is not {SIDECAR}")
    verdict.size = told["tree_size"]
    names = ("tenant", "origin", "tree_size", "entries", "filter", "made_at", "made_by", "sample", "export", "sha256")
    verdict.told = {name: told.get(name) for name in names}
    size, digest = _hashed(path)
    if digest != told["sha256"]:
        says = f"it is not the file that was written: its SHA-256 is {digest}, of {size} bytes"
        verdict.add("ALTERED", says, file=path)
    note = told.pop("note", None)
    if note is None:
        verdict.notes.append("nobody signed the sidecar: whoever made another file can have made another sidecar")
        return verdict
    try:
        said, signers, _ = read_note(str(note), keys or ())
        _signed_sidecar(verdict, told, said, signers, sidecar)
    except BadNote as bad:
        verdict.add("ALTERED", f"{sidecar}: {bad}", file=sidecar)
    return verdict


def _signed_sidecar(verdict: Verdict, told: dict[str, Any], said: str, signers: tuple[Key, ...], sidecar: str) -> None:
    first, _, statement = said.partition("\n")
    if first != SIDECAR or _object(statement.encode()) != {k: v for k, v in told.items() if k != "format"}:
        verdict.add("ALTERED", "it does not say what was signed", file=sidecar)
    elif signers and all(key.revoked for key in signers):
        says = f"{sidecar} is signed by {signers[0].named}, which was revoked since {signers[0].revoked}"
        verdict.add("REVOKED_KEY", says, file=sidecar)
    elif signers:
        origin, size = str(told.get("origin")), told["tree_size"]
        verdict.checkpoints.append(Checkpoint(sidecar, origin, size, b"", signers, False))
        verdict.bound = size
    elif verdict.keys_given:
        verdict.add("UNKNOWN_KEY", f"{sidecar} is signed by no key that is known", file=sidecar)
    else:
        verdict.notes.append("it is signed, and no key was given: nobody's signature was looked at")


def _hashed(path: str) -> tuple[int, str]:
    found, size = sha256(), 0
    try:
        with open(path, "rb") as stream:
            while chunk := stream.read(CHUNK):
                found.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from None
    return size, found.hexdigest()


def _sidecar_of(given: argparse.Namespace) -> str | None:
    """That which is given, or stands beside a file that is no export that proves itself."""
    if given.sidecar is not None or not os.path.isfile(given.export + BESIDE):
        return str(given.sidecar) if given.sidecar is not None else None
    try:
        Archive(given.export)
    except Unreadable:
        return str(given.export + BESIDE)
    return None


# ---- The command -----------------------------------------------------------------------------------------------------


def takes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("export", metavar="EXPORT.zip")
    parser.add_argument("--key", action="append", metavar="KEY", help="the log's public key, or a file of keys")
    parser.add_argument(
        "--witness", action="append", metavar="KEY", help="the public key of a witness, or a file of them"
    )
    parser.add_argument(
        "--checkpoint", action="append", metavar="NOTE", help="a checkpoint that you kept, or published ones: a file"
    )
    parser.add_argument(
        "--receipt", action="append", metavar="R", help="a receipt's entry_hash, or a file with receipts"
    )
    parser.add_argument("--sidecar", metavar="FILE", help=f"of a file that is no zip (default: EXPORT{BESIDE})")
    parser.add_argument("--json", action="store_true", help="the verdict as JSON")


def judged(
    given: argparse.Namespace, begun: Callable[[Verification], None] | None, parse: Callable[[bytes], Any]
) -> Verdict:
    """Raises Unreadable."""
    sidecar = _sidecar_of(given)
    if sidecar is None:
        verification = opened(given)
        verification.begun, verification.parse = begun or verification.begun, parse
        return verification.run()
    if begun or given.checkpoint or given.receipt or given.witness:
        told = "--checkpoint, --receipt, --witness and --decide"
        raise Unreadable(f"{told} are for an export as a zip: a flat file holds no proofs")
    return judge_flat(given.export, sidecar, _all_keys(given))


def opened(given: argparse.Namespace) -> Verification:
    """What is asked, ready to run. Raises Unreadable."""
    keys = _all_keys(given)
    notes: list[tuple[str, Iterable[str]]] = [(path, _lines(path)) for path in given.checkpoint or ()]
    receipts = [one for told in given.receipt or () for one in _receipts(told)]
    run = Verification(Archive(given.export), keys, notes, receipts)
    run.witnesses = [key for told in given.witness or () for key in _keys(told, "--witness", COSIGNS)]
    if sys.stderr.isatty():
        run.progress = _Progress()
    return run


def _all_keys(given: argparse.Namespace) -> list[Key] | None:
    return [key for told in given.key for key in _keys(told)] if given.key else None


def _keys(told: str, option: str = "--key", kind: bytes = SIGNS) -> list[Key]:
    """A key, several as `stateward keys show` prints them, or a file of them."""
    try:
        return keys_of(told if re.match(r"[^\s+]+\+[0-9a-f]{8}\+\S", told) else _text(told), kind)
    except BadNote as bad:
        raise Unreadable(f"{option}: {bad}") from None


def _receipts(told: str) -> list[str]:
    found = re.findall(r"\b[0-9a-f]{64}\b", told if re.fullmatch(r"[0-9a-f]{64}", told) else _text(told))
    if not found:
        raise Unreadable(f"{told} holds no entry_hash")
    return found


def _text(path: str, most: int = 1 << 20) -> str:
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read(most)
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from None


def _lines(path: str) -> Iterator[str]:
    try:
        with open(path, encoding="utf-8") as stream:
            while line := stream.readline(MOST_NOTE):
                yield line
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from None


class _Progress:
    def __init__(self) -> None:
        self._shown = 0.0

    def __call__(self, done: int, of: int) -> None:
        if time.monotonic() - self._shown > 0.2:
            self._shown = time.monotonic()
            print(f"\r\x1b[K{done:,} of {of:,} entries", end="", file=sys.stderr, flush=True)


def sentences(verdict: Verdict) -> Iterator[str]:
    told = verdict.told
    yield verdict.verdict
    for one in verdict.findings:
        yield f"  {one['class']} {_where(one)}: {one['says']}"
    for note in verdict.notes:
        yield f"  note: {note}"
    if not told:
        return
    some = told["filter"] or ("export" in told and told["entries"] < told["tree_size"])  # a format may select, too
    of = f"FILTERED {told['entries']} of {told['tree_size']}" if some else f"all {told['tree_size']}"
    yield f"{of} entries of the tenant {told['tenant']} (log {told['origin']}), exported {told['made_at']}"
    if "export" in told:
        yield f"as {told['export']}, SHA-256 {told['sha256']}: the file as a whole, no entry of it is proven by itself"
    else:
        yield f"{told.get('values', 0)} values checked, {told.get('withheld', 0)} not enclosed"
    if "files" in told:
        left = told["files_not_enclosed"]
        yield f"{told['files']} attached files checked, {left} not enclosed (manifest.json says why)"
    if isinstance(told.get("sample"), dict):
        drawn = told["sample"]
        yield (
            f"a sample of {drawn.get('drawn')} of {drawn.get('population')} cases, as it says drawn by the seed "
            f"{_shown(str(drawn.get('seed')))}: an export of all shows whether it was"
        )
    if told.get("policies_not_enclosed"):
        yield f"{told['policies_not_enclosed']} policies by which it was decided are not enclosed"
    if "decided" in told:
        again = told["decided"]
        yield f"{again['again']} openings and transitions decided again by {again['by']}"
        yield from (f"  {count} not decided again: {why}" for why, count in again["not_again"].items())
        left = again["permissions_not_again"]
        yield f"{again['permitted']} permissions decided again, {left} not: for lack of a policy, or of values"
    yield _bound(verdict)
    if (latest := verdict.latest_outside()) is not None:
        size, witness, at = latest
        yield f"The latest outside time: {witness} saw the first {size} entries by {at}."


def _where(one: dict[str, Any]) -> str:
    named = {"entry_id": "entry", "leaf_index": "leaf", "case_id": "case", "case_seq": "number", "path": "value"}
    parts = [f"{word} {one[name]}" for name, word in named.items() if name in one]
    line = f"{one['file']}" + (f" line {one['line']}" if "line" in one else "") if "file" in one else ""
    return ", ".join([*parts, *([line] if line else [])]) or "export"


def _bound(verdict: Verdict) -> str:
    newest = max(
        (one for one in verdict.checkpoints if one.size == verdict.bound), default=None, key=lambda o: o.outside
    )
    if newest is None:
        return "No outside word bounds it: no checkpoint holds it, so all of it could have been written anew."
    by = ", ".join(newest.signed_by) or f"somebody, as {newest.origin}"
    if verdict.findings:
        return f"{by} signed {newest.size} entries of the log ({newest.where}), and these are not those as they were."
    if not verdict.keys_given:
        return f"Signed by {by}, a key that came with the export: give the one that you know with --key."
    if verdict.bound < verdict.size:
        after = verdict.size - verdict.bound
        return f"{by} signed the first {verdict.bound} entries; receipts alone bind the {after} after them."
    return f"{by} signed all of it ({newest.where})."


def run(
    given: argparse.Namespace,
    begun: Callable[[Verification], None] | None = None,
    parse: Callable[[bytes], Any] = parsed,
) -> int:
    """`begun` is called when all but the entries is read: who decides them again comes in there. `parse` reads JSON."""
    try:
        verdict = judged(given, begun, parse)
    except Unreadable as unreadable:
        return _refused(str(unreadable), given.json)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    if given.json:
        print(json.dumps(verdict.to_json(), indent=1))
    else:
        print(*sentences(verdict), sep="\n")
    return verdict.exit_code


def _refused(sentence: str, as_json: bool) -> int:
    print(f"verify: {sentence}", file=sys.stderr)
    if as_json:
        print(json.dumps({"verdict": "UNREADABLE", "exit_code": UNREADABLE, "says": sentence}))
    return UNREADABLE


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify an export of a Stateward audit log, offline.")
    takes(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
