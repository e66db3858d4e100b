"""The case types in force, as readers see them."""

from collections.abc import Sequence

from app.domain.diagram import DRAWN, DiagramFormat
from app.domain.machine import Machine
from app.services.definitions import Definitions
from app.services.views import CaseTypeView


class CaseTypes:
    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._drawings: dict[tuple[str, str], str] = {}

    def list(self) -> Sequence[CaseTypeView]:
        return [_view(machine) for machine in self._definitions.all()]

    def get(self, name: str) -> CaseTypeView:
        """Raises NotFound."""
        return _view(self._definitions.named(name))

    def diagram(self, name: str, format: DiagramFormat) -> str:  # noqa: A002
        """Drawn once per definition. Raises NotFound."""
        machine = self._definitions.named(name)
        key = (machine.digest, format)
        if key not in self._drawings:
            self._drawings[key] = DRAWN[format](machine.case_type)
        return self._drawings[key]


def _view(machine: Machine) -> CaseTypeView:
    return CaseTypeView(machine.case_type, machine.version, machine.digest)
