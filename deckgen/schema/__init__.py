"""Values with positions to a deck: every wrong key, type and reference is found here.

`kinds` says what kinds of value there are, `keys` which keys a deck has; both are used twice, to read a
file and to make the JSON Schema for editors. `deck`, `owntypes` and `cards` build the model from what was read.
"""
