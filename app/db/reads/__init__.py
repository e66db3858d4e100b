"""The statements of both stores by noun; nothing here decides."""
