"""How many reviews a deck brings, day by day: its learner simulated with FSRS, the scheduler that Anki uses.

The learner remembers as often as FSRS predicts, answers Good or Again, and misses no day. The same deck gives the same
forecast. What a day allows is Anki's: so many new cards, so many reviews, and new cards only where reviews leave room.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsrs import Card, Scheduler

    from deckgen.model import Options

DAYS = 365
SECONDS_AN_ANSWER = 8
"""What learners take on average; Anki's own statistics of a collection tell a learner's own."""

Number = TypeVar("Number", int, float)
_BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)  # any day will do
_SEED = 20
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Day:
    """What a learner does on a day: new cards, cards that are due, and answers in all, learning steps included."""

    new: int
    reviews: int
    answers: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """A year of a deck at a pace. `reviews_limit` is the most reviews that a day allows."""

    new_per_day: int
    reviews_limit: int
    retention: float
    days: Sequence[Day]

    @property
    def peak(self) -> int:
        """Return the most reviews on one day."""
        return max((day.reviews for day in self.days), default=0)

    @property
    def all_seen(self) -> int | None:
        """Return the day, from 1, on which the last new card comes; None if that is beyond the forecast."""
        last = max((number for number, day in enumerate(self.days, 1) if day.new), default=0)
        return last if last < len(self.days) else None

    @property
    def later(self) -> float:
        """Return the reviews a day over the last thirty days."""
        end = self.days[-30:]
        return sum(day.reviews for day in end) / len(end) if end else 0.0

    @property
    def minutes(self) -> float:
        """Return the minutes a day, on average over the days on which there is anything to do."""
        busy = [day.answers for day in self.days if day.answers]
        return sum(busy) * SECONDS_AN_ANSWER / 60 / len(busy) if busy else 0.0


def forecast(cards: int, options: Options, new_per_day: int | None = None, days: int = DAYS) -> Forecast:
    """Simulate a deck with so many cards. Where the deck says nothing, Anki's defaults hold.

    Raises ModuleNotFoundError without the package fsrs.
    """
    pace = new_per_day if new_per_day is not None else _or(options.new_per_day, 20)
    limit = _or(options.reviews_per_day, 200)
    scheduler = _scheduler(options)
    learner = _Learner(scheduler, Random(_SEED))  # noqa: S311 - chance, no secret
    due: list[list[Card]] = [[] for _ in range(days)]
    done = []
    for day in range(days):
        waiting = due[day]
        for card in waiting[limit:]:  # what a day does not allow is left for the next
            due[day + 1 : day + 2] = [[card, *due[day + 1]]] if day + 1 < days else []
        now = waiting[:limit]
        new = min(pace, cards, limit - len(now))
        cards -= new
        answers = 0
        for card in [*now, *learner.new(new)]:
            studied, count, later = learner.study(card, day)
            answers += count
            if later < days:
                due[later].append(studied)
        done.append(Day(new, len(now), answers))
    return Forecast(pace, limit, scheduler.desired_retention, done)


@dataclass(frozen=True, slots=True)
class _Learner:
    """Somebody who studies cards. Recall is drawn by lot."""

    scheduler: Scheduler
    lots: Random

    def new(self, number: int) -> list[Card]:
        from fsrs import Card  # noqa: PLC0415 - an extra

        return [Card(card_id=1, due=_BEGIN) for _ in range(number)]

    def study(self, card: Card, day: int) -> tuple[Card, int, int]:
        """Answer a card until it is due on another day; return it, the number of answers, and that day."""
        from fsrs import Rating  # noqa: PLC0415

        now = _BEGIN + timedelta(days=day)
        midnight = now.date() + timedelta(days=1)
        answers = 0
        while not answers or card.due.date() < midnight:
            now = card.due if answers else now
            knows = not card.last_review or self.lots.random() < self.scheduler.get_card_retrievability(card, now)
            card, _ = self.scheduler.review_card(card, Rating.Good if knows else Rating.Again, now)
            answers += 1
        return card, answers, max(day + 1, (card.due - _BEGIN).days)


def _scheduler(options: Options) -> Scheduler:
    from fsrs import Scheduler  # noqa: PLC0415 - an extra

    return Scheduler(
        desired_retention=_or(options.desired_retention, 0.9),
        learning_steps=_steps(options.learning_steps, ("1m", "10m")),
        relearning_steps=_steps(options.relearning_steps, ("10m",)),
        maximum_interval=_or(options.maximum_interval, 36_500),
        enable_fuzzing=False,
    )


def _steps(given: tuple[str, ...] | None, default: tuple[str, ...]) -> tuple[timedelta, ...]:
    steps = default if given is None else given
    parts = (re.fullmatch(r"([\d.]+)([smhd]?)", step) for step in steps)
    return tuple(timedelta(seconds=float(part[1]) * _UNITS[part[2] or "m"]) for part in parts if part)


def _or(given: Number | None, default: Number) -> Number:
    return default if given is None else given
