"""Themes, drawn by Chromium: every text can be read, nothing runs over, whatever the width, light and script."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from deckgen.discover import find_decks
from deckgen.notetypes.themes import theme_names
from deckgen.preview.assets import STATIC, asset
from deckgen.rereading import Rereader
from tests.browser import chromium
from tests.conftest import NOW, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from deckgen.gallery import Gallery

SPECIMEN = Path(__file__).parent / "decks" / "specimen"
HEADS = {"english": "en", "arabic": "ar"}
WIDTHS = (360, 1200)

MEASURE = """() => {
  const channel = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const numbers = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const ground = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(numbers(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    if (!texts.currentNode.data.trim() || !element.checkVisibility() || !range.getClientRects().length) continue;
    if (["SCRIPT", "STYLE"].includes(element.tagName)) continue;
    const below = ground(element);
    const ink = over(numbers(getComputedStyle(element).color), below);
    const [dark, bright] = [light(ink), light(below)].sort((a, b) => a - b);
    found.push([texts.currentNode.data.trim().slice(0, 40), (bright + 0.05) / (dark + 0.05)]);
  }
  for (const input of document.querySelectorAll("input")) {
    const below = ground(input);
    const ink = over(numbers(getComputedStyle(input).color), below);
    const [dark, bright] = [light(ink), light(below)].sort((a, b) => a - b);
    found.push(["an input", (bright + 0.05) / (dark + 0.05)]);
  }
  const foot = [...document.querySelectorAll(".foot")].filter((e) => e.checkVisibility()).at(-1);
  const article = [...document.querySelectorAll("article")].at(-1);
  const box = foot.getBoundingClientRect();
  const isSeen = (e) => e !== foot && e.checkVisibility() && e.getBoundingClientRect().height;
  const last = [...article.children].filter(isSeen).at(-1);
  return {
    contrasts: found,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    gap: box.top - (last ? last.getBoundingClientRect().bottom : 0),
    footSize: parseFloat(getComputedStyle(foot).fontSize),
    size: parseFloat(getComputedStyle(article.querySelector(".question, .answer") ?? article).fontSize),
    direction: getComputedStyle(article).direction,
  };
}"""


class Drawn(NamedTuple):
    """What was measured of one side of a card."""

    name: str
    contrasts: list[tuple[str, float]]
    overflow: float
    gap: float
    foot_size: float
    size: float
    direction: str


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page()


def gallery(theme: str, language: str, css: str = "") -> Gallery:
    """Compile a specimen in a theme, with what a deck of its own says after it."""
    (kind,) = (name for name, code in HEADS.items() if code == language)
    folder = Path(f"{theme}-{language}")
    copytree(SPECIMEN, folder)
    for other in HEADS.keys() - {kind}:
        (folder / f"{other}.yaml").unlink()
    own = "css: own.css\n" if css else ""
    head = f"deck: S\nid: s\ntheme: {theme}\nlanguage: {language}\nsources: {{book: {{title: A book, url: https://a.example}}}}\n"
    write({"deck.yaml": f"{head}{own}", **({"own.css": css} if css else {})}, folder)
    decks, _ = find_decks([folder])
    shown, problems = Rereader(folder, lambda: NOW).read()
    assert decks
    assert shown
    assert [p for p in problems if p.severity == "error"] == []
    return shown


def draw(page: Page, shown: Gallery, *, night: bool, width: int) -> Iterator[Drawn]:
    """Draw both sides of every card as the preview does, and measure them."""
    page.set_viewport_size({"width": width, "height": 800})
    script = "".join(
        re.sub(r"^import .*$|export ", "", asset(n), flags=re.MULTILINE)
        for n in ("typing.js", "occlusion.js", "enliven.js")
    )
    notes = (note for number in range(shown.chunks) for note in shown.cards(number))
    for note, cards in zip(shown.notes, notes, strict=True):
        for ordinal, card in zip(note.cards, cards, strict=True):
            for side in ("front", "back"):
                css = asset("frame.css") + shown.types[note.type].css
                page.set_content(document(card[side], css, ordinal, night=night))
                page.evaluate(f"() => {{ {script}; enliven(document, {{ typedText: 'Welington' }}); }}")
                measured: dict[str, Any] = page.evaluate(MEASURE)
                yield Drawn(f"{note.key}.{ordinal} {side}", *measured.values())


def document(html: str, css: str, ordinal: int, *, night: bool) -> str:
    picture = "media/" + next(iter(re.findall(r"media/([\w.-]+)", html)), "")
    html = html.replace(picture, (SPECIMEN / "picture.svg").as_uri()) if picture != "media/" else html
    root, body = ("nightMode night-mode", " nightMode") if night else ("", "")
    return (
        f'<!doctype html><html class="{root}"><style>{css}</style>'
        f'<body class="card card{ordinal + 1}{body}"><div id="qa">{html}</div></body></html>'
    )


CASES = list(product(theme_names(), HEADS.values(), (False, True), WIDTHS))


def test_there_are_themes_for_reading_for_much_text_for_words_and_for_weak_eyes() -> None:
    assert {"paper", "ledger", "poster", "contrast"} <= set(theme_names())


@pytest.mark.parametrize(("theme", "language"), list(product(theme_names(), HEADS.values())))
def test_a_theme_can_be_read_and_fits(page: Page, theme: str, language: str) -> None:
    shown = gallery(theme, language)
    for night, width in product((False, True), WIDTHS):
        sides = list(draw(page, shown, night=night, width=width))
        assert len(sides) >= (28 if language == "en" else 10)
        texts = [(side.name, *each) for side in sides for each in side.contrasts]
        assert len(texts) > 3 * len(sides)
        assert [each for each in texts if each[2] < 4.5] == [], f"night={night}"
        assert [(side.name, side.overflow) for side in sides if side.overflow > 0] == [], f"{width} px"
        assert [(side.name, side.gap) for side in sides if side.gap < 0] == []
        assert {side.direction for side in sides} == {"rtl" if language == "ar" else "ltr"}
        assert all(10 < side.foot_size < 0.8 * side.size for side in sides)


FIFTH = """
.card { --paper: #f4f0ff; --ink: #241a3d; --soft: #5e5480; --line: #d3c8f0; --accent: #5b2fc4; --code-paper: #e9e2fb;
    --keyword: #8a1f6f; --string: #1f6a3c; --number: #8f4300; --comment: #5e5480; --mark: #ffe9a8;
    --text-font: Georgia, serif; --size: 20px; --measure: 30em; }
.nightMode.card, .nightMode .card { --paper: #1d1730; --ink: #ece6fb; --soft: #b3a8d6; --line: #453a66;
    --accent: #c0a6ff; --code-paper: #2a2242; --keyword: #f29ad9; --string: #97dbb0; --number: #f5b681;
    --comment: #b3a8d6; --mark: #5b4d14; }
"""


@pytest.mark.parametrize("night", [False, True])
def test_ten_lines_make_a_fifth(page: Page, night: bool) -> None:
    assert len(FIFTH.strip().split("\n")) <= 10
    texts = [
        each for side in draw(page, gallery("paper", "en", FIFTH), night=night, width=1200) for each in side.contrasts
    ]
    assert [each for each in texts if each[1] < 4.5] == []
    background = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(29, 23, 48)" if night else "rgb(244, 240, 255)")


@pytest.mark.parametrize("theme", theme_names())
def test_each_theme_gives_the_same_variables(theme: str) -> None:
    folder = Path(STATIC).parents[1] / "notetypes" / "themes"

    def variables(name: str) -> list[set[str]]:
        blocks = (folder / f"{name}.css").read_text("utf-8").split("}")[:2]
        return [set(re.findall(r"(--[\w-]+):", block)) for block in blocks]

    assert variables(theme) == variables("paper")
    used = set(re.findall(r"var\((--[\w-]+)\)", (folder / "base.css").read_text("utf-8")))
    assert used == variables("paper")[0]


@pytest.mark.parametrize("theme", theme_names())
def test_a_theme_asks_for_nothing_from_outside(theme: str) -> None:
    css = (Path(STATIC).parents[1] / "notetypes" / "themes" / f"{theme}.css").read_text("utf-8")
    assert not re.search(r"url\(|@import|https?:", css)
