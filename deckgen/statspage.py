"""A deck's figures as a page to look at: bars in tables, which screen readers read, and the year ahead as a drawing.

One file, no script, nothing from outside. docs/decisions/0013 says why there is no charting package.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from deckgen.forecast import SECONDS_AN_ANSWER, Forecast, forecast, minutes
from deckgen.wording import amount

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator, Sequence

    from deckgen.stats import Stats

_CSS = Path(__file__).with_suffix(".css")
_OPEN = 15  # rows that are shown; the others are folded away
_MOST = 500  # rows in all
_PACES = (5, 10, 20, 40)
_MONTHS = 12
_YEAR = 365


def page(counted: Sequence[Stats], new_per_day: int | None = None) -> str:
    """Return the page of some decks. Raises ModuleNotFoundError without the package fsrs."""
    css = _CSS.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    title = " · ".join(stats.deck for stats in counted) or "No deck"
    sections = (_deck(number, stats, new_per_day) for number, stats in enumerate(counted, 1))
    body = "".join(sections) or "<h1>No deck</h1>\n<p>There is nothing to count.</p>\n"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'; "
        "img-src data:; base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}: figures</title>\n<style>{css}</style>\n</head>\n<body>\n{_contents(counted)}"
        f"<main>\n{body}</main>\n</body>\n</html>\n"
    )


def _contents(counted: Sequence[Stats]) -> str:
    if len(counted) < 2:
        return ""
    links = (f'<li><a href="#deck-{number}">{_name(stats.deck)}</a></li>' for number, stats in enumerate(counted, 1))
    return f'<nav aria-label="Decks"><ul>{"".join(links)}</ul></nav>\n'


def _deck(number: int, stats: Stats, new_per_day: int | None) -> str:
    parts = _parts(stats, new_per_day) if stats.notes else ["<p>There is nothing to count.</p>"]
    return f'<section id="deck-{number}">\n<h1>{_name(stats.deck)}</h1>\n' + "\n".join(parts) + "\n</section>\n"


def _parts(stats: Stats, new_per_day: int | None) -> Iterator[str]:
    year = forecast(stats.cards, stats.options, new_per_day)
    yield _in_short(stats, year)
    if sum(day.new for day in year.days):
        yield _year(year)
    yield _paces(stats, year, _whose(stats, new_per_day))
    yield '<div class="charts">'
    yield _bars("Topics", "Topic", stats.topics.items(), _largest(stats.topics, "topic", stats.notes))
    yield _bars("Kinds of cards", "Kind", stats.types.most_common(), _largest(stats.types, "kind", stats.notes))
    yield _bars("Length of answers", "Characters", stats.lengths_in_classes(), _about_lengths(stats))
    if stats.tags:
        yield _bars("Tags", "Tag", stats.tags.most_common(), _largest(stats.tags, "tag", stats.notes))
    yield _bars("Sources", "Source", stats.sources.most_common(), _largest(stats.sources, "source", stats.notes))
    yield "</div>"


def _in_short(stats: Stats, year: Forecast) -> str:
    facts = {
        "Notes": f"{stats.notes:,}",
        "Cards": f"{stats.cards:,}",
        "New cards a day": f"{year.new_per_day:,}",
        "Days until all are seen": _until_seen(year),
        "Minutes a day until then": _few(year.minutes),
    }
    return "<dl>" + "".join(f"<div><dt>{key}</dt><dd>{value}</dd></div>" for key, value in facts.items()) + "</dl>"


def _until_seen(year: Forecast) -> str:
    if year.all_seen is not None:
        return f"{year.all_seen:,}"
    if year.all_seen_at_best is not None:
        return f"over {year.all_seen_at_best // 100 * 100:,}" if year.all_seen_at_best > 2 * _YEAR else "over a year"
    return "over a year" if year.new_per_day else "never"


def _name(text: str) -> str:
    """Return an author's text, kept from turning the direction of what stands beside it; tags may break at `::`."""
    return f"<bdi>{escape(text).replace('::', '::<wbr>')}</bdi>"


