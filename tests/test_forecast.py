"""What a deck brings in a year: facts that hold of every forecast, and FSRS itself beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fsrs import Card, Rating, Scheduler

from deckgen.forecast import forecast
from deckgen.model import Options

if TYPE_CHECKING:
    import pytest

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)


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


def test_a_card_that_is_never_forgotten_comes_when_fsrs_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scheduler, "get_card_retrievability", lambda *_, **__: 1.0)
    due, card = [], Card(card_id=1, due=BEGIN)
    scheduler, now = Scheduler(enable_fuzzing=False), BEGIN
    while now < BEGIN + timedelta(days=365):
        card, _ = scheduler.review_card(card, Rating.Good, now)
        if card.due.date() == now.date():
            now = card.due  # a learning step
            continue
        due.append((card.due - BEGIN).days)
        now = BEGIN + timedelta(days=due[-1])
    year = forecast(1, Options())
    assert [number for number, day in enumerate(year.days) if day.reviews] == [day for day in due if day < 365]
    assert len(due) >= 3
