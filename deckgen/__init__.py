"""deckgen compiles YAML card definitions into Anki decks."""

__version__ = "0.1.0"
