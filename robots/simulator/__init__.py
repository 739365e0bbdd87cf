"""The crab without a crab: a field, a body, a match, and a program that runs as if on the robot."""
