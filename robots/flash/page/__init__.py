"""The station on a web page, for a second screen."""
