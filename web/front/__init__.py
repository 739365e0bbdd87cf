"""The front door: first page, words about the site, policies, error pages, the frame around every page."""
