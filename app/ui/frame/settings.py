"""What an operator sets of the pages."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode

from app.ui.frame.brand import STATEWARD, Brand, accent_of, logo_of

Accent = Annotated[
    tuple[str, str] | None, NoDecode, BeforeValidator(lambda text: None if text is None else accent_of(text))
]


class PageSettings(BaseSettings):
    """A part of the settings of the service."""

    brand_name: Annotated[str, Field(min_length=1, max_length=40)] = Field(
        default=STATEWARD, description="a name of at most 40 characters"
    )
    brand_logo: Annotated[Path, AfterValidator(logo_of)] | None = Field(
        default=None, description="a file .svg or .png of at most 100 kB that can be read"
    )
    brand_accent: Accent = Field(
        default=None,
        description="two colours such as `#1d4f91 #8fbcff`, for light pages and for dark ones, each with a contrast of"
        " at least 7:1 to the surface (#ffffff, #1a1e24), so that people can read it",
    )
    demo: bool = Field(default=False, description="left out: `stateward demo` sets it for itself")

    @property
    def brand(self) -> Brand:
        """Whose pages these are."""
        return Brand(self.brand_name, self.brand_logo, self.brand_accent)
