"""The calls of built-in verbs: assign, attach, comment, relate."""
