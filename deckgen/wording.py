"""Words on screen that several reports share."""

from __future__ import annotations


def amount(number: int, word: str) -> str:
    """Return a number with its word in the singular or the plural: `1 card`, `1,200 cards`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
