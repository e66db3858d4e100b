"""What may be declared: case types and calendars as models, and how they name and title things."""
