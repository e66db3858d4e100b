"""The calls about cases and their events: requests as attempts, and what the desk answered."""
