"""Who and what a case of the sample is about, drawn by chance from what is written."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

from app.commands.demo.people import PEOPLE
from app.commands.demo.written import Value
from app.domain.values.json import Data, Json

PLACE = re.compile(r"\{(\w+)(\|money)?\}")
USER = "_user"


class Drawn:
    """The chances of one case. What was drawn of it once stays so; two roles are two people where there are enough."""

    def __init__(self, chance: Random, cast: Mapping[str, tuple[str, ...]], pools: Mapping[str, Value]) -> None:
        self._chance = chance
        self._cast = cast
        self._pools = pools
        self._people: dict[str, str] = {}
        self._known: dict[str, Json] = {}

    def know(self, name: str, value: Json) -> None:
        self._known[name] = value

    def person(self, role: str) -> str:
        """Who has a role on this case; a person's own name is that person."""
        if role in PEOPLE:
            return role
        if role not in self._people:
            others = [name for name in self._cast[role] if name not in self._people.values()]
            self._people[role] = self._chance.choice(others or list(self._cast[role]))
        return self._people[role]

    def data(self, *written: Mapping[str, Value], at: datetime) -> Data:
        """Each value is known from then on."""
        whole = {name: value for one in written for name, value in one.items()}
        for name, value in whole.items():
            self._known[name] = self.value(value, at)
        return {name: self._known[name] for name in whole}

    def value(self, written: Value, at: datetime) -> Json:
        if isinstance(written, list):
            return self.value(self._chance.choice(written), at)
        if isinstance(written, Mapping):
            return self._between(written, at)
        return self._told(written, at) if isinstance(written, str) else written

    def values(self, written: Mapping[str, Value] | None, at: datetime) -> dict[str, Json] | None:
        return None if written is None else {name: self.value(one, at) for name, one in written.items()}

    def text(self, written: Value, at: datetime) -> str | None:
        return None if written is None else str(self.value(written, at))

    def _between(self, written: Mapping[str, Value], at: datetime) -> Json:
        if "from" in written:
            return self._chance.randint(written["from"], written["to"])
        [(name, (least, most))] = written.items()
        days = timedelta(days=self._chance.randint(least, most))
        return (at - days if name == "days_before" else at + days).date().isoformat()

    def _told(self, text: str, at: datetime) -> Json:
        whole = PLACE.fullmatch(text)
        if whole and not whole[2]:
            return self._named(whole[1], at)
        return PLACE.sub(lambda found: _shown(self._named(found[1], at), found[2]), text)

    def _named(self, name: str, at: datetime) -> Json:
        if name not in self._known:
            self._known[name] = self.value(self._pools[name], at) if name in self._pools else self._somebody(name)
        return self._known[name]

    def _somebody(self, name: str) -> str:
        if name.endswith(USER):
            return self.person(name.removesuffix(USER))
        return PEOPLE[self.person(name)].name


def _shown(value: Json, money: str | None) -> str:
    return f"{value / 100:.2f}" if money and isinstance(value, int) else str(value)
