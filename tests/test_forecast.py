"""What a deck brings in a year: facts that hold of every forecast, and FSRS itself beside it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from fsrs import Card, Rating, Scheduler

from deckgen.forecast import forecast
from deckgen.model import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGIN = datetime(2026, 1, 1, 0, tzinfo=UTC)


def test_every_card_is_introduced_once() -> None:
    year = forecast(172, Options(new_per_day=10))
    assert sum(day.new for day in year.days) == 172
    assert [day.new for day in year.days[:19]] == [10] * 17 + [2, 0]
    assert year.all_seen == 18


def test_a_deck_too_large_for_a_year() -> None:
    year = forecast(20_000, Options(), 20)
    assert year.all_seen is None
    assert sum(day.new for day in year.days) == 365 * 20


def test_no_cards_and_no_pace() -> None:
    for year in (forecast(0, Options()), forecast(50, Options(new_per_day=0))):
        assert {(day.new, day.reviews, day.answers) for day in year.days} == {(0, 0, 0)}
        assert (year.peak, year.later, year.minutes) == (0, 0, 0)


def test_limits_hold_and_nothing_is_lost() -> None:
    year = forecast(500, Options(new_per_day=50, reviews_per_day=60))
    assert max(day.reviews for day in year.days) == 60
    assert all(day.new + day.reviews <= 60 for day in year.days)  # new cards only where reviews leave room
    assert sum(day.new for day in year.days) == 500


def test_who_is_to_remember_more_reviews_more() -> None:
    total = [sum(day.reviews for day in forecast(300, Options(desired_retention=r)).days) for r in (0.8, 0.9, 0.95)]
    assert total[0] < total[1] < total[2]


def test_the_longest_interval_counts() -> None:
    assert forecast(100, Options(maximum_interval=10)).later > 3 * forecast(100, Options()).later


def test_learning_steps_are_answers_and_no_reviews() -> None:
    year = forecast(10, Options(learning_steps=("1m", "10m"), new_per_day=10))
    assert (year.days[0].new, year.days[0].reviews, year.days[0].answers) == (10, 0, 20)
    year = forecast(10, Options(learning_steps=("1m", "1d"), new_per_day=10))
    assert year.days[1].reviews == 10  # the second step comes a day later


def test_the_same_deck_has_the_same_forecast() -> None:
    assert forecast(200, Options()) == forecast(200, Options())


def test_a_limit_does_not_make_a_deck_look_seen() -> None:
    year = forecast(20_000, Options(), 200)  # 200 reviews a day leave little room for new cards
    assert sum(day.new for day in year.days) < 20_000
    assert year.all_seen is None
    assert year.full > 200


def test_the_last_day_of_the_forecast_counts() -> None:
    assert forecast(50, Options(), 10, days=5).all_seen == 5
    assert forecast(51, Options(), 10, days=5).all_seen is None


def test_what_a_day_does_not_allow_comes_on_the_next() -> None:
    many = Options(new_per_day=10, reviews_per_day=10, learning_steps=("1d", "1d"))
    days = forecast(20, many, days=4).days
    assert [(day.new, day.reviews) for day in days[:3]] == [(10, 0), (0, 10), (10, 0)]  # the second ten have to wait


def test_the_sums_are_those_of_the_days() -> None:
    year = forecast(60, Options(new_per_day=20))
    assert year.peak == max(day.reviews for day in year.days)
    assert year.average == pytest.approx(sum(day.reviews for day in year.days) / 365)
    assert year.later == pytest.approx(sum(day.reviews for day in year.days[-30:]) / 30)
    assert year.all_seen == 3
    assert year.minutes == pytest.approx(sum(day.answers for day in year.days[:3]) * 8 / 60 / 3)


@pytest.mark.parametrize("steps", [(), ("0m",), ("99999999999d",), ("30s", "1.5h", "2d")])
def test_any_steps_will_do(steps: tuple[str, ...]) -> None:
    year = forecast(5, Options(learning_steps=steps, relearning_steps=steps))
    assert sum(day.new for day in year.days) == 5


def test_cards_learned_together_spread_over_days() -> None:
    learned = forecast(200, Options(new_per_day=200, reviews_per_day=999)).days
    assert max(day.reviews for day in learned[20:]) < 50  # without a spread, most of 200 would come on one day


def alone(card: Card, scheduler: Scheduler, lots: Random) -> Iterator[int]:
    """Yield the days on which one card is due within a year, as FSRS has it, straight on.

    Each study begins later in the day than the one before, so that FSRS, which counts 24 hours, counts each day.
    """
    start, now, day = BEGIN, BEGIN, 0
    while day < 365:
        if day:
            yield day
        start += timedelta(days=day - (start - BEGIN).days, minutes=20)
        now = start
        while (now - BEGIN).days == day:
            knows = card.last_review is None or lots.random() < scheduler.get_card_retrievability(card, now)
            card, _ = scheduler.review_card(card, Rating.Good if knows else Rating.Again, now)
            now = card.due
        day = (now - BEGIN).days


@pytest.fixture
def _no_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deckgen.forecast._spread", lambda interval, *_: interval)


@pytest.mark.usefixtures("_no_spread")
def test_reviews_are_as_many_as_fsrs_says_card_by_card() -> None:
    lots, scheduler = Random(2), Scheduler(enable_fuzzing=False)
    days = Counter(day for _ in range(3000) for day in alone(Card(card_id=1, due=BEGIN), scheduler, lots))
    year = forecast(3000, Options(new_per_day=3000, reviews_per_day=9999))
    for begin, end in ((0, 30), (30, 120), (120, 365)):
        straight = sum(days[day] for day in range(begin, end))
        assert sum(day.reviews for day in year.days[begin:end]) == pytest.approx(straight, rel=0.06)


class Never(Random):
    """Lots by which nothing is ever forgotten."""

    def random(self) -> float:
        return 0.0


@pytest.mark.usefixtures("_no_spread")
def test_a_card_that_is_never_forgotten_comes_when_fsrs_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deckgen.forecast.Random", Never)
    due = list(alone(Card(card_id=1, due=BEGIN), Scheduler(enable_fuzzing=False), Never()))
    assert [number for number, day in enumerate(forecast(1, Options()).days) if day.reviews] == due
    assert len(due) >= 3
