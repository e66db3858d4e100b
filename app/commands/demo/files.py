"""The files of the sample, made from what is written of them: a PDF of some lines, a picture of some boxes, text."""

import struct
import zlib
from collections.abc import Iterable
from functools import cache

from app.commands.demo.written import File

WHITE = (255, 255, 255)
TYPES = {"pdf": "application/pdf", "png": "image/png", "txt": "text/plain", "log": "text/plain"}


def media_type(file: File) -> str:
    return TYPES[file.name.rpartition(".")[2]]


@cache
def content(file: File) -> bytes:
    if file.boxes:
        return picture(file.size, file.boxes)
    return document(file.lines) if file.lines else file.text.encode()


def document(lines: Iterable[str]) -> bytes:
    """A PDF of one page (ISO 32000-1, 7.5); letters outside of Windows-1252 become question marks."""
    shown = "".join(f"({_escaped(line)}) Tj T*\n" for line in lines)
    stream = f"BT /F1 12 Tf 18 TL 64 770 Td\n{shown}ET".encode("cp1252", "replace")
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
    page += b" /Resources << /Font << /F1 5 0 R >> >> >>"
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        font,
    )
    written, places = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(written) + end % (len(objects) + 1, table, len(objects) + 1, len(written))


def picture(size: tuple[int, int], boxes: Iterable[tuple[int, int, int, int, str]]) -> bytes:
    """A PNG (RFC 2083) of 8 bits a colour, drawn box over box."""
    width, height = size
    rows = [bytearray(bytes(WHITE) * width) for _ in range(height)]
    for left, top, wide, high, colour in boxes:
        for row in rows[top : top + high]:
            row[left * 3 : (left + wide) * 3] = bytes.fromhex(colour.removeprefix("#")) * wide
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
