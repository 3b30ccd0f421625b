"""What has changed between two packages, as text for a terminal, as JSON, and as Markdown fit for release notes."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from difflib import SequenceMatcher
from html import unescape
from typing import TYPE_CHECKING

from deckgen.changes import Status
from deckgen.wording import amount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deckgen.changes import Changes, FieldChange, NoteChange

_MARKS = {"text": ("[-", "-]", "{+", "+}"), "markdown": ("~~", "~~", "**", "**")}
_TITLES = {
    Status.NEW: "New",
    Status.CHANGED: "Changed",
    Status.REMOVED: "Removed",
    Status.CONFLICTING: "Not updated",
}
_WIDTH = 100  # characters of a note's title


def render(changes: Changes, form: str) -> str:
    """Return the changes as `text`, `json` or `markdown`."""
    return {"text": _text, "json": _json, "markdown": _markdown}[form](changes)


def summary(changes: Changes) -> str:
    """Return the counts in a line."""
    counts = [f"{len(found):,} {status}" for status in Status if (found := changes.of(status))]
    return ", ".join(counts) or "no notes"


def plain(html: str) -> str:
    """Return what is read of a field: no tags, clozes in brackets, pictures by their names."""
    text = re.sub(r"<img\b[^>]*\bsrc=[\"']?([^\"'>]+)[^>]*>", r"[\1]", html)
    text = re.sub(r"<br\s*/?>|</(?:p|div|li|tr|h\d)>", " ", text, flags=re.IGNORECASE)
    text = re.sub(r"\{\{c[\d,]+::(.*?)(?:::[^{}]*)?\}\}", r"[\1]", re.sub(r"<[^<>]*>", "", text), flags=re.DOTALL)
    return " ".join(unescape(text).split())


def title(note: NoteChange) -> str:
    """Return what a note is called: the first of its fields that has something to read."""
    read = next((text for _, html in note.fields if (text := plain(html))), "(no text)")
    return read if len(read) <= _WIDTH else f"{read[:_WIDTH]} …"


def marked(old: str, new: str, form: str) -> str:
    """Return one text made of two, what has gone and what has come in it marked word by word."""
    gone, gone_end, come, come_end = _MARKS[form]
    a, b = (re.findall(r"\s+|[\w'’]+|[^\w\s]", text) for text in (old, new))  # noqa: RUF001 - an apostrophe is meant
    parts = []
    for kind, a_start, a_end, b_start, b_end in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append("".join(a[a_start:a_end]))
            continue
        went, came = (
            _wrapped("".join(a[a_start:a_end]), gone, gone_end),
            _wrapped("".join(b[b_start:b_end]), come, come_end),
        )
        parts.append(f"{went} {came}" if went and came else went + came)
    return "".join(parts)


def _wrapped(text: str, start: str, end: str) -> str:
    """Put marks around a text, blanks left outside, as Markdown wants it."""
    inner = text.strip()
    if not inner:
        return text
    before, _, after = text.partition(inner)
    return f"{before}{start}{inner}{end}{after}"


def _texts(change: FieldChange, form: str) -> tuple[str, str]:
    """Return both texts as they are read; as they are written, if they read the same."""
    old, new = plain(change.old), plain(change.new)
    if old == new:
        old, new = change.old, change.new
    return (_escaped(old), _escaped(new)) if form == "markdown" else (old, new)


def _details(note: NoteChange, form: str) -> Iterator[str]:
    """Yield a line for each thing that is different about a note."""
    for change in note.changes:
        old, new = _texts(change, form)
        name = _escaped(change.name) if form == "markdown" else change.name
        yield f"{name}: {marked(old, new, form)}"
    tags = [f"+{tag}" for tag in note.tags_added] + [f"-{tag}" for tag in note.tags_removed]
    if tags:
        yield f"tags: {' '.join(tags)}"
    if note.cards_added:
        yield f"{amount(len(note.cards_added), 'new card')}"
    if note.cards_left_empty:
        yield f"{amount(len(note.cards_left_empty), 'card')} left empty: Tools → Empty Cards removes them"
    if note.moved_from:
        yield f"now in {note.deck}; cards that learners have stay in {note.moved_from}"
    if note.is_stale:
        yield "differs, but is not newer: Anki keeps what learners have"


def _shown(changes: Changes, status: Status) -> list[NoteChange]:
    """Return the notes of a status that there is something to say about."""
    return [n for n in changes.of(status) if status is not Status.UNCHANGED or any(_details(n, "text"))]


def _text(changes: Changes) -> str:
    lines = [f"{changes.old} → {changes.new}: {summary(changes)}"]
    for each in changes.breaking:
        lines += ["", f"breaking: {each.message}", f"   tell learners: {each.help}"]
    lines += [f"{chr(10) if not n else ''}new design: {name}" for n, name in enumerate(changes.looks)]
    for status in (Status.NEW, Status.CHANGED, Status.UNCHANGED, Status.CONFLICTING, Status.REMOVED):
        if notes := _shown(changes, status):
            lines += ["", f"{status}:"]
            for note in notes:
                lines.append(f"  {title(note)}")
                lines += [f"      {line}" for line in _details(note, "text")]
    if changes.searches:
        lines += ["", "removed notes stay with learners; this finds them in Anki's browser:"]
        lines += [f"  {search}" for search in changes.searches]
    return "\n".join(lines) + "\n"


def _markdown(changes: Changes) -> str:
    lines = [f"**{summary(changes)}**", ""]
    if changes.breaking:
        lines += ["### Before you import", ""]
        lines += [f"- {_escaped(each.message)}. To get it all: {_escaped(each.help)}." for each in changes.breaking]
        lines.append("")
    for status, heading in _TITLES.items():
        notes = _shown(changes, status)
        if notes:
            lines += [f"### {heading}", ""]
        for note in notes:
            lines.append(f"- {_escaped(title(note))}")
            lines += [f"  - {line}" for line in _details(note, "markdown")]
        lines += [""] if notes else []
    if changes.looks:
        lines += [f"New design: {', '.join(map(_escaped, changes.looks))}.", ""]
    if changes.searches:
        lines += ["Removed cards stay in your collection. To find them, search in Anki's browser for:", ""]
        lines += [line for search in changes.searches for line in ("```text", search, "```", "")]
    return "\n".join(lines).rstrip() + "\n"


def _json(changes: Changes) -> str:
    made = {
        "old": changes.old,
        "new": changes.new,
        "counts": changes.counts(),
        "breaking": [asdict(each) for each in changes.breaking],
        "looks": list(changes.looks),
        "searches": list(changes.searches),
        "notes": [asdict(note) | {"fields": dict(note.fields)} for note in changes.notes],
    }
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#|~])", r"\\\1", text)
