"""Check that the policy still serves the cases that stand on older versions: nobody looks there until they stick."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from app.domain.declaring.checks.fired import check_fired
from app.domain.declaring.checks.policy_row import PolicyRow
from app.domain.declaring.checks.standing import OlderVersion, Versions, in_words
from app.domain.declaring.fault import Fault
from app.domain.declaring.reading.yaml_source import Source
from app.domain.definition.case_type import CaseType
from app.domain.values.near_names import quoted


def check_standing(
    case_types: Mapping[str, CaseType], versions: Versions, lines: Sequence[PolicyRow], folder: str
) -> Iterator[Fault]:
    """Warnings about versions with open cases: events that they alone have and nobody may fire, and clocks that may
    not fire their steps. `folder` is that of the machines."""
    for name, known in versions.items():
        source = Source(str(PurePath(folder) / f"{name}.yaml"), {}, {})
        for one in known:
            if one.open:
                yield from _of_version(one, case_types.get(name), lines, source)


def _of_version(
    one: OlderVersion, newest: CaseType | None, lines: Sequence[PolicyRow], source: Source
) -> Iterator[Fault]:
    name = one.case_type.case_type
    gone = [event for event in one.case_type.events if newest is None or event not in newest.events]
    if stuck := [event for event in gone if not _allowed(name, event, lines)]:
        events = ", ".join(map(quoted, stuck))
        message = f"no policy line lets anybody fire {events} of {in_words([one])}"
        yield source.warning((), message, "keep lines about them in the policy until these cases are closed")
    known = {fault.message for fault in check_fired(newest, lines, source)} if newest else set()
    for fault in check_fired(one.case_type, lines, source):
        if fault.message not in known:
            yield source.warning((), f"{fault.message} (in {in_words([one])})", fault.remedy)


def _allowed(case_type: str, event: str, lines: Sequence[PolicyRow]) -> bool:
    return any(
        line.kind == "p" and line.eft == "allow" and line.obj in ("*", case_type) and line.act in ("*", event)
        for line in lines
    )
