"""Where the pages of forms find what they ask of the services."""

from app.http.border.services import services_of
from app.services.cases.forms import FormReads
from app.ui.frame.reader import PageRequest


def reads_of(request: PageRequest) -> FormReads:
    found = services_of(request).forms
    assert found is not None
    return found
