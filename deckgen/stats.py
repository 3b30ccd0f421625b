"""What a deck holds, counted: by topic, note type, source and tag, and how long its answers are."""

from __future__ import annotations

import json
import unicodedata
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from deckgen.model import Options
from deckgen.render.plaintext import plain_text
from deckgen.wording import amount

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deckgen.model import Citation, NoteType
    from deckgen.topics import CompiledNote

_ANSWERS = ("Back", "Text")  # the field of a built-in type that says how much there is to recall
_CLASSES = (10, 20, 40, 80, 160, 320)
"""Where the classes of answers' lengths end, in characters."""


@dataclass(slots=True)
class Stats:
    """Counts of one deck. `answers` holds the lengths of answers, in characters as shown."""

    deck: str
    options: Options = field(default_factory=Options)
    notes: int = 0
    cards: int = 0
    topics: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    answers: list[int] = field(default_factory=list)

    def add(self, note: CompiledNote, note_type: NoteType) -> None:
        """Count a note."""
        fields = dict(zip(note_type.field_names(), note.fields.split("\x1f"), strict=True))
        self.notes += 1
        self.cards += len(note.cards)
        self.topics[note.topic.title or "(no topic)"] += 1
        self.types[_kind(note_type.name, fields)] += 1
        self.sources[_source(note.citation)] += 1
        self.tags.update(note.tags)
        answer = next((fields[name] for name in _ANSWERS if name in fields), None)
        if answer is not None:
            self.answers.append(len(plain_text(answer)))

    def lengths(self) -> dict[str, float]:
        """Return the median, the 90th percentile and the maximum of the answers' lengths."""
        if not self.answers:
            return {}
        ninth = quantiles(self.answers, n=10, method="inclusive")[8] if len(self.answers) > 1 else self.answers[0]
        return {"median": median(self.answers), "90 %": round(ninth), "longest": max(self.answers)}

    def lengths_in_classes(self) -> list[tuple[str, int]]:
        """Return how many answers are how long, each class twice as wide as the one before: `("11 to 20", 7)`."""
        found = Counter(bisect_left(_CLASSES, length) for length in self.answers)
        starts = (0, *(end + 1 for end in _CLASSES))
        names = [f"{start} to {end}" for start, end in zip(starts, _CLASSES, strict=False)]
        return [(name, found[place]) for place, name in enumerate((*names, f"over {_CLASSES[-1]}"))]


def _kind(type_name: str, fields: dict[str, str]) -> str:
    name = type_name.rsplit(" – ", 1)[-1]  # noqa: RUF001 - the dash in a built-in type's name
    extras = [word for field_, word in (("Add Reverse", "reversed"), ("Type Answer", "typed")) if fields.get(field_)]
    return f"{name} ({', '.join(extras)})" if extras else name


def _source(citation: Citation) -> str:
    name = citation.source.title or citation.source.id if citation.source else citation.text
    return " · ".join(part for part in (name, citation.section) if part) or "(no source)"


def as_json(counted: Iterable[Stats]) -> str:
    """Return the counts as JSON: a list with an object for each deck."""
    return json.dumps([_as_dict(stats) for stats in counted], ensure_ascii=False, indent=1)


def _as_dict(stats: Stats) -> dict[str, Any]:
    counters = ("topics", "types", "sources", "tags")
    return {
        "deck": stats.deck,
        "notes": stats.notes,
        "cards": stats.cards,
        **{name: dict(getattr(stats, name)) for name in counters},
        "answer_length": stats.lengths(),
    }


def as_table(stats: Stats) -> str:
    """Return the counts as a table with bars, for a terminal."""
    lines = [f"{stats.deck}: {amount(stats.notes, 'note')}, {amount(stats.cards, 'card')}", ""]
    for title, counter in (
        ("Topic", stats.topics),
        ("Kind", stats.types),
        ("Source", stats.sources),
        ("Tag", stats.tags),
    ):
        lines += [*_rows(title, counter), ""]
    if lengths := stats.lengths():
        lines += [
            "Answers, in characters: " + ", ".join(f"{name} {value:g}" for name, value in lengths.items()),
            "",
        ]
    return "\n".join(lines)


def _rows(title: str, counter: Counter[str], most: int = 15) -> list[str]:
    shown = counter.most_common(most) if title in ("Tag", "Source") else list(counter.items())
    width = max((_cells(name[:50]) for name, _ in shown), default=0)
    width = max(width, len(title))
    top = max(counter.values(), default=1)
    rows = [f"{title:<{width}}  notes"]
    for name, count in shown:
        padded = name[:50] + " " * (width - _cells(name[:50]))
        rows.append(f"{padded}  {count:>5}  {'█' * max(1, round(24 * count / top))}")
    if len(counter) > len(shown):
        rows.append(f"… and {len(counter) - len(shown)} more")
    return rows


def _cells(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
