"""Where the pages of forms find what they ask of the services."""

from app.http.border.services import services_of
from app.services.cases.forms import FormReads
from app.services.fairness.slices import Slice
from app.ui.forms.sheet import Sheet
from app.ui.frame.reader import PageRequest


def reads_of(request: PageRequest) -> FormReads:
    found = services_of(request).forms
    assert found is not None
    return found


def turn_of(request: PageRequest, sheet: Sheet) -> Slice:
    """For what a form takes long for: afterwards others have the loop for as long."""
    return services_of(request).slices.of((request.user.tenant, request.user.id), small=sheet.small)
