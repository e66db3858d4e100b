"""What an operator sets of signing elsewhere."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings


def _naming_a_signer(told: str) -> str:
    from app.signers.command import SigningCommand  # loads cryptography, and every command reads the settings

    SigningCommand.of(told)
    return told


class SignerSettings(BaseSettings):
    """The part of the settings that signing by a command reads."""

    signing_command: Annotated[str, AfterValidator(_naming_a_signer)] | None = Field(
        default=None,
        description="the public half of a key as `stateward keys show` writes one, a space, and a command that can be"
        " run, such as cases.example.com+1a2b3c4d+A... /usr/local/bin/sign",
    )
