"""Clocks as they are kept, verified and simulated, and the calendars that they count by."""
