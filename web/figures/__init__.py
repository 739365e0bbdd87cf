"""The plan's indicators, counted from records."""
