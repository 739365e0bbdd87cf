"""Open data: events, places and indicators, never a person."""
