"""Speed, measured side by side with stock nbgrader in one run on one machine, told as ratios. Never a timed test."""
