"""`deckgen build --to html`: a deck as pages that open from disk, in a folder or in one file."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from deckgen.preview.assets import STATIC, joined_script
from tests.accessibility import serious
from tests.browser import card
from tests.conftest import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    Command = Callable[..., tuple[int, str, str]]

SHIPPED = str(Path(__file__).parent.parent / "cards" / "muscle-memory")
FORMS = [[], ["--single"]]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a page without a network that fails the test if anything goes wrong in it."""
    context = browser.new_context(viewport={"width": 1200, "height": 800}, offline=True)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda failed: wrong.append(str(failed)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.on("request", lambda sent: wrong.append(sent.url) if not sent.url.startswith(("file:", "data:")) else None)
    yield opened
    context.close()
    assert wrong == []


def built(command: Command, form: list[str], source: str = SHIPPED) -> str:
    """Build pages; return the address of the page to open."""
    target = "out.html" if form else "out"
    code, _, said = command("build", source, "--to", "html", *form, "-o", target)
    assert code == 0, said
    return Path(target if form else "out/index.html").absolute().as_uri()


@pytest.mark.parametrize("form", FORMS)
def test_pages_from_disk(page: Page, command: Command, form: list[str]) -> None:
    page.goto(built(command, form))
    expect(page.locator("#amount")).to_have_text("111 notes, 172 cards")
    page.get_by_role("button", name="Motor cortex 22").click()
    expect(card(page).locator(".question")).to_have_text("In which lobe of the brain is the motor cortex?")
    page.keyboard.press("Space")
    expect(card(page).locator(".answer")).to_have_text("The frontal lobe")
    page.goto(f"{page.url.split('#')[0]}#motor-areas-map.2")
    expect(card(page).locator("svg.masks .cloze")).to_have_count(1)
    picture = card(page).locator("#image-occlusion-container img")
    assert picture.evaluate("image => image.naturalWidth") > 0
    page.keyboard.press("g")
    expect(page.locator(".cell iframe").first).to_be_attached()
    assert serious(page) == []


SEARCHES = [
    ("", ""),
    ("Brodmann", "1 note found"),
    ('"motor cortex" -tag:core', None),
    ("tag:core", "39 notes found"),
    ("tag:muscle-memory::pract*", "13 notes found"),
    ("tag:nothing", "0 notes found"),
    ("(.[ \\", "0 notes found"),
]


@pytest.mark.parametrize("form", FORMS)
def test_pages_search_by_themselves(page: Page, command: Command, form: list[str]) -> None:
    page.goto(built(command, form))
    for query, said in SEARCHES:
        page.fill("#query", query)
        if said is None:
            expect(page.locator("#query-said")).to_have_text(re.compile(r"^\d+ notes? found$"))
        else:
            expect(page.locator("#query-said")).to_have_text(said)


def test_pages_say_nothing_of_the_author_s_machine(command: Command) -> None:
    write({"secret-place/d.yaml": "deck: D\ncards: [{front: 2*3*4, back: b}]\n"})
    built(command, [], "secret-place/d.yaml")
    built(command, ["--single"], "secret-place/d.yaml")
    made = [Path("out.html"), *Path("out").rglob("*")]
    assert all("secret-place" not in path.read_text("utf-8") for path in made if path.is_file())


def test_a_large_deck_loads_what_is_seen(page: Page, command: Command) -> None:
    cards = [{"id": f"n{n}", "front": f"What is {n}?", "back": f"it is {n}"} for n in range(2_000)]
    write({"d.yaml": json.dumps({"deck": "D", "cards": cards})})
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url.rpartition("/")[2]))
    page.goto(built(command, [], "d.yaml"))
    expect(card(page).locator(".question")).to_have_text("What is 0?")
    assert asked == ["index.html", "cards-0.js"]
    page.keyboard.press("End")
    expect(card(page).locator(".question")).to_have_text("What is 1999?")
    assert asked[2:] == ["cards-39.js"]


def test_math_code_and_sounds_in_one_file(page: Page, command: Command) -> None:
    files: dict[str, str | bytes] = {
        "d/deck.yaml": "deck: D\nid: d\n",
        "d/a.yaml": "- front: |\n    $x^2$ and $\\unknown{x}$\n\n    ```python\n    def f(): pass\n    ```\n"
        "  back: '![](a.mp3)'\n",
        "d/a.mp3": b"ID3",
    }
    write(files)
    page.goto(built(command, ["--single"], "d"))
    expect(card(page).locator("math msup")).to_be_visible()
    expect(card(page).locator(".math-source")).to_have_text(r"\unknown{x}")
    expect(card(page).locator("pre.code .k").first).to_have_text("def")
    page.keyboard.press("Space")
    button = card(page).locator(".replay-button")
    expect(button).to_have_attribute("data-sound", re.compile("^data:audio/mpeg;base64,SUQz"))


