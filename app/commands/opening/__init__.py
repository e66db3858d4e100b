"""Open the services for a command, from the settings and the declared folders."""
