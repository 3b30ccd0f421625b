"""One text, as an author typed it, to HTML as it stands in an Anki field."""

from __future__ import annotations

import re
from itertools import pairwise

import pyromark

from deckgen.render.highlight import highlight
from deckgen.render.protect import Protector, worth_protecting

_OPTIONS = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH

# A text with none of these is its own HTML; most answers are.
_SPECIAL = re.compile(r"[\\`*_\[\]<>&~\n$]|\{\{c|[\U000f0000-\U000f001f]")

# A line that begins with a word is a paragraph whatever follows; so is `1. January` behind this, and it stays text.
_INLINE = "x "
_INLINE_HTML = len("<p>x ")

_INDENTED = ("    ", "\t")  # a line of code, where it does not go on with a paragraph
_HTML_BLOCK = re.compile(
    r" {0,3}</?(?:address|article|aside|blockquote|center|details|dialog|div|dl|fieldset|figure|footer|form|h[1-6]"
    r"|header|hr|li|main|nav|ol|p|pre|script|section|style|svg|table|tbody|td|textarea|tfoot|th|thead|tr|ul)\b",
    re.IGNORECASE,
)
_FENCE = re.compile(r"\s*(?:[-*+>]\s+|\d+[.)]\s+)*(`{3,}|~{3,})([^`]*)$")


def to_html(text: str) -> str:
    """Render Markdown. A text of one line is inline Markdown: no lists, headings, quotes or rules.

    In a text of several lines, a line break stays one, as CommonMark allows (6.7): who types a poem means its lines.
    """
    text = text.strip("\n")
    if _SPECIAL.search(text) is None:
        return text
    if not worth_protecting(text):
        return _render(text)
    protector = Protector()
    return protector.restore(_render(protector.hide(text)))


def _render(text: str) -> str:
    if "\n" not in text:
        return pyromark.html(_INLINE + text, options=_OPTIONS)[_INLINE_HTML:].removesuffix("</p>\n")
    html = pyromark.html(_with_hard_breaks(text), options=_OPTIONS, highlight=highlight).removesuffix("\n")
    if html.startswith("<p>") and html.count("<p>") == 1 and html.endswith("</p>"):
        return html[len("<p>") : -len("</p>")]
    return html


def _with_hard_breaks(text: str) -> str:
    """Add the two blanks at the ends of lines that make a line break; not in code, where they would be code."""
    fence, is_html, ticks = "", False, 0
    lines = text.split("\n")
    for number, (line, following) in enumerate(pairwise(lines)):
        begins = not number or not lines[number - 1].strip()  # a paragraph, or code, or HTML
        found = _FENCE.match(line)
        if found and not fence:
            fence = found[1]
        elif found and found[1].startswith(fence) and not found[2].strip():
            fence = ""
        elif not fence:
            is_html = bool(_HTML_BLOCK.match(line)) if begins else is_html and bool(line.strip())
            ticks = line.count("`") + (0 if begins else ticks)
            is_code = begins and line.startswith(_INDENTED)
            if (
                not is_html
                and not is_code
                and not ticks % 2
                and line.strip()
                and following.strip()
                and line[-1] != "\\"
            ):
                lines[number] = f"{line}  "
    return "\n".join(lines)
