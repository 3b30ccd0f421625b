"""`deckgen stats --html`: what the page shows is what was counted, and it is safe and plain to read."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from tests.accessibility import serious
from tests.conftest import write
from tests.test_themes import MEASURE

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    Command = Callable[..., tuple[int, str, str]]

SHIPPED = str(Path(__file__).parent.parent / "cards" / "muscle-memory")
HOSTILE = '"><script>document.title="ran"</script><img src=x onerror=document.title="ran">'


def rows(page: str, title: str) -> dict[str, int]:
    """Return a table of the page: names and numbers."""
    table = page.partition(f"<h2>{title}</h2>")[2].partition("</table>")[0]
    found = re.findall(r'<th scope="row">(.*?)</th><td class="number">([\d,]+)</td>', table)
    return {unescape(name): int(number.replace(",", "")) for name, number in found}


def test_the_page_shows_what_was_counted(command: Command) -> None:
    code, page, _ = command("stats", SHIPPED, "--html")
    assert code == 0
    (counted,) = json.loads(command("stats", SHIPPED, "--format", "json")[1])
    assert rows(page, "Topics") == counted["topics"]
    assert rows(page, "Kinds of cards") == counted["types"]
    assert rows(page, "Sources").items() <= counted["sources"].items()
    assert rows(page, "Tags").items() <= counted["tags"].items()
    assert sum(rows(page, "Length of answers").values()) > 100
    assert "With 10 new cards a day, a learner who is to remember 90 %" in page
    assert "10 (the deck’s own)" in page


def test_another_pace(command: Command) -> None:
    _, page, said = command("stats", SHIPPED, "--html", "--new-per-day", "3", "-o", "figures.html")
    assert (page, said) == ("", "figures.html written\n")
    assert "With 3 new cards a day" in Path("figures.html").read_text("utf-8")


@pytest.mark.parametrize("arguments", [["-o", "x.html"], ["--new-per-day", "3"]])
def test_what_goes_with_the_page_goes_without_it_nowhere(command: Command, arguments: list[str]) -> None:
    code, _, said = command("stats", SHIPPED, *arguments)
    assert code == 2
    assert "go with --html" in said


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
    code, page, said = command("stats", "d.yaml", "--html")
    assert code == 1
    assert "unknown-key" in said
    assert "There is nothing to count" in page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_it_reads_well_and_asks_for_nothing(
    browser: Browser, command: Command, scheme: Literal["light", "dark"], width: int
) -> None:
    files = {
        "d/deck.yaml": f"deck: {json.dumps(HOSTILE)}\nid: d\nsources: {{s: {{title: {json.dumps(HOSTILE)}}}}}\n",
        "d/a.yaml": f"topic: {json.dumps(HOSTILE)}\ntags: ['{HOSTILE.replace(' ', '-')}']\nsource: {{id: s}}\n"
        "cards: [{front: f, back: b}]\n",
    }
    write(files)
    command("stats", "d", SHIPPED, "--html", "-o", "figures.html")
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.goto(Path("figures.html").absolute().as_uri())
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert page.title() == f"{HOSTILE} · Muscle Memory: figures"
    body = MEASURE.partition("const foot")[0] + "return found; }"
    assert [each for each in page.evaluate(body) if each[1] < 4.5] == []
    assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert serious(page) == []
    context.close()
