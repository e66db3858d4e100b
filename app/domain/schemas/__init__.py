"""Data and payloads held against JSON Schema, and what is wrong with them in sentences."""
