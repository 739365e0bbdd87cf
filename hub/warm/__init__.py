"""Warm starts: one process a kind of child imports everything once, and forks children that walk into rooms.

``python -I -m hub.warm KIND SOCKET`` is that process. Whoever starts a room gives ``hub.room.start`` the socket's path; nothing
else differs. ``docs/rooms.md`` says what a child gives up on its way in, ``docs/performance.md`` what it saves.
"""
