"""What every part of a declaration is: frozen, and without keys that mean nothing."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, StringConstraints

DATA_PATH: Final = r"^data\.[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"
DataPath = Annotated[str, StringConstraints(pattern=DATA_PATH)]
Cel = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class Declared(BaseModel):
    """Part of a declaration: frozen, and unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