def test_a_part_of_a_deck(command: Command) -> None:
    code, _, said = command("build", SHIPPED, "--to", "html", "--edition", "essentials")
    assert (code, said.split("\n")[0]) == (
        0,
        f"build{os.sep}muscle-memory-essentials{os.sep}index.html: 39 notes, 59 cards, 1 media file",
    )


# --- Places and mistakes ----------------------------------------------------------------------------------------------

GOOD = "deck: D\ncards: [{front: f, back: b}]\n"


@pytest.mark.parametrize("form", FORMS)
def test_pages_replace_the_pages_before(command: Command, form: list[str]) -> None:
    write({"d.yaml": GOOD})
    built(command, form, "d.yaml")
    if not form:
        write({"out/data/cards-9.js": "left over"})
    write({"d.yaml": GOOD.replace("front: f", "front: another")})
    built(command, form, "d.yaml")
    made = {
        path.name: path.read_text("utf-8") for path in [Path("out.html"), *Path("out").rglob("*.*")] if path.is_file()
    }
    assert any("another" in text for text in made.values())
    assert "cards-9.js" not in made
    assert sorted(p.name for p in Path().iterdir()) == sorted(["d.yaml", "out.html" if form else "out"])


@pytest.mark.parametrize("form", FORMS)
def test_what_somebody_else_wrote_is_left_alone(command: Command, form: list[str]) -> None:
    write({"d.yaml": GOOD, "out/thesis.txt": "ten years", "out.html": "mine"})
    code, _, said = command("build", "d.yaml", "--to", "html", *form, "-o", "out.html" if form else "out")
    assert code == 1
    assert "error[bad-output]" in said
    assert (Path("out/thesis.txt").read_text(), Path("out.html").read_text()) == ("ten years", "mine")


def test_a_deck_with_errors_leaves_the_pages_as_they_were(command: Command) -> None:
    write({"d.yaml": GOOD})
    built(command, [], "d.yaml")
    before = {path: path.read_bytes() for path in Path("out").rglob("*.*")}
    write({"d.yaml": GOOD.replace("front", "frunt")})
    assert command("build", "d.yaml", "--to", "html", "-o", "out")[0] == 1
    assert {path: path.read_bytes() for path in Path("out").rglob("*.*")} == before


def test_pages_leave_the_lock_alone(command: Command) -> None:
    write({"d.yaml": GOOD})
    built(command, [], "d.yaml")
    assert not Path("d.lock").exists()


def test_the_same_deck_gives_the_same_pages(command: Command) -> None:
    bytes_of = []
    for _ in range(2):
        built(command, [])
        bytes_of.append({path: path.read_bytes() for path in sorted(Path("out").rglob("*.*"))})
    assert bytes_of[0] == bytes_of[1]


@pytest.mark.parametrize(
    "arguments", [["--single"], ["--to", "html", "--locked"], ["--to", "html", "--allow-breaking"]]
)
def test_options_that_do_not_go_together(command: Command, arguments: list[str]) -> None:
    write({"d.yaml": GOOD})
    assert command("build", "d.yaml", *arguments)[0] == 2


@pytest.mark.parametrize(
    ("extra", "arguments"),
    [("html", ["build", "--to", "html"]), ("preview", ["preview"]), ("stats", ["stats", "--html"])],
)
def test_what_is_not_installed_is_named(
    command: Command, monkeypatch: pytest.MonkeyPatch, extra: str, arguments: list[str]
) -> None:
    write({"d.yaml": GOOD})
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    code, _, said = command(arguments[0], "d.yaml", *arguments[1:])
    assert code == 2
    assert f"deckgen[{extra}]" in said


# --- The scripts ------------------------------------------------------------------------------------------------------


def test_scripts_can_be_joined() -> None:
    joined = joined_script()
    assert not re.search(r"^\s*(import|export)\b", joined, re.MULTILINE)
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", joined, re.MULTILINE)
    assert len(names) == len(set(names))
    scripts = {path.name for path in STATIC.glob("*.js")}
    assert all(
        f"// {(STATIC / name).read_text('utf-8').split('// ', 1)[1].splitlines()[0]}" in joined for name in scripts
    )


def test_scripts_make_no_html_of_texts() -> None:
    for path in STATIC.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", path.read_text("utf-8")
        )


def test_no_file_of_the_page_names_an_address_outside() -> None:
    for path in STATIC.iterdir():
        found = set(re.findall(r"https?://[^\s\"'`)]+", path.read_text("utf-8"))) - {
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xlink",
        }
        assert not found, path
