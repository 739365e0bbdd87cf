"""Firmware: which release belongs on which board, whether its file is whole, and the ways to write it."""
