"""The mentor's commands for one board at a time: find it, talk to it, run a program on it, put it back as it was."""
