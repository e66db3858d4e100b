"""Who calls: API keys, trusted issuers, and how much a caller may ask."""
