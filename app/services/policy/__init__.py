"""The living policy: read, changed, verified, and who administers it."""
