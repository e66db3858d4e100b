"""Who may do what, as far as a decision asks; app/policy answers."""
