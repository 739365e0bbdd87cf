"""The plan's programmes, their yearly targets and the figures entered by hand."""
