"""The desk of programmes: targets and figures entered by hand."""
