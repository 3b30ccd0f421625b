"""What Anki's reviewer does with a rendered card, done for a browser: sounds, typed answers, scripts."""

from __future__ import annotations

import re

import pytest

from deckgen.reviewer import Reviewer
from tests.test_rendering import AROUND, note_type


def buttons(html: str) -> list[str]:
    return re.findall(r'data-(?:sound|speak)="([^"]*)"', html)


SOUNDS = [
    ("f[sound:f.mp3]", "b[sound:b.mp3]", ["f.mp3"], ["f.mp3", "b.mp3"]),
    ("f[sound:f.mp3]", "b", ["f.mp3"], ["f.mp3"]),
    ("f", "b[sound:b.mp3]", [], ["b.mp3"]),
    ("f[anki:play:q:7][sound:f.mp3]", "b", ["f.mp3"], ["f.mp3"]),
]


@pytest.mark.parametrize(("front", "back", "on_front", "on_back"), SOUNDS)
def test_each_sound_has_its_button(front: str, back: str, on_front: list[str], on_back: list[str]) -> None:
    own = note_type("{{F}}", "{{FrontSide}}<hr>{{B}}", ("F", "B"))
    card = Reviewer(own).card([front, back], 0, AROUND)
    assert (buttons(card.front), buttons(card.back)) == (on_front, on_back)
    assert "[anki:play" not in card.front + card.back


def test_speech_has_a_button_too() -> None:
    card = Reviewer(note_type("{{tts de_DE:F}}", "", ("F",))).card(["Guten Tag"], 0, AROUND)
    assert 'data-speak="Guten Tag" data-lang="de_DE"' in card.front


def test_what_is_typed_has_a_box_and_then_a_comparison_after_the_rule() -> None:
    own = note_type("{{F}}{{type:B}}", "{{F}}<hr id=answer>{{type:B}}", ("F", "B"))
    card = Reviewer(own).card(["f", 'two <b>"words"</b>'], 0, AROUND)
    assert '<input type="text" id="typeans"' in card.front
    assert re.search(
        r'f<hr id=answer><div class="typed" style="[^"]*" data-expected="two &quot;words&quot;"', card.back
    )


@pytest.mark.parametrize(
    ("template", "shown"), [("{{type:Empty}}", ""), ("[[type:Gone]]", "Type answer: unknown field")]
)
def test_a_box_that_has_nothing_to_ask(template: str, shown: str) -> None:
    card = Reviewer(note_type("{{F}}|" + template, "", ("F", "Empty"))).card(["f", ""], 0, AROUND)
    assert card.front == f"f|{shown}"


def test_scripts_are_left_out() -> None:
    card = Reviewer(note_type("{{F}}<script>x()</script >", "", ("F",))).card(["f<SCRIPT\n>y</script>"], 0, AROUND)
    assert card.front == "f"


def test_cards_are_named_as_their_templates_or_clozes() -> None:
    assert Reviewer(note_type("{{F}}", "", ("F",))).card(["f"], 0, AROUND).name == "Card 1"
