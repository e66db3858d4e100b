"""Examples of answers, as a service gave them, by operation and status. Litestar would drop what is null in them."""

import json
from pathlib import Path
from typing import Any

from app.domain.values.json import Json

_TOLD: dict[str, Any] = json.loads((Path(__file__).parent / "answers.json").read_text(encoding="utf-8"))
ANSWERS: dict[tuple[str, str], Json] = {
    (operation, status): answer for call, answer in _TOLD.items() for operation, _, status in [call.partition(" ")]
}
