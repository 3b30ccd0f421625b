"""Which vanished note each new one was: the one that asks the same, else the most alike one without an id.

Nothing is asked of the author, so nothing may be guessed that is not near: reviews that come to the wrong card are
worse than a card that begins anew.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rapidfuzz import fuzz

from deckgen.likeness import likeness_of
from deckgen.lock import KEY_LENGTH, NoteEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SAME_FILE, OTHER_FILE = 0.6, 0.7
"""How like a note must be to one that has vanished from its file, or from another, to be taken for it."""

_MANY = 10_000  # pairs of cards that ask the same, up to which all are compared
_CANDIDATES = 8
_PIECES = 64  # of three letters, by which the nearest texts are looked for
_COMMON = 200  # notes that may share a piece of three letters, before it says nothing any more


class Claim(Protocol):
    """What a note says of itself, to find out who it is.

    `key` is its id if `has_id`, else the same as `asks`, which is derived from what it asks; `content` is all that a
    learner gets; `file` is what the lock calls the file at `path`; `texts` are question and answer in a line each, of a
    note without an id; `at` is its line, column and length.
    """

    @property
    def key(self) -> str: ...
    @property
    def asks(self) -> str: ...
    @property
    def has_id(self) -> bool: ...
    @property
    def content(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def texts(self) -> tuple[str, str]: ...
    @property
    def at(self) -> tuple[int, int, int]: ...


class Match(NamedTuple):
    """The key of the vanished note that a note was, and how like it is, up to 1."""

    key: str
    likeness: float


class _Candidate(NamedTuple):
    """A possible pair. They sort from the surest to the least sure, and the same on every machine."""

    rank: int
    unlikeness: float
    number: int
    key: str


def pair(waiting: list[tuple[Claim, int]], notes: dict[str, str], gone: dict[str, str]) -> dict[int, Match]:
    """Pair notes that wait with notes that have vanished, each with one at the most; by the waiting ones' numbers.

    waiting: notes with their types' ids. notes: entries of the lock that nobody has claimed. gone: those of earlier
    builds, which come back only if they ask the same.
    """
    candidates = [*_same(waiting, notes, 0), *_same(waiting, gone, 2), *_alike(waiting, notes)]
    found: dict[int, Match] = {}
    taken: set[str] = set()
    for rank, unlikeness, number, key in sorted(candidates):
        if number not in found and key not in taken:
            taken.add(key)
            found[number] = Match(key, 1.0 if rank < _ALIKE else 1 - unlikeness)
    return found


_ALIKE = 4  # the first rank of notes that do not ask the same


def _same(waiting: list[tuple[Claim, int]], entries: dict[str, str], rank: int) -> Iterator[_Candidate]:
    """Yield pairs that ask the same, those of one file first, and of those the ones whose answers are most alike."""
    new: dict[str, list[int]] = defaultdict(list)
    for number, (note, _) in enumerate(waiting):
        new[note.asks].append(number)
    old: dict[str, list[tuple[str, NoteEntry]]] = defaultdict(list)
    for key, text in entries.items():
        asks = key[:KEY_LENGTH] if key.startswith("~") else text.partition("\t")[0].rpartition(" ")[2]
        if asks in new:
            old[asks].append((key, NoteEntry.parse(text)))
    for asks, before in old.items():
        is_small = len(before) * len(new[asks]) <= _MANY
        pairs = product(before, new[asks]) if is_small else _same_answers(before, new[asks], waiting)
        for (key, entry), number in pairs:
            note = waiting[number][0]
            answers = fuzz.ratio(entry.answer, note.texts[1]) / 100
            yield _Candidate(rank + (entry.file != note.file), 1 - answers, number, key)


def _same_answers(
    before: list[tuple[str, NoteEntry]], numbers: list[int], waiting: list[tuple[Claim, int]]
) -> Iterator[tuple[tuple[str, NoteEntry], int]]:
    """Yield only the pairs that answer the same too: where hundreds ask the same, nobody compares all with all."""
    by_answer: dict[str, list[int]] = defaultdict(list)
    for number in reversed(numbers):
        by_answer[waiting[number][0].texts[1]].append(number)
    for each in before:
        if found := by_answer[each[1].answer]:
            yield each, found.pop()


def _alike(waiting: list[tuple[Claim, int]], entries: dict[str, str]) -> Iterator[_Candidate]:
    """Yield pairs of notes without ids that are alike enough, those of one file first."""
    old = {key: entry for key, text in entries.items() if (entry := NoteEntry.parse(text)).question}
    index = _Index((key, f"{entry.question} {entry.answer}") for key, entry in old.items())
    for number, (note, kind) in enumerate(waiting):
        if note.has_id:
            continue  # its author says that it is another
        question, answer = note.texts
        for key in index.near(f"{question} {answer}"):
            entry = old[key]
            is_elsewhere = entry.file != note.file
            if entry.kind == kind:
                likeness = likeness_of((entry.question, entry.answer), (question, answer))
                if likeness >= (OTHER_FILE if is_elsewhere else SAME_FILE):
                    yield _Candidate(_ALIKE + is_elsewhere, 1 - min(likeness, 0.999), number, key)


class _Index:
    """Finds texts that share rare pieces of three letters with another, so that not all pairs must be compared."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self._keys: dict[str, list[str]] = defaultdict(list)
        for key, text in texts:
            for piece in _pieces(text):
                self._keys[piece].append(key)

    def near(self, text: str) -> list[str]:
        """Return the keys of the texts that are probably the nearest."""
        shared: Counter[str] = Counter()
        rarest_first = sorted(_pieces(text), key=lambda piece: (len(self._keys.get(piece, ())), piece))
        for piece in rarest_first[:_PIECES]:
            keys = self._keys.get(piece, ())
            shared.update(keys if len(keys) <= _COMMON else ())
        return [key for key, _ in sorted(shared.items(), key=lambda each: (-each[1], each[0]))[:_CANDIDATES]]


def _pieces(text: str) -> set[str]:
    plain = f" {text.casefold()} "
    return {plain[i : i + 3] for i in range(len(plain) - 2)}
