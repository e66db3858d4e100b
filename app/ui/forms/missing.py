"""What to do about a field that was left empty."""

from app.ui.forms.fields import Choice, Day, Field, Moment, Money, Number, Raw, Rows, Text, Truth
from app.ui.forms.manner import Manner


def missing(form: Field, manner: Manner) -> str:
    _ = manner.say
    match form:
        case Choice() | Truth():
            return _("Choose one")
        case Rows():
            return _("Add at least one")
        case Day():
            return _("Enter a date")
        case Moment():
            return _("Enter a date and a time")
        case Money():
            return _("Enter an amount")
        case Number():
            return _("Enter a number")
        case Text(format="email"):
            return _("Enter an e-mail address")
        case Raw():
            return _("Enter JSON")
    return _("Fill this in")
