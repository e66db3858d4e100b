"""XES (IEEE 1849-2016): a trace a case, an event an entry. What belongs to no case is counted in the head of the log.

A log is in the order of its leaves, and traces are by case: so entries are sorted on the disk before the first trace is
written.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import IO, Final
from xml.sax.saxutils import escape

from app.domain.values.json import Json, JsonObject
from app.domain.values.rfc3339 import rfc3339
from app.exports.beside import rows
from app.exports.lines import as_line
from app.exports.mined import activity, as_text, facts, happened, kind_of, resource, said
from app.services.log.exports import READ, Extract
from app.services.log.sorted_lines import SortedLines
from app.services.policy.past import PolicyInMemory

NAMESPACE: Final = "http://www.xes-standard.org/"
EXTENSIONS: Final = {"Concept": "concept", "Time": "time", "Lifecycle": "lifecycle", "Organizational": "org"}
ELEMENTS: Final = {"string": "string", "time": "date", "integer": "int", "float": "float", "boolean": "boolean"}
NOT_IN_NAMES: Final = re.compile(r"[^-.:\w]")
BEGINS_A_NAME: Final = re.compile(r"[:_A-Za-z]")
NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
IN_ATTRIBUTES: Final = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
UNKNOWN: Final = "UNKNOWN"


async def write(extract: Extract, out: IO[bytes], _: PolicyInMemory) -> None:
    with SortedLines() as by_case:
        apart = 0
        async for row in rows(extract):
            case_id = row.entry.get("case_id")
            if case_id is None:
                apart += 1
            else:
                by_case.add(f"{case_id}\t{row.leaf_index:016}\t{as_line(row)}".encode())
        out.write(_head(extract, apart).encode())
        for case_id, lines in groupby(by_case.merged(), lambda line: line[: line.index(b"\t")]):
            _write_trace(out, case_id.decode(), lines)
        out.write(b"</log>\n")


def _head(extract: Extract, apart: int) -> str:
    """Extensions, then globals, then classifiers, then attributes: the order is the standard's."""
    extensions = "".join(
        f' <extension name="{name}" prefix="{prefix}" uri="{NAMESPACE}{prefix}.xesext"/>\n'
        for name, prefix in EXTENSIONS.items()
    )
    of_events: dict[str, Json] = {"concept:name": UNKNOWN, "time:timestamp": "1970-01-01T00:00:00.000000Z"}
    of_events |= {"lifecycle:transition": "complete", "org:resource": UNKNOWN}
    kept, size = len(extract.kept), extract.size
    about: dict[str, Json] = {
        "concept:name": extract.asked.tenant,
        "lifecycle:model": "standard",
        "exported_at": rfc3339(extract.at),
        "says": f"FILTERED {kept} of {size}" if extract.asked.wanted else f"all {size}",
        "filter": as_text(extract.asked.wanted.to_json()),
        "tree_size": size,
        "entries_of_no_case": apart,
    }
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<log xes.version="1849.2016" xes.features="" xmlns="{NAMESPACE}">\n'
        f"{extensions}"
        f' <global scope="trace">{_attribute("concept:name", UNKNOWN)}</global>\n'
        f' <global scope="event">{"".join(_attribute(*one) for one in of_events.items())}</global>\n'
        ' <classifier name="Activity" scope="event" keys="concept:name"/>\n'
        ' <classifier name="Resource" scope="event" keys="org:resource"/>\n'
        f"{''.join(f' {_attribute(*one)}{chr(10)}' for one in about.items())}"
    )


def _write_trace(out: IO[bytes], case_id: str, lines: Iterator[bytes]) -> None:
    """The first entry says of which case type it is."""
    for number, line in enumerate(lines):
        row = READ(line.split(b"\t", 2)[2])
        if number == 0:
            out.write(f" <trace>\n{_of_trace(case_id, row)}".encode())
        out.write(_event(row["entry"], row["values"]).encode())
    out.write(b" </trace>\n")


def _of_trace(case_id: str, row: JsonObject) -> str:
    entry = row["entry"]
    told = {"concept:name": case_id, "case_type": entry.get("case_type")}
    if entry["kind"] == "opened":
        told |= {"reference": row["values"].get("/reference"), "opened_by": resource(entry)}
    return "".join(f"  {_attribute(key, value)}\n" for key, value in told.items() if value is not None)


def _event(entry: JsonObject, values: JsonObject) -> str:
    told: dict[str, Json] = {
        "concept:name": activity(entry),
        "time:timestamp": happened(entry),
        "lifecycle:transition": "complete",
        "org:resource": resource(entry),
    }
    if roles := (entry.get("actor") or {}).get("roles"):
        told["org:role"] = " ".join(roles)
    told |= {**dict(facts(entry)), **dict(said(values))}
    return f"  <event>{''.join(_attribute(*one) for one in told.items())}</event>\n"


def _attribute(key: str, value: Json) -> str:
    kind = kind_of(value)
    told = as_text(value).upper() if kind == "time" else as_text(value)
    text = escape(NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", told), IN_ATTRIBUTES)
    return f'<{ELEMENTS[kind]} key="{_name(key)}" value="{text}"/>'


def _name(key: str) -> str:
    """Keys are names of XML; what may not stand in one is written by its code, as `_x0020_`."""
    if key.isascii() and NOT_IN_NAMES.search(key) is None and BEGINS_A_NAME.match(key):
        return key
    written = "".join(f"_x{ord(one):04X}_" if NOT_IN_NAMES.match(one) or not one.isascii() else one for one in key)
    return written if BEGINS_A_NAME.match(written) else f"_{written}"
