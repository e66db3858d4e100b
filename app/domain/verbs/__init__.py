"""The built-in verbs: what people do with a case besides firing events."""
