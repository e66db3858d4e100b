"""Who signs, by what an operator set."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from app.domain.log.notes import SigningKey, VerifierKey
from app.services.log.signing import KeysOfSettings, Signing, SigningFailed
from app.signers.command import SigningCommand


def signer_of(key: SecretStr | None, command: str | None) -> Signing | None:
    """The keys, the command, or both while one is exchanged for the other; None where nobody signs."""
    keys = [SigningKey.parse(one) for one in key.get_secret_value().split()] if key else []
    signers: list[Signing] = [KeysOfSettings(keys)] if keys else []
    signers += [SigningCommand.of(command)] if command else []
    if len(signers) == 2:
        return Together(*signers)
    return signers[0] if signers else None


@dataclass(frozen=True, slots=True)
class Together:
    """Both sign what either signs alone."""

    first: Signing
    second: Signing

    @property
    def name(self) -> str:
        return self.first.name

    @property
    def verifiers(self) -> Sequence[VerifierKey]:
        return (*self.first.verifiers, *self.second.verifiers)

    async def sign(self, text: str) -> str:
        """Raises SigningFailed, also where they sign by two names: readers would take the logs for others."""
        if self.first.name != self.second.name:
            raise SigningFailed(f"the keys have two names, {self.first.name} and {self.second.name}")
        return await self.first.sign(text) + (await self.second.sign(text)).removeprefix(f"{text}\n")
