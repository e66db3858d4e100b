"""Forms made from JSON Schemas, and the pages on them: an event, a new case, a conflict."""
