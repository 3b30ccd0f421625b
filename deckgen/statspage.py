"""A deck's figures as a page to look at: bars in tables, which screen readers read, and the year ahead as a drawing.

One file, no script, nothing from outside. docs/decisions/0013 says why there is no charting package.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from deckgen.forecast import SECONDS_AN_ANSWER, Forecast, forecast
from deckgen.wording import amount

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator, Sequence

    from deckgen.stats import Stats

_CSS = Path(__file__).with_suffix(".css")
_MOST = 15  # rows of tags and sources
_LENGTHS = (10, 20, 40, 80, 160, 320)
"""Where the classes of answers' lengths end, in characters."""

_PACES = (5, 10, 20, 40)
_WIDTH, _HEIGHT, _FOOT = 730, 180, 18  # of the drawing: two units a day


def page(counted: Sequence[Stats], new_per_day: int | None = None) -> str:
    """Return the page of some decks. Raises ModuleNotFoundError without the package fsrs."""
    css = _CSS.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    title = " · ".join(stats.deck for stats in counted) or "No deck"
    body = "\n".join(f"<section>\n{_join(_deck(stats, new_per_day))}</section>" for stats in counted)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'; "
        "img-src data:; base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}: figures</title>\n<style>{css}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        "</body>\n</html>\n"
    )


def _join(parts: Iterable[str]) -> str:
    return "".join(f"{part}\n" for part in parts)


def _deck(stats: Stats, new_per_day: int | None) -> Iterator[str]:
    yield f"<h1>{escape(stats.deck)}</h1>\n<p>{amount(stats.notes, 'note')}, {amount(stats.cards, 'card')}</p>"
    yield _year(forecast(stats.cards, stats.options, new_per_day))
    yield _paces(stats)
    yield '<div class="two">'
    yield _bars("Topics", "Topic", "notes", stats.topics.items(), _largest(stats.topics))
    yield _bars("Kinds of cards", "Kind", "notes", stats.types.most_common(), _largest(stats.types))
    yield _bars("Length of answers", "Characters", "notes", _lengths(stats.answers), _about_lengths(stats))
    yield _bars("Tags", "Tag", "notes", stats.tags.most_common(_MOST), _rest(stats.tags))
    yield _bars("Sources", "Source", "notes", stats.sources.most_common(_MOST), _rest(stats.sources))
    yield "</div>"


def _bars(title: str, first: str, second: str, rows: Iterable[tuple[str, int]], said: str) -> str:
    """Return a table whose rows have bars."""
    rows = list(rows)
    top = max((count for _, count in rows), default=0) or 1
    lines = "\n".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="number">{count:,}</td><td>'
        f'<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{100 * count / top:.2f}" height="1"/></svg></td></tr>'
        for name, count in rows
    )
    head = f'<tr><th scope="col">{first}</th><th scope="col" class="number">{second}</th><td></td></tr>'
    return (
        f'<figure class="bars">\n<h2>{title}</h2>\n<figcaption><p>{said}</p></figcaption>\n'
        f"<table>\n<thead>{head}</thead>\n<tbody>\n{lines}\n</tbody>\n</table>\n</figure>"
    )


def _largest(counts: Counter[str]) -> str:
    if not counts:
        return "There is nothing to count."
    (name, count), *others = counts.most_common()
    share = f"{100 * count / counts.total():.0f} %"
    return f"The largest of {len(others) + 1} is {escape(name)}, with {share} of all notes."


def _rest(counts: Counter[str]) -> str:
    more = len(counts) - _MOST
    return f"The {_MOST} most frequent; {amount(more, 'other')} not shown." if more > 0 else f"{len(counts)} in all."


def _lengths(answers: Sequence[int]) -> list[tuple[str, int]]:
    """Return how many answers there are of each class of lengths."""
    below = [sum(length <= end for length in answers) for end in _LENGTHS]
    counts = [here - before for before, here in zip((0, *below), (*below, len(answers)), strict=False)]
    starts = (0, *(end + 1 for end in _LENGTHS))
    names = [f"{start} to {end}" for start, end in zip(starts, _LENGTHS, strict=False)]
    return list(zip([*names, f"over {_LENGTHS[-1]}"], counts, strict=True))


