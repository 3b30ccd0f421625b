"""`deckgen stats --html`: what the page shows is what was counted, and it is safe and plain to read."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict

import pytest

from deckgen import statspage
from deckgen.forecast import forecast
from deckgen.model import Options
from deckgen.stats import Stats
from tests.accessibility import serious
from tests.conftest import write
from tests.test_themes import MEASURE

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    Command = Callable[..., tuple[int, str, str]]

SHIPPED = str(Path(__file__).parent.parent / "cards" / "muscle-memory")
HOSTILE = '"><script>document.title="ran"</script><img src=x onerror=document.title="ran">'
TURNED = "\u202e\u05d0 \u2067 12"
"""A name that would turn what follows it around."""


class Counts(TypedDict, total=False):
    """The counters of Stats."""

    topics: Counter[str]
    types: Counter[str]
    sources: Counter[str]


TOPIC: Counts = {"topics": Counter(T=1), "types": Counter(Basic=1), "sources": Counter(S=1)}


def figure(page: str, title: str) -> str:
    return page.partition(f"<h2>{title}</h2>")[2].partition("</figure>")[0]


def cells(page: str, title: str) -> list[list[str]]:
    """Return the rows of a figure's tables, as a reader sees them."""
    found = re.findall(r"<tr[^>]*>(<th scope=\"row\">.*?)</tr>", figure(page, title))
    return [[unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.split(r"</t[hd]>", row)[:-1]] for row in found]


def rows(page: str, title: str) -> dict[str, int]:
    """Return a chart of the page: names and numbers."""
    return {name: int(number.replace(",", "")) for name, number, _ in cells(page, title)}


def said(page: str, title: str) -> str:
    """Return the sentence below a figure's title."""
    return unescape(re.sub(r"<[^>]*>", "", figure(page, title).partition("</p>")[0]))


def test_the_page_shows_what_was_counted(command: Command) -> None:
    code, page, _ = command("stats", SHIPPED, "--html")
    assert code == 0
    (counted,) = json.loads(command("stats", SHIPPED, "--format", "json")[1])
    assert rows(page, "Topics") == counted["topics"]
    assert rows(page, "Kinds of cards") == counted["types"]
    assert rows(page, "Sources") == counted["sources"]
    assert rows(page, "Tags") == counted["tags"]
    assert sum(rows(page, "Length of answers").values()) == counted["notes"] - counted["types"]["Image Occlusion"]
    assert "With 10 new cards a day, a learner who is to remember 90 %" in page
    assert "10 (the deck’s own)" in page


def test_another_pace(command: Command) -> None:
    _, out, err = command("stats", SHIPPED, "--html", "--new-per-day", "3", "-o", "figures.html")
    assert (out, err) == ("", "figures.html written\n")
    page = Path("figures.html").read_text("utf-8")
    assert "With 3 new cards a day" in page
    paces = [row[0] for row in cells(page, "At another pace")]
    assert paces == ["3 (as asked)", "5", "10 (the deck’s own)", "20", "40"]


@pytest.mark.parametrize("arguments", [["-o", "x.html"], ["--new-per-day", "3"]])
def test_what_goes_with_the_page_goes_without_it_nowhere(command: Command, arguments: list[str]) -> None:
    code, _, err = command("stats", SHIPPED, *arguments)
    assert code == 2
    assert "go with --html" in err


def test_lengths_fall_into_classes(command: Command) -> None:
    cards = [{"front": f"f{size}", "back": "x" * size} for size in (1, 10, 11, 320, 321)]
    write({"d.yaml": json.dumps({"deck": "D", "cards": cards})})
    classes = rows(command("stats", "d.yaml", "--html")[1], "Length of answers")
    assert classes == {
        "0 to 10": 2,
        "11 to 20": 1,
        "21 to 40": 0,
        "41 to 80": 0,
        "81 to 160": 0,
        "161 to 320": 1,
        "over 320": 1,
    }


def test_an_empty_list_of_decks_and_a_deck_with_errors(command: Command) -> None:
    write({"d.yaml": "deck: D\ncards: [{frunt: x, back: y}]\n"})
    code, page, err = command("stats", "d.yaml", "--html")
    assert code == 1
    assert "unknown-key" in err
    assert "There is nothing to count" in page
    assert "There is nothing to count" in statspage.page([])


