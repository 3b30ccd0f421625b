"""Typed answers are compared letter by letter as Anki compares them: preview/static/typing.js against Anki itself."""

from __future__ import annotations

import re
import time
from html import escape, unescape
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckgen.preview.assets import STATIC
from tests.test_cards_oracle import steady

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    from tests.anki_harness import Anki

    Compare = Callable[[list[tuple[str, str, bool]]], list[str]]

ALPHABETS = (
    "abc dE",
    "éèêe\u0301 ñ",
    "абвгд",
    "مرحبا\u064b",
    "한국어가나",
    "日本語かな",
    "กขค\u0e48",
    "नमस्ते",
    "👩‍🚀🎉x",
    "-'!?.",
    '<&>"',
    "ﬁfi²2①",  # one letter, or two, where marks do not count
    "a\u00a0 ",
)
texts = st.sampled_from(ALPHABETS).flatmap(lambda letters: st.text(st.sampled_from(letters), min_size=1, max_size=14))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str, bool]:
    """Two texts that have much in common: the second is the first after a few slips."""
    expected = draw(texts)
    typed = list(expected)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(typed)))
        if draw(st.booleans()):
            typed[place : place + 1] = []
        else:
            typed.insert(place, draw(st.sampled_from([*expected, "x", " ", "\u0301"])))
    return expected, "".join(typed), draw(st.booleans())


@pytest.fixture(scope="module")
def compare(browser: Browser) -> Iterator[Compare]:
    """Return a function that lets a browser compare many pairs, and gives the HTML that it shows."""
    script = (STATIC / "typing.js").read_text("utf-8").replace("export ", "")
    page = browser.new_page()
    page.add_script_tag(content=script)

    def run(all_pairs: list[tuple[str, str, bool]]) -> list[str]:
        found: Any = page.evaluate(
            "pairs => pairs.map(([a, b, c]) => typedElement(document, compareTyped(a, b, c)).outerHTML)",
            [list(pair) for pair in all_pairs],
        )
        return [str(each) for each in found]

    yield run
    page.close()


def as_anki_writes_it(html: str) -> str:
    """Write the browser's HTML as Anki does: no quotes around attributes, every sign that can be escaped is."""
    html = re.sub(r'(id|class)="([^"]*)"', r"\1=\2", html)
    parts = re.split(r"(<[^>]*>)", html)
    parts[::2] = [escape(unescape(text)) for text in parts[::2]]
    return "".join(parts).replace("↓", "&darr;")


def by_anki(anki: Anki, pair: tuple[str, str, bool]) -> str:
    return str(anki.col.compare_answer(escape(pair[0]), pair[1], combining=pair[2]))


def test_thousands_of_answers(anki: Anki, compare: Compare) -> None:
    collected: list[tuple[str, str, bool]] = []

    @settings(steady, max_examples=2_400)
    @given(pairs())
    def collect(pair: tuple[str, str, bool]) -> None:
        if pair[0].strip() == pair[0]:  # Anki trims the answer of the card, which has happened before this
            collected.append(pair)

    collect()
    assert len(collected) >= 2_000
    for pair, html in zip(collected, compare(collected), strict=True):
        assert as_anki_writes_it(html) == by_anki(anki, pair), pair


LONG = "the quick brown fox jumps over the lazy dog and then it sleeps for a while in the sun " * 4


SPACED = ["".join(f"a{chr(first + number)}" for number in range(1_000)) for first in (0x4E00, 0x6E00)]
"""Every second letter is the same and no other: as many matches as there can be."""


@pytest.mark.parametrize(
    ("expected", "typed"),
    [
        (LONG.strip(), LONG.strip().replace("lazy", "crazy")),
        (LONG.strip(), LONG[20:].strip()),
        ("ab" * 150, "ba" * 150),
        (SPACED[0][:400], SPACED[1][:380]),
    ],
)
def test_long_answers(anki: Anki, compare: Compare, expected: str, typed: str) -> None:
    pair = (expected, typed, True)
    assert as_anki_writes_it(compare([pair])[0]) == by_anki(anki, pair)


def test_very_long_answers_take_no_time_to_speak_of(compare: Compare) -> None:
    """2,000 letters each; 20 to 100 ms a pair in a browser that has nothing else to do, where a blow-up takes 5 s."""
    worst = [
        ("ab" * 1_000, "ba" * 1_000),
        (LONG * 6, LONG[::-1] * 6),
        (SPACED[0], SPACED[1]),
        ("a" * 2_000, "a" * 1_999),
    ]
    begun = time.perf_counter()
    compare([(*pair, True) for pair in worst])
    assert time.perf_counter() - begun < 3


def test_an_answer_reads_as_in_anki(compare: Compare) -> None:
    (html,) = compare([("hello world", "hello wrld", True)])
    assert as_anki_writes_it(html) == (
        "<code id=typeans><span class=typeGood>hello w</span><span class=typeMissed>-</span>"
        "<span class=typeGood>rld</span><br><span id=typearrow>&darr;</span><br><span class=typeGood>hello w</span>"
        "<span class=typeMissed>o</span><span class=typeGood>rld</span></code>"
    )
