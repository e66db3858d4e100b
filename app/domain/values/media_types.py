"""What the first bytes of a file say it is: a short honest list of signatures, and nothing for the rest."""

from typing import Final

ENOUGH: Final = 512
"""First bytes that are looked at."""
_BEGINNINGS: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PK\x03\x04", "application/zip"),  # office documents are zip files too
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"{\\rtf", "application/rtf"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-elf"),
)
_MARKUP: Final = (
    (b"<!doctype html", "text/html"),
    (b"<html", "text/html"),
    (b"<script", "text/html"),
    (b"<svg", "image/svg+xml"),
)
_UNMISTAKABLE: Final = frozenset({"application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp"})
"""Every file of these types begins so, and people open them without thinking."""


def contradicts(declared: str, sniffed_type: str | None) -> bool:
    """Whether a file is not what it is said to be. Of types whose files begin as they like nothing is known."""
    return declared in _UNMISTAKABLE and sniffed_type != declared


def sniffed(head: bytes) -> str | None:
    """The media type by signature; None where no signature is known."""
    found = next((name for mark, name in _BEGINNINGS if head.startswith(mark)), None)
    if found is None and head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        found = "image/webp"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return found or next((name for mark, name in _MARKUP if text.startswith(mark)), None)
