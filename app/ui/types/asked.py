"""What an address of the case type page may ask for."""

from typing import Annotated

from litestar.params import PathParameter, QueryParameter

from app.domain.values.names import LONGEST_NAME

TypeName = Annotated[str, PathParameter(description="A case type", max_length=LONGEST_NAME)]
Version = Annotated[int | None, QueryParameter(name="version", ge=1, le=2**31)]
Against = Annotated[int | None, QueryParameter(name="against", ge=1, le=2**31)]
First = Annotated[int, QueryParameter(name="from", ge=1, le=100_000)]
