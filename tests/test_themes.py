"""Themes, drawn by Chromium: every text can be read, nothing runs over, whatever the width, light and script."""

from __future__ import annotations

import re
from base64 import b64encode
from itertools import product
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from deckgen.discover import find_decks
from deckgen.notetypes import themes
from deckgen.notetypes.themes import theme_names
from deckgen.preview.assets import asset
from deckgen.rereading import Rereader
from tests import pages
from tests.conftest import NOW, package, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from deckgen.gallery import Gallery
    from tests.anki_harness import Anki

SPECIMEN = Path(__file__).parent / "decks" / "specimen"
HEADS = {"english": "en", "arabic": "ar"}
WIDTHS = (360, 1200)
PICTURE = b64encode((SPECIMEN / "picture.svg").read_bytes()).decode()
THEMES = Path(themes.__file__).parent / "themes"
MAKE_A_THEME = "docs/how-to/make-a-theme.md"

MEASURE = """() => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  for (const hint of document.querySelectorAll("div.hint")) hint.style.display = "block";
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
  let smallest = Infinity;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    if (!texts.currentNode.data.trim() || !element.checkVisibility() || !range.getClientRects().length) continue;
    if (["SCRIPT", "STYLE"].includes(element.tagName)) continue;
    smallest = Math.min(smallest, parseFloat(getComputedStyle(element).fontSize));
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
    smallest,
    pictures: [...document.images].every((image) => image.naturalWidth > 0),
    directions: [article, ...document.querySelectorAll("#typeans")].map((e) => getComputedStyle(e).direction),
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
    smallest: float
    pictures: bool
    directions: list[str]


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


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
                yield measure(page, f"{note.key}.{ordinal} {side}")


def measure(page: Page, name: str) -> Drawn:
    """Measure what the page shows, with all that can be opened open."""
    measured: dict[str, Any] = page.evaluate(MEASURE)
    return Drawn(name, *measured.values())


def document(html: str, css: str, ordinal: int, *, night: bool) -> str:
    html = re.sub(r"media/[\w.-]+\.svg", f"data:image/svg+xml;base64,{PICTURE}", html)
    root, body = ("nightMode night-mode", " nightMode") if night else ("", "")
    return (
        f'<!doctype html><html class="{root}"><style>{css}</style>'
        f'<body class="card card{ordinal + 1}{body}"><div id="qa">{html}</div></body></html>'
    )


def test_there_are_themes_for_reading_for_much_text_for_words_and_for_weak_eyes() -> None:
    assert {"paper", "ledger", "poster", "contrast"} <= set(theme_names())


@pytest.mark.parametrize(("theme", "language"), list(product(theme_names(), HEADS.values())))
def test_a_theme_can_be_read_and_fits(page: Page, theme: str, language: str) -> None:
    shown = gallery(theme, language)
    for night, width in product((False, True), WIDTHS):
        sides = list(draw(page, shown, night=night, width=width))
        assert len(sides) >= (38 if language == "en" else 10)
        texts = [(side.name, *each) for side in sides for each in side.contrasts]
        assert len(texts) > 3 * len(sides)
        assert [each for each in texts if each[2] < 4.5] == [], f"night={night}"
        assert [(side.name, side.overflow) for side in sides if side.overflow > 0] == [], f"{width} px"
        assert [(side.name, side.gap) for side in sides if side.gap < 0] == []
        assert {each for side in sides for each in side.directions} == {"rtl" if language == "ar" else "ltr"}
        assert [side.name for side in sides if not side.pictures] == []
        assert [(side.name, side.smallest) for side in sides if side.smallest < 10] == []
        assert all(10 < side.foot_size < 0.8 * side.size for side in sides)


@pytest.mark.parametrize("night", [False, True])
def test_ten_lines_make_a_fifth(page: Page, night: bool) -> None:
    (fifth,) = (block.text for block in pages.read(MAKE_A_THEME).blocks if block.get("file") == "birds/lavender.css")
    assert len(fifth.strip().split("\n")) <= 10
    texts = [
        each for side in draw(page, gallery("paper", "en", fifth), night=night, width=1200) for each in side.contrasts
    ]
    assert [each for each in texts if each[1] < 4.5] == []
    background = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(29, 23, 48)" if night else "rgb(244, 240, 255)")


@pytest.mark.parametrize("theme", theme_names())
def test_what_is_typed_can_be_read_in_anki(page: Page, anki: Anki, theme: str) -> None:
    deck = (
        f"deck: S\ntheme: {theme}\ncards: [{{id: a, front: capital of New Zealand, back: Wellington, typed: true}}]\n"
    )
    anki.install(package(deck))
    (card,) = anki.cards()
    compared = anki.col.compare_answer("Wellington", "Welingtom", combining=True)
    field = "<center><input type=text id=typeans style=\"font-family: 'Arial'; font-size: 20px;\"></center>"
    told = f"<hr id=answer><div style=\"font-family: 'Arial'; font-size: 20px\">{compared}</div>"
    for night in (False, True):
        page.set_content(document(card.question.replace("[[type:Back]]", field), asset("frame.css"), 0, night=night))
        assert measure(page, "asked").contrasts
        fonts = "() => ['input', 'body'].map((e) => getComputedStyle(document.querySelector(e)).fontFamily)"
        assert len(set(page.evaluate(fonts))) == 1  # not Arial
        answer = card.answer.replace("<hr id=answer>", "").replace("[[type:Back]]", told)
        page.set_content(document(answer, asset("frame.css"), 0, night=night))
        texts = measure(page, "told").contrasts
        assert {"We", "m"} <= {text for text, _ in texts}
        assert [each for each in texts if each[1] < 4.5] == []
        kinds = ("typeGood", "typeBad", "typeMissed")
        grounds = [
            page.evaluate(f"() => getComputedStyle(document.querySelector('.{k}')).backgroundColor") for k in kinds
        ]
        assert grounds == ["rgb(170, 255, 170)", "rgb(255, 170, 170)", "rgb(204, 204, 204)"]  # Anki's


@pytest.mark.parametrize("theme", theme_names())
def test_night_comes_by_either_name(page: Page, theme: str) -> None:
    css = themes.stylesheet(theme)
    grounds = []
    for words in ("card", "card nightMode", "nightMode card night_mode", "card night_mode"):
        page.set_content(f'<style>{css}</style><body class="{words}">x</body>')
        grounds.append(page.evaluate("() => getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] not in grounds[1:]
    assert len(set(grounds[1:])) == 1


@pytest.mark.parametrize("theme", theme_names())
def test_each_theme_gives_the_same_variables(theme: str) -> None:
    def variables(name: str) -> list[set[str]]:
        blocks = (THEMES / f"{name}.css").read_text("utf-8").split("}")[:2]
        return [set(re.findall(r"(--[\w-]+):", block)) for block in blocks]

    assert variables(theme) == variables("paper")
    used = set(re.findall(r"var\((--[\w-]+)\)", (THEMES / "base.css").read_text("utf-8")))
    assert used == variables("paper")[0]


def test_the_page_on_themes_names_all_of_them_and_all_variables() -> None:
    page = pages.read(MAKE_A_THEME)
    named = set(re.findall(r"`(--[\w-]+)`", page.sections["All variables"]))
    assert named == set(re.findall(r"(--[\w-]+):", (THEMES / "paper.css").read_text("utf-8")))
    assert set(pages.table(page.sections["How to choose a theme, or make one"])) == set(theme_names())


@pytest.mark.parametrize("theme", theme_names())
def test_a_theme_asks_for_nothing_from_outside(theme: str) -> None:
    assert not re.search(r"url\(|@import|https?:", themes.stylesheet(theme))
