"""What operators and administrators ask: health, metrics, API keys, and the log of requests."""
