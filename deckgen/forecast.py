"""How many reviews a deck brings, day by day: its learner simulated with FSRS, the scheduler that Anki uses.

The learner remembers as often as FSRS predicts, is as strict with answers as people are on average, and misses no day.
What a day allows is Anki's: so many new cards, so many reviews, and new cards only where reviews leave room. Siblings
are not kept apart. The same deck gives the same forecast.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsrs import Card, Rating, Scheduler

    from deckgen.model import Options

DAYS = 365
SECONDS_AN_ANSWER = 8
"""What learners take on average; Anki's own statistics of a collection tell a learner's own."""

Number = TypeVar("Number", int, float)
_BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)  # any day will do
_SEED = 20
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_A_MONTH = 30
_FIRM = 2  # days: an interval that is not spread
_LONGEST_STEP = timedelta(days=36_500)

# How often people answer Again, Hard, Good and Easy: averages of many users of Anki, as the makers of FSRS have them in
# their simulator (fsrs-rs, SimulatorConfig), and Anki in its own where a learner has not yet reviewed.
_ANSWERS = (1, 2, 3, 4)  # values of Rating
_TO_NEW = (0.24, 0.094, 0.495, 0.171)
_TO_REMEMBERED = (0.0, 0.224, 0.631, 0.145)
_TO_STEP = {  # by the answer before, on the same day: to a card that is learned, and to one that is learned again
    "Learning": {
        1: (0.3686, 0.0628, 0.5108, 0.0577),
        2: (0.0442, 0.4553, 0.4457, 0.0549),
        3: (0.0519, 0.047, 0.8462, 0.055),
    },
    "Relearning": {
        1: (0.2157, 0.0643, 0.6595, 0.0604),
        2: (0.05, 0.4638, 0.4475, 0.0387),
        3: (0.1057, 0.1434, 0.7266, 0.0244),
    },
}


@dataclass(frozen=True, slots=True)
class Day:
    """What a learner does on a day: new cards, cards that are due, and answers in all, learning steps included."""

    new: int
    reviews: int
    answers: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The days of a deck with so many cards at a pace. `reviews_limit` is the most reviews that a day allows."""

    cards: int
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
        if sum(day.new for day in self.days) < self.cards:
            return None
        return max((number for number, day in enumerate(self.days, 1) if day.new), default=0)

    @property
    def all_seen_at_best(self) -> int | None:
        """Return that day, beyond the forecast as well, if days go on like the last thirty; None if it never comes.

        As reviews take more of the day, new cards come slower: the true day may be twice as far.
        """
        end = self.days[-_A_MONTH:]
        new = sum(day.new for day in end)
        left = self.cards - sum(day.new for day in self.days)
        return len(self.days) + ceil(left * len(end) / new) if left and new else self.all_seen

    @property
    def full(self) -> int:
        """Return on how many days there is no room for another card."""
        return sum(day.new + day.reviews >= self.reviews_limit for day in self.days)

    @property
    def average(self) -> float:
        """Return the reviews a day over all days."""
        return sum(day.reviews for day in self.days) / max(1, len(self.days))

    @property
    def later(self) -> float:
        """Return the reviews a day over the last thirty days."""
        end = self.days[-_A_MONTH:]
        return sum(day.reviews for day in end) / max(1, len(end))

    @property
    def minutes(self) -> float:
        """Return the minutes a day, on average over the days until all cards are seen."""
        days = self.days[: self.all_seen]
        return minutes(sum(day.answers for day in days)) / max(1, len(days))


def minutes(answers: int) -> float:
    """Return how long so many answers take."""
    return answers * SECONDS_AN_ANSWER / 60


def forecast(cards: int, options: Options, new_per_day: int | None = None, days: int = DAYS) -> Forecast:
    """Simulate a deck with so many cards. Where the deck says nothing, Anki's defaults hold.

    Raises ModuleNotFoundError without the package fsrs.
    """
    pace = new_per_day if new_per_day is not None else _or(options.new_per_day, 20)
    limit = _or(options.reviews_per_day, 200)
    learner = _Learner(_scheduler(options), Random(_SEED))  # noqa: S311 - chance, no secret
    calendar: list[list[Card]] = [[] for _ in range(days)]
    left: list[Card] = []  # what the days before did not allow, longest overdue first
    unseen = cards
    done = []
    for day in range(days):
        waiting = left + calendar[day]
        now, left = waiting[:limit], waiting[limit:]
        new = min(pace, unseen, limit - len(now))
        unseen -= new
        answers = 0
        for card in [*now, *learner.new(new)]:
            studied, count, due = learner.study(card, day)
            answers += count
            if due < days:
                calendar[due].append(studied)
        done.append(Day(new, len(now), answers))
    return Forecast(cards, pace, limit, learner.scheduler.desired_retention, done)


@dataclass(frozen=True, slots=True)
class _Learner:
    """Somebody who studies cards. Recall and answers are drawn by lot."""

    scheduler: Scheduler
    lots: Random

    def new(self, number: int) -> list[Card]:
        from fsrs import Card  # noqa: PLC0415 - an extra

        return [Card(card_id=1, due=_BEGIN) for _ in range(number)]

    def study(self, card: Card, day: int) -> tuple[Card, int, int]:
        """Answer a card until it is due on another day; return it, the number of answers, and that day."""
        from fsrs import State  # noqa: PLC0415 - an extra

        begin = now = _BEGIN + timedelta(days=day)
        answers, before = 0, None
        while not answers or card.due.date() == begin.date():
            now = card.due if answers else now
            before = self.answer(card, now, before)
            card, _ = self.scheduler.review_card(card, before, now)
            answers += 1
        wait = (card.due.date() - begin.date()).days
        if card.state is State.Review:
            wait = _spread(wait, self.scheduler.maximum_interval, self.lots)
        # Anki counts days. FSRS counts 24 hours, and would miss one of them after a step of ten minutes.
        card.last_review = begin
        return card, answers, day + wait

    def answer(self, card: Card, now: datetime, before: Rating | None) -> Rating:
        """Return an answer to a card; `before` is the one before it on the same day."""
        from fsrs import Rating  # noqa: PLC0415 - an extra

        if before:
            chances = _TO_STEP[card.state.name][before]
        elif not card.last_review:
            chances = _TO_NEW
        elif self.lots.random() < self.scheduler.get_card_retrievability(card, now):
            chances = _TO_REMEMBERED
        else:
            return Rating.Again
        return Rating(self.lots.choices(_ANSWERS, chances)[0])


def _spread(interval: int, longest: int, lots: Random) -> int:
    """Return an interval near a given one, as Anki does, so that cards learned together do not stay together.

    FSRS would do it itself, but by the lots of the whole process.
    """
    from fsrs.scheduler import FUZZ_RANGES  # noqa: PLC0415 - an extra

    if interval <= _FIRM:
        return interval
    delta = 1 + sum(each["factor"] * max(0.0, min(interval, each["end"]) - each["start"]) for each in FUZZ_RANGES)
    return min(longest, lots.randint(max(_FIRM, round(interval - delta)), round(interval + delta)))


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
    parts = (re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", step) for step in steps)
    seconds = (float(part[1]) * _UNITS[part[2] or "m"] for part in parts if part)
    return tuple(timedelta(seconds=min(each, _LONGEST_STEP.total_seconds())) for each in seconds)


def _or(given: Number | None, default: Number) -> Number:
    return default if given is None else given
