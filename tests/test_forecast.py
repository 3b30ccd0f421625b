"""What a deck brings in a year: facts that hold of every forecast, and FSRS itself beside it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from anki.collection import AddNoteRequest
from anki.scheduler_pb2 import SimulateFsrsReviewRequest
from fsrs import Card, Rating, Scheduler
from fsrs.scheduler import DEFAULT_PARAMETERS

from deckgen.forecast import _Learner, forecast
from deckgen.model import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.anki_harness import Anki

BEGIN = datetime(2026, 1, 1, 0, tzinfo=UTC)


@pytest.fixture
def _plain_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a learner answer Good where FSRS expects that a card is known, else Again."""

    def answer(learner: _Learner, card: Card, now: datetime, _before: Rating | None) -> Rating:
        knows = not card.last_review or learner.lots.random() < learner.scheduler.get_card_retrievability(card, now)
        return Rating.Good if knows else Rating.Again

    monkeypatch.setattr("deckgen.forecast._Learner.answer", answer)


def test_every_card_is_introduced_once() -> None:
    year = forecast(172, Options(new_per_day=10))
    assert sum(day.new for day in year.days) == 172
    assert [day.new for day in year.days[:19]] == [10] * 17 + [2, 0]
    assert year.all_seen == 18


def test_a_deck_too_large_for_a_year() -> None:
    year = forecast(20_000, Options(reviews_per_day=9999), 20)
    assert year.all_seen is None
    assert sum(day.new for day in year.days) == 365 * 20
    assert year.all_seen_at_best == 1000


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


@pytest.mark.usefixtures("_plain_answers")
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
    assert forecast(51, Options(), 10, days=5).all_seen_at_best == 6


def test_beyond_a_year_the_last_card_comes_no_sooner_than_is_said() -> None:
    slow = Options(new_per_day=5, reviews_per_day=50)  # more and more reviews leave less and less room
    at_best = forecast(2000, slow).all_seen_at_best
    later = forecast(2000, slow, days=1200).all_seen
    assert at_best is not None
    assert later is not None
    assert 400 < at_best <= later


def test_a_day_that_never_comes() -> None:
    for_ever = forecast(500, Options(maximum_interval=1))  # each card comes each day, and 200 fill a day
    assert (for_ever.all_seen, for_ever.all_seen_at_best) == (None, None)
    assert forecast(5, Options(), 0).all_seen_at_best is None


@pytest.mark.usefixtures("_plain_answers")
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


@pytest.mark.usefixtures("_no_spread", "_plain_answers")
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


@pytest.mark.usefixtures("_no_spread", "_plain_answers")
def test_a_card_that_is_never_forgotten_comes_when_fsrs_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deckgen.forecast.Random", Never)
    due = list(alone(Card(card_id=1, due=BEGIN), Scheduler(enable_fuzzing=False), Never()))
    assert [number for number, day in enumerate(forecast(1, Options()).days) if day.reviews] == due
    assert len(due) >= 3


@pytest.mark.parametrize(
    ("pace", "limit", "retention", "longest"),
    [
        (20, 9999, 0.9, 36_500),
        (20, 9999, 0.8, 36_500),
        (20, 9999, 0.95, 36_500),
        (20, 9999, 0.9, 20),
        (5, 200, 0.9, 36_500),
        (100, 100, 0.9, 36_500),
    ],
)
def test_ankis_own_simulator_expects_as_much(anki: Anki, pace: int, limit: int, retention: float, longest: int) -> None:
    basic = anki.col.models.by_name("Basic")
    notes = [anki.col.new_note(basic) for _ in range(1000)]
    for number, note in enumerate(notes):
        note.fields = [str(number), "back"]
    anki.col.add_notes([AddNoteRequest(note, anki.col.decks.id("D")) for note in notes])
    asked = SimulateFsrsReviewRequest(
        params=DEFAULT_PARAMETERS,
        desired_retention=retention,
        days_to_simulate=365,
        new_limit=pace,
        review_limit=limit,
        max_interval=longest,
        search="deck:D",
        historical_retention=0.9,
        learning_step_count=2,
        relearning_step_count=1,
    )
    theirs = anki.col._backend.simulate_fsrs_review(asked)
    options = Options(reviews_per_day=limit, desired_retention=retention, maximum_interval=longest)
    ours = forecast(1000, options, pace).days
    assert sum(day.new for day in ours) == pytest.approx(sum(theirs.daily_new_count), rel=0.02)
    assert sum(day.reviews for day in ours) == pytest.approx(sum(theirs.daily_review_count), rel=0.1)
    assert max(day.reviews for day in ours) == pytest.approx(max(theirs.daily_review_count), rel=0.15)
