"""Which vanished note each new one was: the one that asks the same, else the most alike one without an id.

Nothing is asked of the author, so nothing may be guessed that is not near: reviews that come to the wrong card are
worse than a card that begins anew. docs/decisions/0011 has the measurement that the limits come from.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rapidfuzz import fuzz

from deckgen.lock import NoteEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SAME_FILE = 0.6
OTHER_FILE = 0.7
"""How like a note must be to one that has vanished from its file, or from another, to be taken for it."""

_NAME, _WORD_ITSELF, _SMALL = 2.0, 1.0, 0.3
"""What words weigh: names and numbers say what a question is about, small words nothing."""

_PART = 0.8  # how near an answer is that is a part of the other; and how alike long ones must be
_LONG = 16  # characters from which on two answers can be called alike
_TYPO = 75  # how alike two words are, in percent, of which one is a slip of the other

_CANDIDATES = 8
_COMMON = 200  # notes that may share a piece of three letters, before it says nothing any more
_EMPHASIS = re.compile(r"[*`]+|\b_+|_+\b")
_CLOZE = re.compile(r"\{\{c[\d,]+::(.*?)(?:::[^{}]*?)?\}\}")
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # written without blanks: each character counts as a word
_WORD = re.compile(rf"[{_CJK}]|[^\W{_CJK}]+|[^\w\s.,;:!?()\"'„“”«»¿¡\u2013\u2014-]")
_SMALL_WORDS = frozenset(
    """a an and are as at by did do does for from has have how in into is it its name of on or that the this to was were
    what when where which who whom whose why with you your
    auf das dem den der des die ein eine für im in ist mit und von was wann warum wer wie wo welche welcher welches zu
    à au avec ce d dans de des du en est et l la le les où par pour qu que quel quelle quels quelles qui un une
    con cual cuál como cómo cuando cuándo de del donde dónde el en es la las los para por que qué quien quién un una y
    al che chi cosa da dove è gli il lo nel per quale quando""".split()
)
"""Words of questions in English, German, French, Spanish and Italian."""


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
    by_question: dict[str, list[int]] = defaultdict(list)
    for number, (note, _) in enumerate(waiting):
        by_question[note.asks].append(number)
    for key, text in entries.items():
        asks = key[:17] if key.startswith("~") else text.partition("\t")[0].rpartition(" ")[2]
        for number in by_question.get(asks, ()):
            entry, note = NoteEntry.parse(text), waiting[number][0]
            answers = fuzz.ratio(entry.answer, note.texts[1]) / 100
            yield _Candidate(rank + (entry.file != note.file), 1 - answers, number, key)


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
        for piece in sorted(_pieces(text), key=lambda piece: (len(self._keys.get(piece, ())), piece))[
            : _CANDIDATES * 8
        ]:
            keys = self._keys.get(piece, ())
            if len(keys) <= _COMMON:
                for key in keys:
                    shared[key] += 1
        return [key for key, _ in sorted(shared.items(), key=lambda each: (-each[1], each[0]))[:_CANDIDATES]]


def _pieces(text: str) -> set[str]:
    plain = f" {text.casefold()} "
    return {plain[i : i + 3] for i in range(len(plain) - 2)}


def likeness_of(old: tuple[str, str], new: tuple[str, str]) -> float:
    """Return how sure it is, from 0 to 1, that two notes are one, each given by question and answer.

    The answer counts most: a question put in other words still has its answer, another question has another. Where the
    answer is the same, most of what the question is about must be there still; where it is only near, nearly all.
    """
    (old_question, old_answer), (question, answer) = _sides(*old), _sides(*new)
    if old_question.text == question.text:
        return 0.99
    answers = _nearness(old_answer, answer)
    swapped = min(_nearness(old_question, answer), _nearness(old_answer, question))
    return max(swapped, answers * _kept(old_question, question))


class _Side(NamedTuple):
    """A question or an answer: its words in order, and what each of them weighs."""

    text: str
    words: dict[str, float]


def _sides(question: str, answer: str) -> tuple[_Side, _Side]:
    """Take a note apart; what a cloze hides is its answer."""
    if not answer and (hidden := _CLOZE.findall(question)):
        question, answer = _CLOZE.sub(r"\1", question), " ".join(hidden)
    return _side(question), _side(answer)


def _side(text: str) -> _Side:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words: dict[str, float] = {}
    order = []
    for found in _WORD.finditer(_EMPHASIS.sub("", plain)):
        word = found[0].casefold()
        is_name = (found.start() > 0 and found[0][0].isupper()) or any(map(str.isdigit, word))
        weight = _NAME if is_name else _SMALL if word in _SMALL_WORDS else _WORD_ITSELF
        words[word] = max(weight, words.get(word, 0))
        order.append(word)
    return _Side(" ".join(order), words)


def _nearness(old: _Side, new: _Side) -> float:
    """Return how near two answers are: the same, the one a part of the other, or long and much alike."""
    if old.text == new.text:
        return 1.0
    few, many = sorted((old.words.keys(), new.words.keys()), key=len)
    if few and few <= many:
        return _PART
    long_enough = min(len(old.text), len(new.text)) >= _LONG
    ratio = fuzz.ratio(old.text, new.text) / 100 if long_enough else 0.0
    return ratio if ratio >= _PART and not any(map(_has_digit, few ^ many)) else 0.0


def _kept(old: _Side, new: _Side) -> float:
    """Return which part of the lighter of two questions the other has too, by the weight of its words."""
    come = [word for word in new.words if word not in old.words]
    kept = sum(weight for word, weight in old.words.items() if word in new.words)
    for word in old.words.keys() - new.words.keys():
        near = max(come, key=lambda other: (fuzz.ratio(word, other), other), default="")  # a typo is no other word
        if fuzz.ratio(word, near) >= _TYPO and not _has_digit(word + near):
            kept += min(old.words[word], new.words[near])
            come.remove(near)
    return min(1.0, kept / (min(sum(old.words.values()), sum(new.words.values())) or 1))


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))
