"""Logs of elsewhere: fired again, or lived again at their own time."""