def _few(number: float) -> str:
    return "under 1" if 0 < number < 1 else f"{number:,.0f}"


# --- Bars -------------------------------------------------------------------------------------------------------------


def _bars(title: str, first: str, counts: Iterable[tuple[str, int]], said: str) -> str:
    """Return a table whose rows have bars; where there are many, the later ones are folded away."""
    counts = list(counts)
    top = max((count for _, count in counts), default=0) or 1
    tables = [_table(first, counts[:_OPEN], top)]
    if folded := counts[_OPEN:_MOST]:
        tables.append(f"<details><summary>{len(folded):,} more</summary>\n{_table(first, folded, top)}</details>\n")
    if unsaid := len(counts) - _MOST:
        tables += [f"<p>{amount(unsaid, 'other')} not shown.</p>\n"] if unsaid > 0 else []
    caption = f"<figcaption><h2>{title}</h2><p>{said}</p></figcaption>"
    return f'<figure class="bars">\n{caption}\n{"".join(tables)}</figure>'


def _table(first: str, counts: Iterable[tuple[str, int]], top: int) -> str:
    rows = "\n".join(
        f'<tr><th scope="row">{_name(name)}</th><td class="number">{count:,}</td><td>'
        f'<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{100 * count / top:.2f}" height="1"/></svg></td></tr>'
        for name, count in counts
    )
    head = f'<tr><th scope="col">{first}</th><th scope="col" class="number">Notes</th><td></td></tr>'
    return f"<table>\n<thead>{head}</thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n"


def _largest(counts: Counter[str], what: str, notes: int) -> str:
    (name, count), *others = counts.most_common()
    if not others:
        return f"There is one {what}: {_name(name)}, with {amount(count, 'note')}."
    if count == others[-1][1]:
        return f"Each of {amount(len(counts), what)} has {amount(count, 'note')}."
    share = f"{_few(100 * count / notes)} % of all notes"
    if (alike := list(counts.values()).count(count)) > 1:
        return f"{alike} of {amount(len(counts), what)} are the largest, each with {share}."
    return f"The largest of {amount(len(counts), what)} is {_name(name)}, with {share}."


def _about_lengths(stats: Stats) -> str:
    lengths = stats.lengths()
    if not lengths:
        return "No note has a field that is its answer."
    return (
        f"Half of all answers have at most {lengths['median']:g} characters, nine in ten at most {lengths['90 %']:g}; "
        f"the longest has {lengths['longest']:,g}. Short answers are easier to recall, and to judge."
    )


# --- The year ahead ---------------------------------------------------------------------------------------------------


def _year(year: Forecast) -> str:
    seen = f"all are seen on day {year.all_seen}" if year.all_seen is not None else "not all are seen within a year"
    said = (
        f"With {amount(year.new_per_day, 'new card')} a day, a learner who is to remember {100 * year.retention:.0f} % "
        f"has {amount(year.peak, 'review')} on the fullest day and {_few(year.later)} a day in the end; {seen}. "
        f"While new cards come, that is {_few(year.minutes)} min a day, at {SECONDS_AN_ANSWER}&nbsp;s an answer. "
        f"{_about_limit(year)}"
    )
    return (
        f'<figure class="days">\n<figcaption><h2>Reviews to expect</h2><p>{said}</p></figcaption>\n{_drawing(year)}\n'
        f"<details><summary>Month by month</summary>\n{_months(year)}</details>\n</figure>"
    )


def _about_limit(year: Forecast) -> str:
    limit = f"The limit of {amount(year.reviews_limit, 'card')} a day"
    return f"{limit} is reached on {amount(year.full, 'day')}." if year.full else f"{limit} is never reached."


