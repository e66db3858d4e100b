"""The `stateward` command, one file per subcommand."""
