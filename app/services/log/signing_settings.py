"""What an operator sets of the log: keys that sign it, where checkpoints are kept outside, and room for exports."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AnyHttpUrl, Field, SecretStr
from pydantic_settings import BaseSettings


def _written_keys(told: SecretStr) -> SecretStr:
    """One key or two, one a line or with a space between."""
    from app.domain.log.notes import SigningKey  # whoever sets none needs none of what it loads

    keys = [SigningKey.parse(key) for key in told.get_secret_value().split()]
    if not 1 <= len(keys) <= 2 or len({key.name for key in keys}) != 1:
        raise ValueError
    return told


def _witness_keys(told: str) -> str:
    from app.domain.log.cosignatures import WitnessKey

    for key in told.split():
        WitnessKey.parse(key)
    return told


class SigningSettings(BaseSettings):
    """The part of the settings that signing reads."""

    signing_key: Annotated[SecretStr, AfterValidator(_written_keys)] | None = Field(
        default=None,
        description="a key that `stateward keys new` made, or two of one name while they are exchanged",
    )
    checkpoints: AnyHttpUrl | Path | None = Field(
        default=None,
        union_mode="left_to_right",
        description="a folder outside of the database where signed checkpoints are kept, or a URL where they are put",
    )
    witnesses: Annotated[str, AfterValidator(_witness_keys)] | None = Field(
        default=None, description="keys of witnesses, NAME+ID+BASE64 with the type 4, with spaces between"
    )
    audit_check: Literal["off", "daily"] = Field(default="off", description="off or daily")
    exports_kept: int = Field(default=24, ge=1, le=720, description="a number of hours from 1 to 720")
    export_bytes_per_tenant: int = Field(
        default=2 * 2**30, ge=2**20, le=2**50, description=f"a number of bytes from {2**20} to {2**50}"
    )
