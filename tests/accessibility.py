"""What keeps people with a screen reader or without a mouse from using a page, as axe finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

_GRAVE = ("serious", "critical")


def serious(page: Page) -> list[str]:
    """Return what is serious or worse: the rule, what it says, and where."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['help']}: {[node['target'] for node in each['nodes'][:3]]}"
        for each in found
        if each["impact"] in _GRAVE
    ]
