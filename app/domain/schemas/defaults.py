"""Give fields that nobody gave a value the one that their schema says: once, when a case is opened."""

from collections.abc import Mapping
from copy import deepcopy

from app.domain.definition.fields import Defaults
from app.domain.values.json import Data, Json


def with_defaults(data: Data, defaults: Defaults, patch: Data) -> tuple[Data, tuple[tuple[str, ...], ...]]:
    """The data with their defaults, and the paths of those. What the patch removes in so many words stays away."""
    filled: list[tuple[str, ...]] = []
    return _filled(data, defaults, patch, (), filled) if defaults else data, tuple(filled)


def defaults_alone(defaults: Defaults) -> Data:
    """The data of a case that nobody gave a value yet."""
    return with_defaults({}, defaults, {})[0]


def _filled(data: Data, defaults: Defaults, patch: Json, path: tuple[str, ...], filled: list[tuple[str, ...]]) -> Data:
    after = dict(data)
    sent = patch if isinstance(patch, Mapping) else {}
    for name, (default, below) in defaults.items():
        if default and name not in after and not (name in sent and sent[name] is None):
            after[name] = deepcopy(default[0])
            filled.append((*path, name))
        elif isinstance(inner := after.get(name), Mapping) and below:
            after[name] = _filled(inner, below, sent.get(name), (*path, name), filled)
    return after
