"""Business time: opening hours, holidays, and calendars over time."""
