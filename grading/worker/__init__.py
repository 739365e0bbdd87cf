"""The grading worker: takes jobs from the exchange's queue, one process a house."""
