"""The preview in a real browser, as an author uses it: look, flip, search, save, and see the change."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.accessibility import serious
from tests.browser import card, preview
from tests.conftest import write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

SHIPPED = Path(__file__).parent.parent / "cards" / "muscle-memory"

DECK = {
    "d/deck.yaml": """
        deck: Brain
        id: brain
        topics: [cortex, muscle]
    """,
    "d/cortex.yaml": """
        topic: Motor cortex
        cards:
        - {id: where, front: Where is the motor cortex?, back: In the **frontal** lobe, tags: [core], hint: In front.}
        - {id: both, front: M1, back: primary motor cortex, reverse: true}
        - {id: hidden, cloze: "The {{c1::central}} sulcus \\\\(x^2\\\\)"}
    """,
    "d/muscle.yaml": """
        topic: Muscle
        cards:
        - {id: typed, front: bends the elbow, back: biceps, typed: true, extra: "See [the atlas](https://example.org/a)."}
    """,
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a page that fails the test if anything in it goes wrong, or asks for anything outside."""
    context = browser.new_context(viewport={"width": 1200, "height": 800}, color_scheme="light")
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda failed: wrong.append(str(failed)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.on("request", lambda sent: wrong.append(sent.url) if _is_outside(sent.url) else None)
    yield opened
    context.close()
    assert wrong == []


def _is_outside(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "data:", "about:", "blob:"))


@pytest.fixture
def shown(page: Page) -> Iterator[Page]:
    """Give a page with the deck above in it."""
    with preview(write(DECK) / "d") as address:
        page.goto(address)
        expect(card(page).locator(".question")).to_be_visible()
        yield page
        page.goto("about:blank")


def question(page: Page) -> str:
    return card(page).locator(".question").first.inner_text()


def test_the_first_card_is_there(shown: Page) -> None:
    assert question(shown) == "Where is the motor cortex?"
    expect(shown.locator("h1")).to_have_text("Brain")
    expect(shown.locator("#amount")).to_have_text("4 notes, 5 cards")
    assert shown.title() == "Brain – deckgen"


def test_space_turns_it_over_and_back(shown: Page) -> None:
    shown.keyboard.press("Space")
    expect(card(shown).locator(".answer")).to_have_text("In the frontal lobe")
    shown.keyboard.press("Space")
    expect(card(shown).locator(".answer")).to_have_count(0)


def test_arrows_go_through_the_cards(shown: Page) -> None:
    for asked in ("M1", "primary motor cortex", "The [...] sulcus"):
        shown.keyboard.press("ArrowRight")
        expect(card(shown).locator(".question").first).to_contain_text(asked)
    shown.keyboard.press("ArrowLeft")
    expect(card(shown).locator(".question")).to_have_text("primary motor cortex")
    shown.keyboard.press("End")
    expect(card(shown).locator(".question")).to_have_text("bends the elbow")
    shown.keyboard.press("ArrowRight")
    expect(shown.locator("#said")).to_have_text("This is the last card")


def test_keys_work_when_the_card_has_the_focus(shown: Page) -> None:
    card(shown).locator(".question").click()
    shown.keyboard.press("Space")
    expect(card(shown).locator(".answer")).to_be_visible()


def test_n_is_night_and_m_is_a_phone(shown: Page) -> None:
    day = card(shown).locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    shown.keyboard.press("n")
    expect(card(shown).locator("body.nightMode")).to_be_visible()
    assert card(shown).locator("body").evaluate("body => getComputedStyle(body).backgroundColor") != day
    shown.keyboard.press("m")
    expect(shown.locator("#stage.phone")).to_be_visible()
    assert card(shown).locator("html").evaluate("html => html.clientWidth") == 360
    shown.reload()
    expect(card(shown).locator("body.nightMode")).to_be_visible()  # it is remembered


def test_topics_and_tags_choose_cards(shown: Page) -> None:
    shown.get_by_role("button", name="Muscle 1", exact=True).click()
    expect(card(shown).locator(".question")).to_have_text("bends the elbow")
    expect(shown.locator("#where")).to_contain_text("1 of 1 card")
    shown.get_by_role("button", name="All topics").click()
    shown.get_by_role("button", name="core 1", exact=True).click()
    expect(card(shown).locator(".question")).to_have_text("Where is the motor cortex?")


