"""The rows of lists, drawn once for all who see the same: what many look at stands on page after page."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import msgspec
from markupsafe import Markup

from app.domain.case.case import Case
from app.domain.clocks.after_event import Clocks
from app.ui.frame.called import called
from app.ui.queue.drawn_rows import DrawnRows
from app.ui.queue.due import due_of
from app.ui.queue.rows import MOMENTS, Rows

MOST: Final = 4_000
LARGEST: Final = 4_000
"""Characters of a row that is kept; a few long ones would take the place of many."""
_kept: OrderedDict[Hashable, Markup] = OrderedDict()


@dataclass(frozen=True, slots=True)
class KeptRows:
    """Of one page. `declared` tells its case types from others of the same names: their hashes, as they look now."""

    made: Rows
    drawn: DrawnRows
    declared: Hashable

    def page(self) -> Hashable:
        """What all rows of the page have in common, besides the cases. What is told from now on holds for a minute."""
        times = self.made.times
        minute = times.now.timestamp() // 60 if set(MOMENTS).intersection(self.made.keys) else times.now.year
        titles = tuple((column.key, column.title, column.align) for column in self.drawn.columns)
        return self.declared, times.words.language, times.zone.key, titles, minute

    def of(self, page: Hashable, case: Case, clocks: Clocks) -> Markup:
        due = due_of(case, clocks, self.made.times)
        if self.made.terms:
            return self.drawn.of(self.made.of(case, due))
        name = called(case.assignee, self.drawn.people, self.drawn.reader, self.made.times.words)
        key = page, case.tenant, case.id, case.seq, case.last_hash, name, due, _read_of(case)
        row = _kept.get(key)
        if row is None:
            row = self.drawn.of(self.made.of(case, due))
            if len(row) <= LARGEST:
                _kept[key] = row
                if len(_kept) > MOST:
                    _kept.popitem(last=False)
        return row


def _read_of(case: Case) -> bytes:
    """What a row shows of a case, whatever its entries say of it: fields may have been erased since."""
    told = case.state, case.closed_at, case.urgency, case.reference, case.team, case.opened_at, case.changed_at
    return blake2b(msgspec.json.encode((told, case.case_type, case.data)), digest_size=16).digest()
