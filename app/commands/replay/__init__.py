"""`stateward replay`: over HTTP, straight into the database, or as a back-test."""
