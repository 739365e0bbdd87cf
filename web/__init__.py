"""The community site."""

from kanikko.quickly import left_out

# sqlite_utils takes along whatever of these is installed (the solver needs them): 50 MB and half a second of every start.
with left_out(("pandas", "numpy")):
    import sqlite_utils  # noqa: F401
