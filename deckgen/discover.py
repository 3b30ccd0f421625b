"""Which files make up the decks that a command names."""

from __future__ import annotations

import os
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from deckgen.diagnostics import Diagnostic, Span, error

HEADS = ("deck.yaml", "deck.yml")
_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class TopicFile:
    """A topic's file, and its path in the deck without ending: `a/b.yaml` is `("a", "b")`."""

    path: Path
    parts: tuple[str, ...]

    @property
    def size(self) -> int:
        """Return the file's bytes, 0 where it cannot be asked."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0


@dataclass(frozen=True, slots=True)
class DeckFiles:
    """A deck on disk. A one-file deck has no topic files: its cards stand in `head`."""

    head: Path
    folder: Path
    default_id: str
    lock: Path
    single: bool
    topics: tuple[TopicFile, ...] = ()


def find_decks(paths: list[Path]) -> tuple[list[DeckFiles], list[Diagnostic]]:
    """Find the decks at each path: a deck's folder, a one-file deck, or a folder of such."""
    decks: dict[Path, DeckFiles] = {}
    problems: list[Diagnostic] = []
    for path in paths:
        for found in _decks_at(path):
            if isinstance(found, Diagnostic):
                problems.append(found)
            else:
                decks.setdefault(found.head, found)
    return list(decks.values()), problems


def _decks_at(path: Path) -> list[DeckFiles | Diagnostic]:
    if path.is_dir():
        if _head_in(path) is not None:
            return [_deck_in(path)]
        entries = sorted(path.iterdir())
        if os.path.lexists(path / "deck.lock"):
            message = "here is a deck.lock, but no deck.yaml"
            return [error(Span(path.as_posix()), "no-deck", message, "restore deck.yaml from version control")]
        inside = sorted(Path(place) for place, _, _ in os.walk(path))
        found: list[DeckFiles | Diagnostic] = [_deck_in(folder) for folder in inside if _head_in(folder)]
        found += [_single_deck(p) for p in entries if _is_yaml(p) and p.is_file()]
        found += [_not_a_file(p) for p in entries if _is_yaml(p) and not p.is_file()]
        if (owner := _owner(path)) is not None:
            return [_part_of(path, owner)]
        return found or [
            error(
                Span(str(path)),
                "no-deck",
                "there is no deck in this folder",
                "a deck is a folder with a deck.yaml, or one .yaml file; make one with  deckgen new DIR",
            )
        ]
    if not path.exists():
        return [
            error(
                Span(str(path)),
                "no-deck",
                "there is no such file or folder",
                "check the spelling; make a new deck with  deckgen new DIR",
            )
        ]
    if not path.is_file():
        return [_not_a_file(path)]
    if path.name in HEADS:
        return [_deck_in(path.parent)]
    owner = _owner(path)
    return [_part_of(path, owner) if owner else _single_deck(path)]


def _owner(path: Path) -> Path | None:
    """Return the folder of the deck that a file or folder is part of."""
    return next((folder for folder in path.absolute().parents if _head_in(folder)), None)


def _part_of(path: Path, owner: Path) -> Diagnostic:
    name = os.path.relpath(owner)
    message = f"this is a part of the deck in {name}"
    return error(Span(path.as_posix()), "part-of-deck", message, f"name the deck instead:  {name}")


def _head_in(folder: Path) -> Path | None:
    return next((folder / name for name in HEADS if os.path.lexists(folder / name)), None)


def _single_deck(path: Path) -> DeckFiles:
    return DeckFiles(path, path.parent, path.stem, path.with_suffix(".lock"), single=True)


def _deck_in(folder: Path) -> DeckFiles | Diagnostic:
    """Return the deck whose head stands in a folder."""
    heads = [folder / name for name in HEADS if os.path.lexists(folder / name)]
    if len(heads) > 1:
        message = f"there is a {heads[0].name} beside this {heads[1].name}"
        return error(Span(heads[1].as_posix()), "duplicate-deck", message, "keep one of the two")
    head = heads[0]
    name = folder.name if folder.name not in ("", ".", "..") else folder.resolve().name
    topics = tuple(TopicFile(path, _parts(path, folder)) for path in _topic_paths(folder) if path.name not in HEADS)
    return DeckFiles(head, folder, name, folder / "deck.lock", single=False, topics=topics)


def _parts(path: Path, folder: Path) -> tuple[str, ...]:
    return tuple(unicodedata.normalize("NFC", p) for p in path.relative_to(folder).with_suffix("").parts)


def _topic_paths(folder: Path) -> list[Path]:
    """Return the YAML files below a deck's folder in order of their paths.

    Folders that are decks themselves are not entered.
    """
    found: list[Path] = []
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = [
            f for f in folders if not f.startswith(".") and _head_in(here / f) is None and not _is_yaml(here / f)
        ]
        found += [here / f for f in files if _is_yaml(here / f)]
        found += [here / f for f in folders if (here / f).is_symlink()]  # to be refused, not passed over
        found += [p for p in here.iterdir() if _is_yaml(p) and p.is_dir() and p.name not in HEADS]
    return sorted(found, key=lambda p: p.relative_to(folder).with_suffix("").parts)


def _is_yaml(path: Path) -> bool:
    return path.suffix.lower() in _ENDINGS and not path.name.startswith(".")


def _not_a_file(path: Path) -> Diagnostic:
    return error(
        Span(str(path)),
        "not-a-file",
        "this is not a file",
        "a .yaml name is for a file of cards; rename the folder",
    )


def read_yaml(path: Path, folder: Path) -> bytes | Diagnostic:
    """Read a YAML file of a deck. Raises OSError where the machine fails, not the author."""
    if not path.name.isprintable() and any("\ud800" <= character <= "\udfff" for character in path.as_posix()):
        return error(Span(path.as_posix()), "not-utf8", "the file's name is not UTF-8", "give it another name")
    mode = path.stat().st_mode if path.exists() else 0
    if path.is_symlink() and stat.S_ISDIR(mode):
        return error(
            Span(str(path)), "file-outside", "this folder is a link", "put the folder itself into the deck's folder"
        )
    if not stat.S_ISREG(mode):
        return (
            _not_a_file(path)
            if mode
            else error(Span(str(path)), "no-deck", "there is no such file", "it may be a link whose file is gone")
        )
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        return error(
            Span(str(path)),
            "file-outside",
            "this link leads out of the deck's folder",
            "put the file itself into the folder",
        )
    return path.read_bytes()