def test_the_tables_of_the_year_are_the_forecast() -> None:
    year = forecast(300, Options(), 10)
    page = statspage.page([Stats("D", notes=300, cards=300, **TOPIC)], 10)
    months = cells(page, "Reviews to expect")
    assert len(months) == 12
    assert [row[0] for row in months[:2]] == ["1 to 30", "31 to 61"]
    assert [int(row[1]) for row in months] == [300, *[0] * 11]
    assert months[0][2] == f"{sum(day.reviews for day in year.days[:30]) / 30:.0f}"
    assert max(int(row[3]) for row in months) == year.peak
    at_ten = ["10 (as asked)", str(year.all_seen), f"{year.minutes:.0f}", str(year.peak), f"{year.later:.0f}"]
    assert at_ten in cells(page, "At another pace")
    assert ["20 (Anki’s default)"] in [row[:1] for row in cells(page, "At another pace")]


def test_the_columns_of_the_year_are_the_days_of_the_forecast() -> None:
    year = forecast(300, Options(), 10)
    page = statspage.page([Stats("D", notes=300, cards=300, **TOPIC)], 10)
    drawing = figure(page, "Reviews to expect")
    for kind, days in (
        ("reviews", [day.reviews for day in year.days]),
        ("new", [day.new + day.reviews for day in year.days]),
    ):
        height, outline = re.findall(rf'class="{kind}" d="M0 (\d+)(.*?)V\d+Z"', drawing)[0]
        drawn: list[int] = []
        for top, end in re.findall(r"V(\d+)H(\d+)", outline):
            drawn += [int(height) - int(top)] * (int(end) - len(drawn))
        assert drawn == days


@pytest.mark.parametrize(
    ("limit", "words", "is_drawn"),
    [
        (9999, "The limit of 9,999 cards a day is never reached.", False),
        (70, "The limit of 70 cards a day is never reached.", True),
        (10, "The limit of 10 cards a day is reached on", True),
    ],
)
def test_the_limit_is_drawn_where_it_is_in_sight(limit: int, words: str, is_drawn: bool) -> None:
    page = statspage.page([Stats("D", Options(reviews_per_day=limit), notes=200, cards=200, **TOPIC)])
    assert words in said(page, "Reviews to expect")
    assert ('<path class="limit"' in page) is is_drawn


def test_a_deck_that_takes_longer_than_a_year_and_one_that_never_begins() -> None:
    page = statspage.page([Stats("D", notes=400, cards=400, **TOPIC)], 1)
    assert "not all are seen within a year" in said(page, "Reviews to expect")
    assert cells(page, "At another pace")[0][:2] == ["1 (as asked)", "over a year"]
    assert "Beyond a year, days are counted as if" in said(page, "At another pace")
    page = statspage.page([Stats("D", notes=1999, cards=1999, **TOPIC)], 1)
    assert cells(page, "At another pace")[0][:2] == ["1 (as asked)", "over 1,900"]
    page = statspage.page([Stats("D", notes=9, cards=9, **TOPIC)], 0)
    assert "Reviews to expect" not in page
    assert cells(page, "At another pace")[0] == ["0 (as asked)", "never", "0", "0", "0"]


@pytest.mark.parametrize(
    ("topics", "sentence"),
    [
        ({"A": 1}, "There is one topic: A, with 1 note."),
        ({"A": 2, "B": 2}, "Each of 2 topics has 2 notes."),
        ({"A": 3, "B": 1}, "The largest of 2 topics is A, with 75 % of all notes."),
        ({"A": 2, "B": 2, "C": 1}, "2 of 3 topics are the largest, each with 40 % of all notes."),
        (dict.fromkeys(map(str, range(150)), 2) | {"x": 1}, "150 of 151 topics are the largest, each with under 1 %"),
    ],
)
def test_a_sentence_says_what_to_see(topics: dict[str, int], sentence: str) -> None:
    notes = sum(topics.values())
    counts: Counts = {"topics": Counter(topics), "types": Counter(topics), "sources": Counter(topics)}
    page = statspage.page([Stats("D", notes=notes, cards=notes, **counts)])
    assert said(page, "Topics").startswith(sentence)