SEARCHES = [
    ("tag:core", "1 note found", "Where is"),
    ("front:*M1*", "1 note found", "M1"),
    ("-tag:core card:2", "1 note found", "M1"),
    ("biceps or tag:core", "2 notes found", "Where is"),
    ("nowhere-to-be-found", "0 notes found", None),
    ("is:due", "'is:' asks what a learner did", "Where is"),
]


@pytest.mark.parametrize(("query", "said", "asked"), SEARCHES)
def test_the_search_is_the_one_of_the_command_line(shown: Page, query: str, said: str, asked: str | None) -> None:
    shown.keyboard.press("/")
    shown.keyboard.type(query)
    expect(shown.locator("#query-said")).to_contain_text(said)
    if asked:
        expect(card(shown).locator(".question")).to_contain_text(asked)
    else:
        expect(shown.locator("#stage")).to_have_text("No card is chosen.")
    shown.keyboard.press("Escape")
    expect(shown.locator("#query-said")).to_have_text("")
    expect(shown.locator("#where")).to_contain_text("of 5 cards")


def test_math_is_drawn_by_the_browser(shown: Page) -> None:
    shown.goto(f"{shown.url.split('#')[0]}#hidden")
    expect(card(shown).locator("math msup")).to_be_visible()


def test_a_typed_answer_is_compared(shown: Page) -> None:
    shown.get_by_role("button", name="Muscle 1", exact=True).click()
    expect(card(shown).locator("#typeans")).to_be_focused()
    shown.keyboard.type("bicep n")  # n is a letter here, and no night
    shown.keyboard.press("Enter")
    expect(card(shown).locator(".typeGood").first).to_have_text("bicep")
    expect(card(shown).locator(".typeMissed").last).to_have_text("s")
    expect(card(shown).locator("body.nightMode")).to_have_count(0)


def test_hints_open_and_links_open_elsewhere(shown: Page) -> None:
    hint = card(shown).locator("div.hint")
    expect(hint).to_be_hidden()
    card(shown).get_by_text("Hint").click()
    expect(hint).to_have_text("In front.")
    shown.evaluate("() => { window.opened = []; window.open = (...all) => { window.opened.push(all); } }")
    shown.keyboard.press("End")
    shown.keyboard.press("Enter")
    card(shown).get_by_text("the atlas").click()
    assert shown.evaluate("() => window.opened") == [["https://example.org/a", "_blank", "noopener,noreferrer"]]


def test_the_grid_shows_all_and_opens_one(shown: Page) -> None:
    shown.keyboard.press("g")
    expect(shown.locator(".cell")).to_have_count(5)
    expect(shown.locator(".cell iframe")).to_have_count(5)
    first = shown.frame_locator(".cell:nth-child(1) iframe")
    expect(first.locator(".question")).to_have_text("Where is the motor cortex?")
    shown.keyboard.press("ArrowRight")
    shown.keyboard.press("Enter")
    expect(card(shown).locator(".question")).to_have_text("M1")


def test_the_address_names_the_card(shown: Page) -> None:
    shown.keyboard.press("ArrowRight")
    shown.keyboard.press("ArrowRight")
    expect(card(shown).locator(".question")).to_have_text("primary motor cortex")
    assert shown.url.endswith("#both.2")
    shown.reload()
    expect(card(shown).locator(".question")).to_have_text("primary motor cortex")


def test_the_place_can_be_copied(shown: Page) -> None:
    shown.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown.keyboard.press("c")
    expect(shown.locator("#said")).to_have_text("Copied d/cortex.yaml:3")
    assert shown.evaluate("() => navigator.clipboard.readText()") == "d/cortex.yaml:3"


# --- Saving -----------------------------------------------------------------------------------------------------------


def save(file: str, old: str, new: str) -> None:
    text = Path(file).read_text("utf-8")
    assert old in text
    Path(file).write_text(text.replace(old, new), "utf-8")


