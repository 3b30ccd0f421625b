"""Whether a clock can be right. A note dated far ahead would overwrite learners' edits at every import until that day.

Anki compares times only: a note of a package that is newer than the learner's is an update. One from the year 2096 is
newer than anything that a learner will write in this century (tested in tests/test_updates.py).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deckgen.diagnostics import Diagnostic, Span, warning

if TYPE_CHECKING:
    from deckgen.lock import Lock

RELEASED = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
"""About when this version of deckgen was written: no clock that runs it is earlier than that and right."""

PATIENCE = 10 * 365 * 86_400
"""Seconds that may pass between two builds, or between a release of deckgen and its use."""


def plausible(now: int, old: Lock, at: Span) -> tuple[int, Diagnostic | None]:
    """Return the time to build at, in seconds since 1970: `now`, unless it lies too far ahead to be true."""
    if now <= RELEASED + PATIENCE:
        return now, None
    known = max(RELEASED, old.newest())
    if now <= known + PATIENCE:
        return now, None
    message = f"the clock says {_year(now)}, and the last that is known is {_year(known)}; cards are dated by that"
    help_ = "set the machine's clock (or SOURCE_DATE_EPOCH) right, so that updates reach learners who edit their cards"
    return known, warning(at, "clock-ahead", message, help_)


def _year(seconds: int) -> str:
    try:
        return str(datetime.fromtimestamp(seconds, UTC).year)
    except (ValueError, OverflowError):  # after the year 9999
        return "a year after 9999"
