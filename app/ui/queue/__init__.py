"""The queue, search and saved views as pages."""