def test_a_saved_change_is_seen_and_the_place_is_kept(shown: Page) -> None:
    shown.keyboard.press("End")
    expect(card(shown).locator("#typeans")).to_be_focused()
    shown.keyboard.press("Enter")
    expect(card(shown).locator(".extra")).to_be_visible()
    save("d/muscle.yaml", "bends the elbow", "flexes the elbow")
    expect(card(shown).locator(".question").first).to_have_text("flexes the elbow")
    expect(card(shown).locator(".extra")).to_be_visible()  # still the answer
    save("d/cortex.yaml", "- {id: where", "- {id: new, front: a new card, back: b}\n- {id: where")
    expect(shown.locator("#where")).to_contain_text("6 of 6 cards")
    expect(card(shown).locator(".question").first).to_have_text("flexes the elbow")


def test_a_changed_look_is_seen(shown: Page) -> None:
    save("d/deck.yaml", "id: brain", "id: brain\ntheme: contrast")
    expect(card(shown).locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")


def test_a_broken_file_keeps_its_last_good_cards(shown: Page) -> None:
    shown.keyboard.press("ArrowRight")
    save("d/cortex.yaml", "front: M1", "frunt: M1")
    expect(shown.locator("#problem-count")).not_to_have_text("0")
    assert question(shown) == "M1"
    expect(shown.locator("#card-problems")).to_contain_text("unknown key 'frunt' in a card")
    expect(shown.locator("#card-problems")).to_contain_text("did you mean 'front'?")
    shown.click("#to-problems")
    expect(shown.locator("#problem-view")).to_contain_text("d/cortex.yaml:4")
    shown.get_by_role("button", name="Show card").first.click()
    assert question(shown) == "M1"
    save("d/cortex.yaml", "frunt: M1", "front: M one")
    expect(shown.locator("#problem-count")).to_have_text("0")
    expect(card(shown).locator(".question")).to_have_text("M one")


def test_a_broken_head_keeps_the_whole_deck(shown: Page) -> None:
    save("d/deck.yaml", "deck: Brain", "deck: [Brain")
    expect(shown.locator("#problem-count")).not_to_have_text("0")
    assert question(shown) == "Where is the motor cortex?"
    expect(shown.locator("#amount")).to_have_text("4 notes, 5 cards")


def test_a_deck_that_was_never_well_shows_what_is_wrong(page: Page) -> None:
    write({"broken.yaml": "cards: [\n"})
    with preview("broken.yaml") as address:
        page.goto(address)
        expect(page.locator("#problem-view")).to_contain_text("broken.yaml:")
        Path("broken.yaml").write_text("cards: [{front: now it is well, back: b}]\n")
        expect(card(page).locator(".question")).to_have_text("now it is well")
        page.goto("about:blank")


def test_who_stops_the_preview_is_told(browser: Browser) -> None:
    page = browser.new_page()
    with preview(write(DECK) / "d") as address:
        page.goto(address)
        expect(card(page).locator(".question")).to_be_visible()
    expect(page.locator("#banner")).to_contain_text("The preview has stopped")
    page.close()


# --- Many notes, and speed --------------------------------------------------------------------------------------------


def many(notes: int, per_file: int = 100) -> Path:
    """Write a deck of many notes, 100 a file."""
    files = {"many/deck.yaml": "deck: Many\nid: many\n"}
    for start in range(0, notes, per_file):
        cards = [f"- {{id: n{n}, front: What is {n}?, back: number **{n}**}}" for n in range(start, start + per_file)]
        files[f"many/t{start // per_file:03}.yaml"] = (
            f"topic: Topic {start // per_file}\ncards:\n" + "\n".join(cards) + "\n"
        )
    return write(files) / "many"


def test_twenty_thousand_notes(page: Page) -> None:
    with preview(many(20_000)) as address:
        begun = time.perf_counter()
        page.goto(address)
        expect(card(page).locator(".question")).to_have_text("What is 0?")
        first = time.perf_counter() - begun
        page.keyboard.press("g")
        expect(page.locator(".cell iframe").first).to_be_visible()
        for _ in range(12):
            page.locator("#grid-view").evaluate("room => room.scrollBy(0, room.scrollHeight / 13)")
            page.wait_for_function("() => document.querySelectorAll('.cell').length > 5")
            assert page.locator(".cell").count() < 80  # only what is seen is in the page
        page.locator("#grid-view").evaluate("room => room.scrollTo(0, room.scrollHeight)")
        last = page.locator(".cell", has_text="What is 19999?")
        expect(last).to_be_visible()
        expect(last.locator("iframe")).to_have_count(1)
        page.keyboard.press("/")
        page.keyboard.type("19999")
        expect(page.locator("#query-said")).to_have_text("1 note found")
        page.goto("about:blank")
    assert first < 5  # a second at most on a machine at rest; see bench/


def test_a_change_is_seen_soon(page: Page) -> None:
    with preview(many(1_000)) as address:
        page.goto(address)
        expect(card(page).locator(".question")).to_have_text("What is 0?")
        begun = time.perf_counter()
        save("many/t000.yaml", "What is 0?", "What was 0?")
        expect(card(page).locator(".question")).to_have_text("What was 0?")
        took = time.perf_counter() - begun
        page.goto("about:blank")
    assert took < 5  # 300 ms at most on a machine at rest; see bench/


# --- Keyboard and screen reader ---------------------------------------------------------------------------------------


def test_everything_can_be_reached_by_tab(shown: Page) -> None:
    reached = set()
    for _ in range(40):
        shown.keyboard.press("Tab")
        reached.add(shown.evaluate("() => document.activeElement.id || document.activeElement.className || 'li'"))
    for needed in (
        "skip",
        "to-card",
        "to-grid",
        "to-problems",
        "night",
        "phone",
        "help",
        "query",
        "flip",
        "place",
        "li",
    ):
        assert needed in reached


def test_keys_alone_suffice(shown: Page) -> None:
    shown.keyboard.press("?")
    expect(shown.get_by_role("dialog")).to_be_visible()
    shown.keyboard.press("Escape")
    expect(shown.get_by_role("dialog")).to_be_hidden()
    shown.keyboard.press("/")
    shown.keyboard.type("biceps")
    shown.keyboard.press("Enter")
    expect(card(shown).locator(".question")).to_have_text("bends the elbow")
    expect(shown.locator("#said")).to_contain_text("Question, card 1 of 1")


def test_the_shipped_deck(page: Page) -> None:
    with preview(SHIPPED) as address:
        page.goto(f"{address}#motor-areas-map.2")
        expect(card(page).locator("svg.masks .cloze")).to_have_count(1)
        expect(card(page).locator("svg.masks .cloze-inactive")).to_have_count(4)
        picture = card(page).locator("#image-occlusion-container img")
        assert picture.evaluate("image => image.naturalWidth") > 0
        expect(page.locator("#problem-count")).to_have_text("0")
        page.goto("about:blank")


@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize("view", ["card", "grid", "problems"])
def test_axe_finds_nothing_serious(shown: Page, view: str, night: bool) -> None:
    save("d/cortex.yaml", "back: primary motor cortex", "back: 2*3*4")  # something to be told of
    expect(shown.locator("#problem-count")).to_have_text("1")
    if night:
        shown.keyboard.press("n")
    shown.click(f"#to-{view}")
    expect(
        shown.locator({"card": ".card-frame", "grid": ".cell iframe", "problems": ".problems"}[view]).first
    ).to_be_visible()
    assert serious(shown) == []


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_runs_over_the_edge(shown: Page, width: int) -> None:
    shown.set_viewport_size({"width": width, "height": 700})
    for view in ("grid", "problems", "card"):
        shown.click(f"#to-{view}")
        assert shown.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    if width == 360:
        expect(shown.locator("#side")).to_be_hidden()
        shown.get_by_role("button", name="Topics").click()
        expect(shown.locator("#side")).to_be_visible()


# --- The command line -------------------------------------------------------------------------------------------------

Command = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_address_that_is_every_address_is_refused(command: Command, host: str) -> None:
    write(DECK)
    code, _, said = command("preview", "d", "--host", host)
    assert code == 2
    assert "name the one address" in said


def test_one_deck_at_a_time(command: Command) -> None:
    write({"cards/a.yaml": "- {front: f, back: b}", "cards/b.yaml": "- {front: f, back: b}"})
    code, _, said = command("preview")
    assert code == 2
    assert "cards/a.yaml, cards/b.yaml" in said


def test_a_part_of_a_deck(page: Page) -> None:
    with preview(write(DECK) / "d", "--select", "tag:core or biceps") as address:
        page.goto(address)
        expect(page.locator("#amount")).to_have_text("2 notes, 2 cards")
        save("d/muscle.yaml", "bends the elbow", "flexes the elbow")
        page.keyboard.press("End")
        expect(card(page).locator(".question")).to_have_text("flexes the elbow")
        page.goto("about:blank")


def test_the_browser_is_opened_with_the_address(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    write({**DECK, "browser": '#!/bin/sh\necho "$1" > opened\n'})
    Path("browser").chmod(0o755)
    monkeypatch.setenv("BROWSER", str(Path("browser").absolute()))
    command = [sys.executable, "-m", "deckgen", "preview", "d"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        page.goto(address)
        expect(card(page).locator(".question")).to_be_visible()
        page.goto("about:blank")
        while not Path("opened").exists() or not Path("opened").read_text():
            page.wait_for_timeout(20)
        process.send_signal(signal.SIGINT)
    assert Path("opened").read_text().strip() == address


def test_no_deck(command: Command) -> None:
    code, out, said = command("preview", "nowhere")
    assert (code, out) == (1, "")
    assert "error[no-deck]" in said


def test_a_port_that_is_taken(command: Command) -> None:
    write(DECK)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, said = command("preview", "d", "--port", str(taken.getsockname()[1]))
    assert code == 3
    assert "Address already in use" in said


def test_a_port_of_one_s_own_and_two_previews_at_once(page: Page) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    write(DECK)
    with preview("d", "--port", str(port)) as one, preview("d") as other:
        assert one.startswith(f"http://127.0.0.1:{port}/")
        assert one != other
        for address in (one, other):
            page.goto(address)
            expect(card(page).locator(".question")).to_be_visible()
        page.goto("about:blank")


def test_names_of_any_alphabet(page: Page) -> None:
    write(
        {
            "колода ü/deck.yaml": "deck: Колода\nid: koloda\n",
            "колода ü/тема один.yaml": "- {id: слово, front: слово, back: '![x](картинка.svg)'}\n",
            "колода ü/картинка.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        }
    )
    with preview("колода ü") as address:
        page.goto(address)
        expect(card(page).locator(".question")).to_be_visible()
        page.keyboard.press("Space")
        assert card(page).locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 9
        assert page.url.endswith("#%D1%81%D0%BB%D0%BE%D0%B2%D0%BE")
        expect(page.locator("#place")).to_have_text("колода ü/тема один.yaml:1")
        page.goto("about:blank")


def test_a_folder_that_goes_and_comes_back(shown: Page) -> None:
    Path("d").rename("elsewhere")
    expect(shown.locator("#problem-count")).not_to_have_text("0")
    assert question(shown) == "Where is the motor cortex?"
    Path("elsewhere").rename("d")


def test_a_file_that_goes_and_a_file_that_comes(shown: Page) -> None:
    Path("d/muscle.yaml").unlink()
    save("d/deck.yaml", "topics: [cortex, muscle]", "")
    expect(shown.locator("#amount")).to_have_text("3 notes, 4 cards")
    write({"d/nerve.yaml": "topic: Nerve\ncards: [{front: new, back: b}]"})
    expect(shown.locator("#topics")).to_contain_text("Nerve")


def test_a_change_before_the_page_listens_is_seen(page: Page) -> None:
    held: list[Route] = []
    page.route("**/events", lambda route: held.append(route))  # noqa: PLW0108 - playwright wants a function
    with preview(write(DECK) / "d") as address:
        page.goto(address)
        expect(card(page).locator(".question")).to_have_text("Where is the motor cortex?")
        save("d/cortex.yaml", "Where is the motor", "Where was the motor")
        later = "async () => (await fetch('index.json')).headers.get('x-deckgen-version') > '1'"
        page.wait_for_function(later)
        held[0].continue_()
        expect(card(page).locator(".question")).to_have_text("Where was the motor cortex?")
        page.goto("about:blank")
