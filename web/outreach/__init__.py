"""Requests for lessons from kindergartens, schools, libraries and neighbourhood associations."""
