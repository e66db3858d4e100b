"""Why an event may not be fired now, and what would help."""
