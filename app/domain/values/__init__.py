"""Values that every layer speaks of: names, errors, moments, and what may be written down."""
