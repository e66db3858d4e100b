"""Examples of answers, as the OpenAPI document shows them. Litestar would drop what is null in them."""

from app.domain.case import Json

CYCLE: dict[str, Json] = {
    "clock": "decision",
    "current": True,
    "cycle": 1,
    "status": "running",
    "started_at": "2026-12-22T14:00:00.000000Z",
    "due_at": "2026-12-28T14:00:00.000000Z",
    "paused": None,
    "breached_at": None,
    "breach_reason": None,
    "stopped_at": None,
    "calendar": "office_de",
    "next_fire_at": "2026-12-23T14:00:00.000000Z",
}
SIMULATED: dict[str, Json] = {
    "state": "running",
    "due_at": "2026-12-28T14:00:00.000000Z",
    "breached_at": None,
    "breach_reason": None,
    "elapsed_seconds": 10800,
    "steps": [
        {"at": "50%", "fires_at": "2026-12-23T14:00:00.000000Z", "skipped": False},
        {"at": "100%", "fires_at": "2026-12-28T14:00:00.000000Z", "skipped": False},
    ],
    "segments": [
        {
            "from": "2026-12-22T14:00:00.000000Z",
            "to": "2026-12-22T16:00:00.000000Z",
            "counted": True,
            "why": "working hours",
        },
        {
            "from": "2026-12-22T16:00:00.000000Z",
            "to": "2026-12-23T08:00:00.000000Z",
            "counted": False,
            "why": "outside of working hours",
        },
        {
            "from": "2026-12-23T08:00:00.000000Z",
            "to": "2026-12-23T09:00:00.000000Z",
            "counted": True,
            "why": "working hours",
        },
    ],
}
EXPLAINED: dict[str, Json] = {
    **SIMULATED,
    "clock": "decision",
    "title": "Decision within two working days",
    "cycle": 1,
    "calendar": "office_de",
    "target_seconds": 57600,
    "started_at": "2026-12-22T14:00:00.000000Z",
    "detected_at": None,
    "late_by_seconds": None,
}
ANSWERS: dict[tuple[str, str], Json] = {
    ("listClocks", "200"): {"items": [CYCLE]},
    ("explainClock", "200"): EXPLAINED,
    ("simulateClock", "200"): SIMULATED,
}
"""By operation and status."""
