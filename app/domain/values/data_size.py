"""How large the data of a case may become."""

import msgspec

from app.domain.values.errors import FieldError, TooLarge
from app.domain.values.json import Data


def check_size(most: int, data: Data, before: Data) -> None:
    """Raises TooLarge where data grow beyond what the case type allows: what a case holds already may stay, and become
    smaller. Data that no event assigned are the same object, and cost nothing."""
    if data is before or (size := bytes_of(data)) <= most or size <= bytes_of(before):
        return
    message = f"would have {size} bytes, a case of this type keeps {most}"
    raise TooLarge(f"the data of the case {message}", errors=(FieldError("data", message),))


def bytes_of(data: Data) -> int:
    """As JSON in UTF-8 without blanks."""
    return len(msgspec.json.encode(data))
