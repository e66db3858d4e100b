"""From a YAML file to a case type: reading, checking, and saying what is wrong on which line."""
