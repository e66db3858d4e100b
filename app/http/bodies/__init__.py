"""The bodies of requests, from their bytes to models."""
