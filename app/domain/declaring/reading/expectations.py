"""What each field of a declaration expects, in words: the other half of "this is not right"."""

from app.domain.deciding.step_effects import STEP_EFFECTS
from app.domain.definition.languages import LANGUAGES
from app.domain.definition.views import MOST_COLUMNS
from app.domain.values.names import LONGEST_NAME

NAME = f"a lowercase letter, then lowercase letters, digits and `_`, at most {LONGEST_NAME}"
PATH = "the name of a state, such as `review` or `review.first_line`"
PATHS = f"{PATH}, or a list of them"
FROM = f'{PATH}, a list of them, or "*" for every state'
TARGET = f'{PATH}, `review.$history`, `review.$deep_history`, or "=" to stay'
DURATION = "a duration such as `90m`, `8h` or `2d4h`"
CLOCK_TIME = 'a quoted local time such as "16:00"'
TEXT = "a text"
SPOKEN = "a text, or one in each language such as `{en: Paid, de: Bezahlt}`"
TRUTH = "`true` or `false`"
MAPPING = "a mapping"
ACTORS = "a list of event names, such as `[submit]`, or a mapping such as `{events: [approve], since: review}`"
NAMES = "a list of event names, such as `[submit]`"
CEL = 'a CEL expression as text, such as "data.amount_cents <= 50000" (2,000 characters at most)'
SET = 'a mapping from data fields to CEL expressions, such as `{data.late: "true"}`'
SCHEMA = "a JSON Schema, as a mapping"
CONDITION = "a mapping of `enters`, `leaves`, `in`, `event` and `when`"
FIELD = "a data field such as `data.received_on`"
FIELDS = "a list of data fields such as `[data.amount_cents, data.category]`"
CALENDAR = "the name of a calendar, or `{follow: team}`"
FORM = "a list of data fields such as `[data.iban, {field: data.reason, required: true}]`"
HOURS = 'lists of local hours such as `["09:00-12:30", "13:00-17:00"]`'

KEYS: dict[str, tuple[str, str]] = {
    "set": ("data field", "write it as `data.NAME`"),
    "weekly": ("day of the week", "write `mon`, or several days as `mon-fri`"),
    "override": ("date", "write it as 2026-12-24"),
}
"""What the keys of a mapping are, where they are no names, and how to write them."""

EXPECTED: dict[str, dict[str, str]] = {
    "CaseType": {
        "case_type": NAME,
        "opening": "a mapping from opening events to states, such as `{open: draft}`",
        "initial": PATH,
        "include": "a list of names of parts, such as `[party]`",
        "data": SCHEMA,
        "max_data_bytes": "a whole number of bytes from 1 to 1048576",
        "states": "a mapping from state names to states, with at least one",
        "events": "a mapping from event names to events",
        "slas": "a mapping from clock names to clocks",
        "views": "a mapping of `list`, `title` and `groups`",
        "opening_titles": "a mapping from opening events to titles, such as `{save: Save a draft}`",
    },
    "State": {
        "initial": "the name of one of its own children",
        "states": "a mapping from state names to states",
        "parallel": TRUTH,
        "final": TRUTH,
        "on_done": TARGET,
    },
    "Event": {
        "form": FORM,
        "payload": SCHEMA,
        "reason": "`required` or `optional`",
        "set": SET,
        "transitions": "a list of transitions, with at least one",
    },
    "FormField": {"field": FIELD, "required": TRUTH, "show": CEL, "keep_hidden": TRUTH},
    "FormPage": {"page": SPOKEN, "fields": FORM, "show": CEL},
    "Transition": {
        "from": FROM,
        "to": TARGET,
        "internal": TRUTH,
        "when": CEL,
        "unless_actor_of": ACTORS,
        "only_actor_of": ACTORS,
        "set": SET,
    },
    "Condition": {
        "enters": PATHS,
        "leaves": PATHS,
        "in": PATHS,
        "event": "the name of an event, or a list of them",
        "when": CEL,
    },
    "FollowTeam": {"follow": "`team`"},
    "ActorsSince": {"events": NAMES, "since": "the path of a state, such as `review`"},
    "TargetRule": {"when": CEL, "is": DURATION, "calendar": CALENDAR},
    "Due": {
        "field": FIELD,
        "business_days": "a number of days",
        "calendar_days": "a number of days",
        "at": f"{CLOCK_TIME}, or `start`",
        "cutoff": CLOCK_TIME,
        "from_closed": "`next` or `previous`",
        "if_closed": "`next` or `previous`",
    },
    "Step": {
        "at": "a point such as `50%`, `-1h`, `-2bd` or `+4h`",
        "every": DURATION,
        "max": "a whole number from 1 on",
        **{effect.key: effect.takes for effect in STEP_EFFECTS},
    },
    "Clock": {
        "kind": "`elapsed`, `due_at` or `periodic`",
        **dict.fromkeys(("start", "stop", "cancel", "pause", "resume", "reset"), CONDITION),
        "start_at": FIELD,
        "pause_max": DURATION,
        "target": f"{DURATION}, or a list of `{{when: ..., is: ...}}`",
        "due": 'a mapping such as `{business_days: 2, at: "16:00"}`',
        "every": DURATION,
        "sequence": "`independent` or `sequential`",
        "calendar": CALENDAR,
        "retarget": "`keep_elapsed`, `restart` or `keep_deadline`",
        "reopen": "`ignore`, `resume`, `continue` or `restart`",
        "steps": "a list of steps",
    },
    "Views": {
        "list": f"a list of at most {MOST_COLUMNS} columns such as `[reference, data.amount_cents, state, due]`",
        "title": "a data field such as `data.subject`",
        "groups": "a list of groups such as `{title: Payment, fields: [data.iban]}`",
    },
    "Group": {"fields": FIELDS},
    "InLanguages": dict.fromkeys(LANGUAGES, TEXT),
    "CalendarFile": {
        "zone": "an IANA zone such as `Europe/Berlin`",
        "weekly": f"a mapping from days such as `mon-fri` to {HOURS}",
        "closed": "a list of dates such as `[2026-12-24, 12-24]`",
        "override": f"a mapping from dates to {HOURS}",
        "holidays": "a mapping such as `{country: DE, subdivision: BY}`",
        "applies_from": "a date such as `2027-01-01`",
    },
    "Holidays": {
        "country": "an ISO 3166 code such as `DE`",
        "subdivision": "an ISO 3166 code such as `BY`, without its country",
        "categories": "a list of categories such as `[bank]`",
        "make_up": 'a list of local hours such as `["09:00-18:00"]`',
    },
}


