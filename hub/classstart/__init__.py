"""Starting a class: many servers in good order, by a teacher's button or by the timetable, and nobody is refused meanwhile."""
