"""The preview: a server for this machine alone that shows a deck in a browser, and shows it anew when a file is saved.

It knows nothing of decks: what it shows and how to read it again come as functions. Needs the extra `preview`.
"""
