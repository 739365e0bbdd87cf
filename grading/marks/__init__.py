"""From a hand-in to marks: sanitise, run in a room, score by nbgrader's rules, write the gradebook once, tell the pupil kindly."""
