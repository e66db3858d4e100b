"""What is wrong with an address that asks for a list, in the reader's language."""

from app.http.border.errors import sentence
from app.ui.frame.of_the_api import clause_of_api
from app.ui.frame.words import Words


def fault_words(say: Words, name: str, fault: str) -> str:
    """Of a parameter by its name in the address, as somebody wrote it."""
    clause = clause_of_api(fault, say)
    if clause is None:
        return say.gettext("“%(name)s” is not understood: %(fault)s", name=name, fault=sentence(fault))
    return sentence(f"“{name}” {clause}")
