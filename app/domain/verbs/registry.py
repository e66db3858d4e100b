"""The built-in verbs, and what follows from them: which acts a policy may allow besides events, and their words."""

from collections.abc import Mapping
from typing import Final

from app.domain.deciding.situation import OnCase
from app.domain.deciding.verb import PossibleAct, Verb
from app.domain.verbs.assigning import Assign, Claim, Release, Skip
from app.domain.verbs.attaching import Attach
from app.domain.verbs.commenting import Comment
from app.domain.verbs.correcting import Correct
from app.domain.verbs.linking import Link
from app.domain.verbs.roles import ChangeRoles

VERBS: Final[tuple[type[Verb], ...]] = (Assign, Claim, Release, Skip, Comment, Attach, ChangeRoles, Link, Correct)
_ACTS_OF_NO_VERB: Final = {
    "case:read": "read",
    "case:export": "export",
    "case:redact": "redact",
    "case:hold": "put a legal hold on",
    "case:audit": "read the log of",
    "case:admin": "administer",
}
ACTS: Final[Mapping[str, str]] = _ACTS_OF_NO_VERB | {
    verb.act: verb.doing.removesuffix(" this case") for verb in reversed(VERBS)
}
"""Each act with what completes `may ... this case`; of several verbs that need the same one, the words of the first."""


def possible_acts(here: OnCase) -> tuple[PossibleAct, ...]:
    """The verbs that the one who asks may do to the case now: the desk takes each that says what it has to."""
    return tuple(
        PossibleAct(verb.name, verb.act, verb.doing[0].upper() + verb.doing[1:])
        for verb in VERBS
        if verb.name and here.allows(verb.act) and verb.takes(here)
    )
