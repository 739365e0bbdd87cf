"""Mentor dispatch (シニアメンター派遣): who leads and who assists at which session. Pure: no clock, no database, no request.

`problem` says what is given and what comes back, `rules` what is allowed, `cost` what is better, `solve.dispatch` finds the best plan,
`greedy` is the plan made by hand, `words` says it in Japanese and English, `travel` makes minutes of coordinates.
"""
