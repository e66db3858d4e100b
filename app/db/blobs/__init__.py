"""The bytes of attachments: in the database or in a folder, from the first byte to the last."""
