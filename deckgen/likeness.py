"""How like two notes are: whether a reworded question still asks what another one asked.

Words are compared and not letters: one letter can make another fact of a card, and twenty can leave it the same.
docs/decisions/0011 has the measurement that the limits come from.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from rapidfuzz.distance import OSA

_NAME, _OTHER, _SMALL = 2.0, 1.0, 0.3
"""What words weigh: names, numbers and code say what a question is about, small words nothing."""

_GROWN = 0.7  # how near texts are of which one has something more than the other
_SHORT, _ENDING = 4, 3  # letters of words that may have slips, and of endings

_CODE = re.compile(r"`[^`]*`|\$[^$]*\$")
_CLOZE = re.compile(r"\{\{c[\d,]+::(.*?)(?:::[^{}]*?)?\}\}")
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # written without blanks: each character counts as a word
_WORD = re.compile(rf"[{_CJK}]|[^\W{_CJK}]+|[^\w\s.,;:!?()\"'*`„“”«»¿¡]")
_DASH, _NOTHING = re.compile(r"\s*[\u2010-\u2015-]\s*"), re.compile(r"[\u2019'$*`]|\\,")
_PUNCTUATION = re.compile(r"[\s.,;:!?\"„“”«»¿¡]+")
_SMALL_WORDS = frozenset(
    """a an and are as at by did do does for from has have how in into is it its name of on or that the this to was were
    what when where which who whom whose why with you your
    auf das dem den der des die ein eine für im in ist mit und von was wann warum wer wie wo welche welcher welches zu
    à au avec ce d dans de des du en est et l la le les où par pour qu que quel quelle quels quelles qui un une
    con cual cuál como cómo cuando cuándo de del donde dónde el en es la las los para por que qué quien quién un una y
    al che chi cosa da dove è gli il lo nel per quale quando""".split()
)
"""Words of questions in English, German, French, Spanish and Italian."""


def likeness_of(old: tuple[str, str], new: tuple[str, str]) -> float:
    """Return how sure it is, from 0 to 1, that two notes are one, each given by question and answer.

    The answer counts most: a question put in other words still has its answer, another question has another. Where the
    answer is the same, what the question is about must be there still; where it has grown, the question must have
    stayed or grown as well.
    """
    (old_question, old_answer), (question, answer) = _sides(*old), _sides(*new)
    if old_question.text == question.text != "":
        return 0.99
    swapped = _nearness(old_question, answer) * _nearness(old_answer, question)
    if swapped >= _GROWN:
        return swapped
    if old_answer.text == answer.text:
        return _kept(old_question, question)
    return min(_nearness(old_answer, answer), _nearness(old_question, question))


class _Side(NamedTuple):
    """A question or an answer: as it is compared, and what each of its words weighs."""

    text: str
    words: dict[str, float]


def _sides(question: str, answer: str) -> tuple[_Side, _Side]:
    """Take a note apart; what a cloze hides is its answer."""
    if not answer and (hidden := _CLOZE.findall(question)):
        question, answer = _CLOZE.sub(r"\1", question), " ".join(hidden)
    return _side(question), _side(answer)


def _side(text: str) -> _Side:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = _DASH.sub("-", plain)
    code = [found.span() for found in _CODE.finditer(plain)]
    words: dict[str, float] = {}
    for found in _WORD.finditer(plain):
        word, start = found[0].casefold(), found.start()
        is_name = (start > 0 and found[0][0].isupper()) or _has_digit(word) or any(a < start < b for a, b in code)
        weight = _NAME if is_name else _SMALL if word in _SMALL_WORDS else _OTHER
        words[word] = max(weight, words.get(word, 0))
    return _Side(" ".join(_PUNCTUATION.sub(" ", _NOTHING.sub("", plain.casefold())).split()), words)


def _nearness(old: _Side, new: _Side) -> float:
    """Return how near two texts are: the same, or the one with something more than the other; else 0."""
    if old.text == new.text:
        return 1.0
    lost, come = _only_here(old, new), _only_here(new, old)
    is_grown = all(old.words[word] <= _SMALL for word in lost) or all(new.words[word] <= _SMALL for word in come)
    return _GROWN if is_grown and len(lost) < len(old.words) else 0.0


def _kept(old: _Side, new: _Side) -> float:
    """Return which part of the lighter of two questions the other has too, by the weight of its words.

    Where each has something that the other has not, all names must be there still: else they are about two things.
    """
    lost, come = _only_here(old, new), _only_here(new, old)
    for word in list(lost):  # a slip of the finger, or another form, is no other word
        if near := next((other for other in come if _is_slip(word, other)), ""):
            lost.remove(word)
            come.remove(near)
    names = [word for word, weight in old.words.items() if weight == _NAME]
    has_all_names = names and not set(names) & set(lost)
    if not has_all_names and any(old.words[w] > _SMALL for w in lost) and any(new.words[w] > _SMALL for w in come):
        return 0.0
    kept = sum(weight for word, weight in old.words.items() if word not in lost)
    return min(1.0, kept / (min(sum(old.words.values()), sum(new.words.values())) or 1))


def _only_here(here: _Side, there: _Side) -> list[str]:
    return [word for word in here.words if word not in there.words]


def _is_slip(word: str, other: str) -> bool:
    """Tell whether two words are one letter apart, or one is the beginning of the other."""
    short, long = sorted((word, other), key=len)
    if len(short) < _SHORT or _has_digit(word) or _has_digit(other):
        return False
    return OSA.distance(short, long) == 1 or (long.startswith(short) and len(long) - len(short) <= _ENDING)


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))
