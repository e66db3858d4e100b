"""SLA clocks: their states, what happens to them, when they are due, and what one would do."""
