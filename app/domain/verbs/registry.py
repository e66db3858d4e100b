"""The built-in verbs, and what follows from them: which acts a policy may allow besides events, and their words."""

from collections.abc import Mapping
from typing import Final

from app.domain.deciding.verb import Verb
from app.domain.verbs.assigning import Assign, Claim, Release, Skip
from app.domain.verbs.attaching import Attach
from app.domain.verbs.commenting import Comment
from app.domain.verbs.linking import Link
from app.domain.verbs.roles import ChangeRoles

VERBS: Final[tuple[type[Verb], ...]] = (Assign, Claim, Release, Skip, Comment, Attach, ChangeRoles, Link)
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
