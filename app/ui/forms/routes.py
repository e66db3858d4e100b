"""The handlers of the pages of forms."""

from typing import Final

from app.ui.forms.correcting import correct_form, correct_from_form
from app.ui.forms.event_form import event_form, fire_from_form
from app.ui.forms.opening_form import new_case, open_from_form, pick_case_type

FORMS: Final = (
    event_form,
    fire_from_form,
    pick_case_type,
    new_case,
    open_from_form,
    correct_form,
    correct_from_form,
)
