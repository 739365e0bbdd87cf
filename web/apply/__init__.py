"""Applications of families, without an account: first come, waiting list, offers, their own pages."""
