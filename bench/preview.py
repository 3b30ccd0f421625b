"""How long the preview takes: the first card of a large deck, and a saved change of a smaller one, in Chromium.

Times are medians, in milliseconds, from the command or the save to the card on the screen; beside each its ratio to
`deckgen check` of the same deck in the same run, which does not depend on the machine so much.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
os.environ["PYTHONPATH"] = str(ROOT)  # for what is started here

from playwright.sync_api import expect

from tests.browser import card, chromium, preview
from tests.conftest import write

if TYPE_CHECKING:
    from playwright.sync_api import Page

RUNS = 5

SEEN = """text => new Promise((done) => {
  const look = () => {
    const inside = document.querySelector("#stage iframe:not(.waiting)")?.contentDocument;
    if (inside?.querySelector(".question")?.textContent === text) done();
    else setTimeout(look, 4);
  };
  look();
})"""


def deck(folder: Path, notes: int) -> Path:
    """Write a deck, 100 notes a file."""
    files = {"deck.yaml": "deck: Many\nid: many\n"}
    for start in range(0, notes, 100):
        cards = "".join(
            f"- {{id: n{n}, front: What is {n}?, back: number **{n}**}}\n" for n in range(start, start + 100)
        )
        files[f"t{start // 100:03}.yaml"] = f"topic: Topic {start // 100}\ncards:\n{cards}"
    return write(files, folder / str(notes))


SCROLLED = """frames => new Promise((done) => {
  const room = document.querySelector("#grid-view");
  const times = [];
  const step = (now) => {
    times.push(now);
    room.scrollTop += 40;
    if (times.length <= frames) requestAnimationFrame(step);
    else done(times.slice(1).map((time, place) => time - times[place]));
  };
  requestAnimationFrame(step);
})"""


def check(path: Path) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "deckgen", "check", str(path)], check=True, capture_output=True)
    return time.perf_counter() - begun


def first_cards(page: Page, path: Path) -> tuple[list[float], list[float]]:
    """Time from the command, and from opening the page, to the first card."""
    since_command, since_page = [], []
    for _ in range(RUNS):
        begun = time.perf_counter()
        with preview(path) as address:
            ready = time.perf_counter()
            page.goto(address)
            page.evaluate(SEEN, "What is 0?")
            since_command.append(time.perf_counter() - begun)
            since_page.append(time.perf_counter() - ready)
            page.goto("about:blank")
    return since_command, since_page


def changes(page: Page, path: Path) -> list[float]:
    """Save a file again and again, and look for the change in the card every few milliseconds."""
    took = []
    file = path / "t000.yaml"
    with preview(path) as address:
        page.goto(address)
        expect(card(page).locator(".question")).to_have_text("What is 0?")
        was = "What is 0?"
        for number in range(RUNS):
            now = f"What is 0 for {number}?"
            text = file.read_text("utf-8").replace(was, now)
            begun = time.perf_counter()
            file.write_text(text, "utf-8")
            page.evaluate(SEEN, now)
            took.append(time.perf_counter() - begun)
            was = now
            time.sleep(0.5)
        page.goto("about:blank")
    return took


def scrolling(page: Page, path: Path) -> list[float]:
    """Scroll through the grid for some seconds; return the milliseconds of each frame."""
    with preview(path) as address:
        page.goto(address)
        page.evaluate(SEEN, "What is 0?")
        page.keyboard.press("g")
        page.wait_for_selector(".cell iframe")
        frames: list[float] = page.evaluate(SCROLLED, 240)
        page.goto("about:blank")
    return frames


def main() -> None:
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        page = browser.new_page()
        large, small = deck(Path(name), 20_000), deck(Path(name), 1_000)
        since_command, since_page = first_cards(page, large)
        tell("20,000 notes, command to first card", since_command, large)
        tell("20,000 notes, page opened to first card", since_page, large)
        frames = sorted(scrolling(page, large))
        middle, late = frames[len(frames) // 2], frames[len(frames) * 95 // 100]
        slow = f"95 % under {late:.0f} ms, worst {frames[-1]:.0f} ms"
        print(f"20,000 notes, a frame while scrolling the grid: median {middle:.0f} ms, {slow}")
        tell(" 1,000 notes, save to change seen", changes(page, small), small)


def tell(what: str, took: list[float], path: Path) -> None:
    checked = statistics.median(check(path) for _ in range(RUNS))
    middle = statistics.median(took)
    print(f"{what}: {1000 * middle:.0f} ms, {middle / checked:.2f} x check ({1000 * checked:.0f} ms)")


if __name__ == "__main__":
    main()