def _about_lengths(stats: Stats) -> str:
    lengths = stats.lengths()
    if not lengths:
        return "No note has a field that is its answer."
    long = sum(length > _LENGTHS[-2] for length in stats.answers)
    return (
        f"Half of all answers have at most {lengths['median']:g} characters; {long:,} have more than {_LENGTHS[-2]}. "
        "Short answers are easier to recall, and to judge."
    )


# --- The year ahead ---------------------------------------------------------------------------------------------------


def _year(year: Forecast) -> str:
    all_seen = f"all seen after {amount(year.all_seen, 'day')}" if year.all_seen else "not all seen within a year"
    said = (
        f"With {amount(year.new_per_day, 'new card')} a day, a learner who is to remember {100 * year.retention:.0f} % "
        f"has {amount(year.peak, 'review')} on the fullest day and {year.later:.0f} a day in the end; {all_seen}. "
        f"That is about {max(1, round(year.minutes))} min a day, at {SECONDS_AN_ANSWER} s an answer."
    )
    if year.peak >= year.reviews_limit:
        said += f" The limit of {year.reviews_limit:,} reviews a day is reached."
    return (
        '<figure class="days">\n<h2>Reviews to expect</h2>\n'
        f'<figcaption><p>{said} Each column is a day: <span class="key reviews">reviews</span> and, on top, '
        f'<span class="key new">new cards</span>.</p></figcaption>\n{_columns(year)}\n</figure>'
    )


def _columns(year: Forecast) -> str:
    top = max((day.new + day.reviews for day in year.days), default=0) or 1
    scale = (_HEIGHT - 20) / top
    width = _WIDTH / max(1, len(year.days))
    columns = []
    for number, day in enumerate(year.days):
        height, new = day.reviews * scale, day.new * scale
        for kind, size, base in (("reviews", height, _HEIGHT - height), ("new", new, _HEIGHT - height - new)):
            if size:
                x = f'x="{number * width:.2f}" y="{base:.2f}"'
                columns.append(f'<rect class="{kind}" {x} width="{width:.2f}" height="{size:.2f}"/>')
    months = range(0, len(year.days) - 20, 60)
    labels = "".join(f'<text x="{day * width:.0f}" y="{_HEIGHT + _FOOT - 4}">day {day + 1}</text>' for day in months)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + _FOOT}" role="img" aria-label="Cards a day over {len(year.days)} days">'
        f'<line class="line" x1="0" y1="20" x2="{_WIDTH}" y2="20"/><text x="0" y="15">{top:,} cards</text>'
        f'{"".join(columns)}<line class="line" x1="0" y1="{_HEIGHT}" x2="{_WIDTH}" y2="{_HEIGHT}"/>{labels}</svg>'
    )


def _paces(stats: Stats) -> str:
    """Return what other paces would bring."""
    own = stats.options.new_per_day
    paces = sorted({*_PACES, *([own] if own else [])})
    rows = "\n".join(_pace(forecast(stats.cards, stats.options, pace), is_own=pace == own) for pace in paces)
    heads = ("New cards a day", "Days until all are seen", "Reviews on the fullest day", "Reviews a day in the end")
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    return f"<h2>At another pace</h2>\n<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"


def _pace(year: Forecast, *, is_own: bool) -> str:
    seen = f"{year.all_seen:,}" if year.all_seen else "more than a year"
    name = f"{year.new_per_day}{' (the deck’s own)' if is_own else ''}"  # noqa: RUF001 - an apostrophe is meant
    cells = "".join(f"<td>{cell}</td>" for cell in (seen, f"{year.peak:,}", f"{year.later:.0f}"))
    return f'<tr><th scope="row">{name}</th>{cells}</tr>'