MEANING: dict[str, dict[str, str]] = {
    "CaseType": {
        "case_type": "The same as the name of the file.",
        "opening": "The events that open a case, and the state that each opens it in.",
        "initial": "Short for an opening event `open`.",
        "include": "What it shares with other case types: the files of these names in the folder parts.",
        "data": "What a case holds. `x-personal: true` marks a field as personal, with no effect yet.",
        "max_data_bytes": "How large its data may become, as JSON in UTF-8 without blanks; left out, 262144 (256 KiB).",
        "slas": "Clocks that run on a case, and what happens when they run late.",
        "opening_titles": "What people read for opening events that are no events besides.",
        "views": "How its cases are shown; those of the newest version count for all of them.",
    },
    "State": {
        "initial": "The child that is entered by default.",
        "states": "Children; with `parallel`, regions that are all active at once.",
        "parallel": "Whether all children are active at once.",
        "final": "Nothing leaves it. At the top it closes the case, below it finishes its parent.",
        "on_done": "Where a state goes by itself when its active child is final, or all its regions are.",
    },
    "Event": {
        "form": "Which data it asks for: what is entered goes into the data before `set`.",
        "payload": "What an attempt has to bring along that is no data.",
        "reason": "Whether an attempt gives a reason in words.",
        "set": "Data fields that are written when it applies, whichever transition it takes.",
        "transitions": "The first whose guard holds is taken.",
    },
    "FormField": {
        "required": "Whether it has to be there afterwards, where it is shown.",
        "show": "It is asked for where this holds of the data as entered; left out, always.",
        "keep_hidden": "What becomes of its value where it is hidden: `false` removes it, `true` keeps it as it was.",
    },
    "FormPage": {
        "page": "What stands above its fields.",
        "show": "Its fields are asked for where this holds of the data as entered; left out, always.",
    },
    "Transition": {
        "from": "The states that it starts from, their children included.",
        "to": "Where it leads.",
        "internal": "Whether it stays in its source, where the target lies inside: regions beside it go on.",
        "when": "The guard: without a yes the transition is not taken.",
        "unless_actor_of": "Four eyes: nobody who ever fired one of these events on this case.",
        "only_actor_of": "Only somebody who fired one of these events on this case.",
        "set": "Data fields that are written when this transition is taken.",
    },
    "Clock": {
        "kind": "A length of working time, a moment, or a repetition.",
        "start_at": "The clock starts at this moment, and not at that of the event.",
        "pause_max": "The longest pause, after which the clock goes on by itself.",
        "retarget": "What a changed target does.",
        "reopen": "What `start` does after a stop.",
    },
    "Due": {
        "field": "It is due at this moment or, with days, so many after it; before it, where they are less than 0.",
        "business_days": "Days on which the calendar has hours.",
        "calendar_days": "Dates, whether anybody works on them or not.",
        "at": "The local time of that day; `start` keeps that of the start.",
        "cutoff": "A start at this time or later counts from the next business day.",
        "from_closed": "As which business day a closed day counts from which they are counted; left out, `next`.",
        "if_closed": "The business day that it is due on where the date has no hours.",
    },
    "Step": {
        "at": "Of the target, before due, or after due.",
        **{effect.key: effect.meaning for effect in STEP_EFFECTS if effect.meaning},
    },
    "Views": {
        "list": "The columns of its queue, from the left.",
        "title": "What a case is called beside its reference.",
        "groups": "The summary of a case, in this order; fields in none of them come after.",
    },
    "CalendarFile": {
        "zone": "Whose local time the hours are.",
        "weekly": 'Working hours by day. "22:00-30:00" is a night shift of the day on which it begins.',
        "closed": "Dates without working time, besides the holidays; `12-24` is one of every year.",
        "override": "Dates with hours of their own, on holidays too; `12-24` is one of every year.",
        "holidays": "The public holidays of a country are closed.",
        "applies_from": "From when on this version counts; left out, from when it is first seen.",
    },
    "Holidays": {
        "categories": "Further categories of its holidays that are closed.",
        "make_up": "The hours of days of rest on which the country works in exchange for a holiday.",
    },
}


def expected(model: str, key: str) -> str:
    """What a field takes; a title or description is any text."""
    words = TEXT if model == "CalendarFile" else SPOKEN
    return EXPECTED.get(model, {}).get(key, words)