def test_many_rows_are_folded_away_and_a_few_more_left_out() -> None:
    tags = Counter({f"t{number:04}": 1000 - number for number in range(600)})
    page = statspage.page([Stats("D", notes=9, cards=9, tags=tags, **TOPIC)])
    assert rows(page, "Tags") == dict(tags.most_common(500))
    assert "<summary>485 more</summary>" in page
    assert "100 others not shown." in page


def test_each_of_several_decks_can_be_reached(command: Command) -> None:
    write({"a.yaml": "deck: A & B\ncards: [{front: f, back: b}]\n", "c.yaml": "deck: C\ncards: []\n"})
    page = command("stats", "a.yaml", "c.yaml", "--html")[1]
    links = re.findall(r'<a href="#(.*?)"><bdi>(.*?)</bdi>', page)
    assert links == [("deck-1", "A &amp; B"), ("deck-2", "C")]
    assert [name for name, _ in links] == re.findall(r'<section id="(.*?)"', page)


def test_a_page_is_the_same_each_time() -> None:
    assert len({statspage.page([Stats("D", notes=50, cards=50, **TOPIC)]) for _ in range(2)}) == 1


def test_without_fsrs_only_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsrs", None)
    with pytest.raises(ModuleNotFoundError, match="fsrs"):
        statspage.page([Stats("D", notes=1, cards=1, **TOPIC)])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_it_reads_well_and_asks_for_nothing(
    browser: Browser, command: Command, scheme: Literal["light", "dark"], width: int
) -> None:
    files = {
        "d/deck.yaml": f"deck: {json.dumps(HOSTILE)}\nid: d\nsources: {{s: {{title: {json.dumps(HOSTILE)}}}}}\n",
        "d/a.yaml": f"topic: {json.dumps(HOSTILE)}\ntags: ['{HOSTILE.replace(' ', '-')}']\nsource: {{id: s}}\n"
        "cards: [{front: f, back: b}]\n",
        "d/b.yaml": f"topic: {json.dumps(TURNED)}\ncards: [{{front: g, back: b}}]\n",
        "d/c.yaml": f"topic: {'W' * 300}\nsource: {'M' * 300}\ncards: [{{front: h, back: b}}]\n",
    }
    write(files)
    assert command("stats", "d", SHIPPED, "--html", "-o", "figures.html")[0] == 0
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    asked: list[str] = []
    refused: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.on("console", lambda message: refused.append(message.text))
    page.goto(Path("figures.html").absolute().as_uri())
    page.evaluate("() => { for (const each of document.querySelectorAll('details')) each.open = true; }")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert len(asked) in (1, 2)  # itself, and perhaps its icon
    assert refused == []  # nothing is against the page's own policy
    assert page.title() == f"{HOSTILE} · Muscle Memory: figures"
    assert page.locator("script, img, iframe, object, [style], [onerror]").count() == 0
    assert page.get_by_role("rowheader", name=HOSTILE, exact=True).count() == 2  # topic and source
    body = MEASURE.partition("const foot")[0] + "return found; }"
    contrasts = page.evaluate(body)
    assert len(contrasts) > 100
    assert [each for each in contrasts if each[1] < 4.5] == []
    assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    beyond = "(all) => all.filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5).map((e) => e.outerHTML)"
    assert page.locator("main *").evaluate_all(beyond) == []
    assert serious(page) == []
    context.close()


def test_bars_and_columns_are_as_long_as_their_numbers(browser: Browser, command: Command) -> None:
    command("stats", SHIPPED, "--html", "-o", "figures.html")
    counts = rows(Path("figures.html").read_text("utf-8"), "Kinds of cards")
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    page = context.new_page()
    page.goto(Path("figures.html").absolute().as_uri())
    kinds = page.locator("figure", has=page.get_by_role("heading", name="Kinds of cards"))
    widths = kinds.locator("rect").evaluate_all("(all) => all.map((each) => each.getBoundingClientRect().width)")
    assert widths == pytest.approx([widths[0] * count / max(counts.values()) for count in counts.values()], abs=1)
    assert widths[0] > 100
    assert page.get_by_role("img").bounding_box()["height"] > 100  # type: ignore[index]
    context.close()


def test_it_prints_in_daylight(browser: Browser, command: Command) -> None:
    command("stats", SHIPPED, "--html", "-o", "figures.html")
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(Path("figures.html").absolute().as_uri())
    ground = "() => getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(30, 29, 27)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(ground) == "rgb(251, 250, 247)"
    context.close()
