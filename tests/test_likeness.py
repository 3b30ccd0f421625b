"""Cards without ids that were edited are known again; how well, over hand-made edits, and what the docs say of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckgen.likeness import likeness_of
from deckgen.pairing import OTHER_FILE, SAME_FILE
from tests import measure_likeness as measured

PAGE = Path(__file__).parents[1] / "docs" / "decisions" / "0011-likeness.md"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (("What does yeast feed on?", "Sugar"), ("On what does yeast feed?", "Sugar")),
        (("Who wrote *Middlemarch*?", "Eliot"), ("Which author wrote the novel *Middlemarch*?", "Eliot")),
        (("el arbol", "tree"), ("el árbol", "tree")),
        (("der Hund", "dog"), ("dog", "der Hund")),
        (("Water boils at {{c1::100}} °C", ""), ("Water boils at {{c1::100::number}} °C", "")),
        (("Normal heart rate", "60-100"), ("Normal heart rate (adult)", "60–100/min")),
    ],
)
def test_one_card_in_other_words(old: tuple[str, str], new: tuple[str, str]) -> None:
    assert likeness_of(old, new) >= OTHER_FILE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (("What is the capital of France?", "Paris"), ("What is the capital of Spain?", "Madrid")),
        (("Which organ makes insulin?", "Pancreas"), ("Which organ makes trypsin?", "Pancreas")),
        (("Who wrote *Emma*?", "Austen"), ("Who wrote *Persuasion*?", "Austen")),
        (("In which year did the war begin?", "1914"), ("In which year did the war end?", "1918")),
        (("What is the charge of a proton?", "+1"), ("What is the charge of a positron?", "+1")),
        (("What does `chmod +x` do?", "Makes it executable"), ("What does `chmod +w` do?", "Makes it writable")),
        (("print(7 // 2)", "3"), ("print(-7 // 2)", "-4")),
        (("die Kirche", "church"), ("die Kirsche", "cherry")),
        (("The capital is {{c1::Ottawa}}", ""), ("The capital is {{c1::Canberra}}", "")),
        (("", ""), ("", "x")),
    ],
)
def test_two_cards_that_look_alike(old: tuple[str, str], new: tuple[str, str]) -> None:
    assert likeness_of(old, new) < SAME_FILE


def test_the_set_of_edits_is_what_it_says() -> None:
    edits = [item for deck in measured.items().values() for item in deck]
    assert len(edits) >= 300
    for item in edits:
        assert item["kind"] in measured.KINDS, item
        for a, b in (*item["same"], *item["may"]):
            assert a < len(item["old"]), item
            assert b < len(item["new"]), item
        assert len({a for a, _ in item["same"]}) == len({b for _, b in item["same"]}) == len(item["same"]), item


def test_no_card_gets_the_reviews_of_another_and_the_docs_say_what_is_true() -> None:
    page, alone = PAGE.read_text("utf-8"), measured.alone()
    assert measured.table(alone) in page, "python -m tests.measure_likeness"
    assert measured.table(measured.together()) in page, "python -m tests.measure_likeness"
    held_out = measured.table(measured.held_out(), [measured.items()["held-out"]])
    assert held_out in page, "python -m tests.measure_likeness"
    right, wrong = (sum(getattr(score, part) for score in alone.values()) for part in ("right", "wrong"))
    assert wrong <= right / 100
