"""The addresses of files."""

from app.ui.files.looking import look_at_file

FILES = (look_at_file,)