def _drawing(year: Forecast) -> str:
    """Return the columns of all days, reviews below and new cards on them, with the limit where it is in sight."""
    reviews = [day.reviews for day in year.days]
    both = [day.reviews + day.new for day in year.days]
    top, limit, days = max(both), year.reviews_limit, len(year.days)
    near = limit <= 2 * top
    height = max(top, limit) if near else top
    line = f'<path class="limit" d="M0 {height - limit}H{days}" vector-effect="non-scaling-stroke"/>' if near else ""
    key = '<span class="key limit">the limit</span>' if near else ""
    axis = "".join(f"<span>day {round(quarter * days / 4) + 1}</span>" for quarter in range(4))
    return (
        f'<p class="legend"><span>{height:,} cards a day</span><span class="key new">new cards</span>'
        f'<span class="key reviews">reviews</span>{key}</p>\n'
        f'<svg viewBox="0 0 {days} {height}" preserveAspectRatio="none" role="img" '
        f'aria-label="Cards a day over {days} days; month by month in the table below">'
        f'<path class="new" d="{_steps(both, height)}"/><path class="reviews" d="{_steps(reviews, height)}"/>{line}'
        f'</svg>\n<p class="axis" aria-hidden="true">{axis}</p>'
    )


def _steps(values: Sequence[int], height: int) -> str:
    """Return the outline of columns, each one wide, as the data of an SVG path."""
    place, outline = 0, ""
    for value, days in groupby(values):
        place += len(list(days))
        outline += f"V{height - value}H{place}"
    return f"M0 {height}{outline}V{height}Z"


def _months(year: Forecast) -> str:
    edges = [round(month * len(year.days) / _MONTHS) for month in range(_MONTHS + 1)]
    rows = ""
    for begin, end in pairwise(edges):
        days = year.days[begin:end]
        new, reviews, answers = (sum(getattr(day, name) for day in days) for name in ("new", "reviews", "answers"))
        cells = (f"{new:,}", _few(reviews / len(days)), f"{max(day.reviews for day in days):,}")
        rows += _row(f"{begin + 1} to {end}", (*cells, _few(minutes(answers) / len(days))))
    return _plain_table(("Days", "New cards", "Reviews a day", "Reviews on the fullest", "Minutes a day"), rows)


def _whose(stats: Stats, asked: int | None) -> dict[int, str]:
    """Return the paces that mean something here, and what."""
    own = stats.options.new_per_day
    whose = {20: "Anki’s default"} if own is None else {own: "the deck’s own"}  # noqa: RUF001 - an apostrophe
    return whose if asked is None else {asked: "as asked"} | whose


def _paces(stats: Stats, year: Forecast, whose: dict[int, str]) -> str:
    """Return what other paces would bring."""
    paces = [
        year if pace == year.new_per_day else forecast(stats.cards, stats.options, pace)
        for pace in sorted({*_PACES, *whose})
    ]
    rows = "".join(_pace(at, whose.get(at.new_per_day), is_own=at is year) for at in paces)
    heads = ("New cards a day", "Days until all are seen", "Minutes a day until then")
    later = ("Reviews on the fullest day", "Reviews a day in the end")
    said = f"Fewer new cards a day are a longer way with shorter days. This deck has {amount(stats.cards, 'card')}."
    if any(at.all_seen is None for at in paces):
        said += " Beyond a year, days are counted as if reviews grew no more; all else is of the first year."
    return (
        f'<figure class="paces">\n<figcaption><h2>At another pace</h2><p>{said}</p></figcaption>\n'
        f"{_plain_table((*heads, *later), rows)}</figure>"
    )


def _pace(at: Forecast, whose: str | None, *, is_own: bool) -> str:
    name = f"{at.new_per_day:,} ({whose})" if whose else f"{at.new_per_day:,}"
    return _row(name, (_until_seen(at), _few(at.minutes), f"{at.peak:,}", _few(at.later)), is_own=is_own)


def _plain_table(heads: Iterable[str], rows: str) -> str:
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    return f'<table class="plain">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n'


def _row(name: str, cells: Iterable[str], *, is_own: bool = False) -> str:
    tag = '<tr class="own">' if is_own else "<tr>"
    return f'{tag}<th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>\n'
