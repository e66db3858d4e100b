"""Open connections, what each is told first, and what their errors mean."""
