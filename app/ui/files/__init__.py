"""The files of a case in a browser: shown where that is safe, saved where it is not."""
