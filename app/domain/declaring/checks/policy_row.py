"""A line of a policy file, as far as the checks read it."""

from dataclasses import dataclass

from app.domain.declaring.fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow:
    """What a line of a policy file names; taken alone it is right (app/policy/faults.py).

    For kind `g`, `role` is who gets the role `obj`; `act` and `when` are "", and `eft` means nothing.
    """

    file: str
    line: int
    kind: str
    role: str
    obj: str
    act: str = ""
    when: str = ""
    eft: str = "allow"
    tenant: str = "*"

    def error(self, message: str, remedy: str) -> Fault:
        return Fault(file=self.file, line=self.line, message=message, remedy=remedy)

    def warning(self, message: str, remedy: str) -> Fault:
        return Fault(file=self.file, line=self.line, message=message, remedy=remedy, severity="warning")

    def note(self, message: str, remedy: str) -> Fault:
        return Fault(file=self.file, line=self.line, message=message, remedy=remedy, severity="note")
