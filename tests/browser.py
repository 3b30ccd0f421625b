"""A real Chromium for tests: the system's own, driven by playwright.

Tests that need it fail where it is missing; they never skip.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

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
