"""The business calendars in force: every version of each, by name, as clocks count by them."""

import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime

from app.domain.calendar_file import CalendarFile
from app.domain.case import Draft
from app.domain.clock_rules import ROUND_THE_CLOCK
from app.domain.entry import seal
from app.domain.timeline import ALWAYS, Timeline
from app.services.identity import new_id, new_salt
from app.services.ports import Store
from app.services.stored import Record, StoredCalendar

log = logging.getLogger("stateward.calendars")
