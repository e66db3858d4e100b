"""What each field of a declaration expects, in words: the other half of "this is not right"."""

NAME = "a lowercase letter, then lowercase letters, digits and `_`, at most 64"
PATH = "the name of a state, such as `review` or `review.first_line`"
PATHS = f"{PATH}, or a list of them"
FROM = f'{PATH}, a list of them, or "*" for every state'
TARGET = f'{PATH}, `review.$history`, `review.$deep_history`, or "=" to stay'
DURATION = "a duration such as `90m`, `8h` or `2d4h`"
CLOCK_TIME = 'a quoted local time such as "16:00"'
TEXT = "a text"
TRUTH = "`true` or `false`"
MAPPING = "a mapping"
NAMES = "a list of event names, such as `[submit]`"
CEL = 'a CEL expression as text, such as "data.amount_cents <= 50000" (2,000 characters at most)'
SET = "a mapping from data fields to CEL expressions, such as `{data.late: \"true\"}`"
SCHEMA = "a JSON Schema, as a mapping"
CONDITION = "a mapping of `enters`, `leaves`, `in`, `event` and `when`"
FIELD = "a data field such as `data.received_on`"
CALENDAR = "the name of a calendar, or `{follow: team}`"

EXPECTED: dict[str, dict[str, str]] = {
    "CaseType": {
        "case_type": NAME,
        "opening": "a mapping from opening events to states, such as `{open: draft}`",
        "initial": PATH,
        "data": SCHEMA,
        "states": "a mapping from state names to states, with at least one",
        "events": "a mapping from event names to events",
        "slas": "a mapping from clock names to clocks",
    },
    "State": {
        "initial": "the name of one of its own children",
        "states": "a mapping from state names to states",
        "parallel": TRUTH,
        "final": TRUTH,
        "on_done": TARGET,
    },
    "Event": {
        "payload": SCHEMA,
        "reason": "`required` or `optional`",
        "set": SET,
        "transitions": "a list of transitions, with at least one",
    },
    "Transition": {
        "from": FROM,
        "to": TARGET,
        "when": CEL,
        "unless_actor_of": NAMES,
        "only_actor_of": NAMES,
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
    "TargetRule": {"when": CEL, "is": DURATION, "calendar": CALENDAR},
    "Due": {
        "field": FIELD,
        "business_days": "a number of days from 0 on",
        "calendar_days": "a number of days from 0 on",
        "at": CLOCK_TIME,
        "cutoff": CLOCK_TIME,
    },
    "Step": {
        "at": "a point such as `50%`, `-1h` or `+4h`",
        "every": DURATION,
        "max": "a whole number from 1 on",
        "notify": "whom to notify, such as `role:supervisor`",
        "urgency": "a whole number from 0 to 100",
        "assign": "whom to assign to, such as `user:alice`",
        "fire": "the name of an event",
        "webhook": TEXT,
    },
    "Clock": {
        "kind": "`elapsed`, `due_at` or `periodic`",
        **dict.fromkeys(("start", "stop", "cancel", "pause", "resume", "reset"), CONDITION),
        "start_at": FIELD,
        "pause_max": DURATION,
        "target": f"{DURATION}, or a list of `{{when: ..., is: ...}}`",
        "due": "a mapping such as `{business_days: 2, at: \"16:00\"}`",
        "every": DURATION,
        "sequence": "`independent` or `sequential`",
        "calendar": CALENDAR,
        "retarget": "`keep_elapsed`, `restart` or `keep_deadline`",
        "reopen": "`ignore`, `resume`, `continue` or `restart`",
        "steps": "a list of steps",
    },
}


def expected(model: str, key: str) -> str:
    """What a field takes; a title or description is any text."""
    return EXPECTED.get(model, {}).get(key, TEXT)
