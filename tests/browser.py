"""A real Chromium for tests: the system's own, driven by playwright.

Tests that need it fail where it is missing; they never skip.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, FrameLocator, Page

expect.set_options(timeout=20_000)  # milliseconds; machines that test are slow at times

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str:
    """Return the path of the browser; DECKGEN_CHROMIUM names another than the system's."""
    found = os.environ.get("DECKGEN_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    assert found, "these tests need Chromium (on Debian: apt install chromium), or DECKGEN_CHROMIUM=path"
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser that ends with the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def preview(path: Path | str, *arguments: str) -> Iterator[str]:
    """Run `deckgen preview` as its user does, and give the address that it prints first."""
    command = [sys.executable, "-m", "deckgen", "preview", "--no-browser", *arguments, str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
        assert "Traceback" not in said, said
        assert process.returncode == 0


def card(page: Page) -> FrameLocator:
    """Return the card that is shown; the one that is to come next waits behind it."""
    return page.frame_locator("#stage iframe:not(.waiting)")
