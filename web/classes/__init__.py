"""Classes, their sessions and places: public calendar, search, feeds; the desk where staff make them."""
