"""Who calls, by what they show: our own tokens, those of trusted issuers, API keys."""
