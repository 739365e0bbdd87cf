"""Hand-in: what pupils submit is stored whole or not at all, queued, and its marks come back."""
