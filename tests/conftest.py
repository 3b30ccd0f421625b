"""Fixtures: decks written from texts, builds of them, and real Anki."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from deckgen.cli import main
from deckgen.discover import find_decks
from deckgen.pipeline import Built, Targets, build, check
from tests.anki_harness import Anki
from tests.browser import chromium

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from playwright.sync_api import Browser

    from deckgen.diagnostics import Diagnostic

NOW = 1_700_000_000
"""The clock of the tests, in seconds."""


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test in an empty folder, without the machine's home, clock or locale."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(NOW))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))  # for processes that tests start
    for name in [n for n in os.environ if n.startswith(("LC_", "LANG"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start a real Chromium, one for all tests of a process."""
    with chromium() as started:
        yield started


@pytest.fixture
def anki(tmp_path: Path) -> Iterator[Anki]:
    """Give an empty collection of real Anki."""
    collection = Anki(tmp_path / "anki")
    yield collection
    collection.close()


def write(files: Mapping[str, str | bytes], folder: Path = Path()) -> Path:
    """Write files of a deck, by path; texts may be indented like the test they stand in."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else dedent(text).lstrip("\n").encode())
    return folder


def built(path: Path | str, now: int = NOW, output: Path | str = "out.apkg") -> Built:
    """Build the one deck at a path."""
    decks, problems = find_decks([Path(path)])
    assert not problems
    (deck,) = decks
    return build(deck, Targets(Path("build"), Path(output)), now, lambda _: None)


def package(text: str, now: int = NOW) -> Path:
    """Build a one-file deck from its text; fail with its problems if it has any."""
    write({"deck.one.yaml": text})
    done = built("deck.one.yaml", now)
    assert done.package, [f"{p.span} {p.code}: {p.message}" for p in done.problems]
    return done.package


def problems_of(path: Path | str) -> list[Diagnostic]:
    """Check whatever is at a path."""
    decks, problems = find_decks([Path(path)])
    targets = Targets(Path("build"))
    for deck in decks:
        problems += check(deck, targets, NOW, lambda _: None)
    return problems


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs the command line here and returns its exit status, stdout and stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["deckgen", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main()
        done = capsys.readouterr()
        return int(stopped.value.code or 0), done.out, done.err

    return call


def complaints(text: str) -> list[str]:
    """Check a one-file deck and return `line:column code` of each problem."""
    write({"deck.one.yaml": text})
    return [f"{p.span.line}:{p.span.column} {p.code}" for p in problems_of("deck.one.yaml")]


@pytest.fixture
def learned(anki: Anki) -> Callable[[str], list[dict[str, str]]]:
    """Return a function from a one-file deck to the fields of its notes in Anki, in the order of the file."""

    def learn(text: str) -> list[dict[str, str]]:
        anki.install(package(text))
        return [note.fields for note in anki.notes()]

    return learn
