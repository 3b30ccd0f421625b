"""The filters of `{{filter:Field}}`, each a function from a field's HTML to HTML (rslib, template_filters.rs)."""

from __future__ import annotations

import hashlib
import re
from html.entities import name2codepoint

from deckgen.template.parsing import BLANKS

_HTML = re.compile(r"<!--.*?-->|<style.*?>.*?</style>|<script.*?>.*?</script>|<.*?>", re.DOTALL | re.IGNORECASE)
LINE_BREAKS = re.compile(r"(?:\n|<br\s?/?>|</?div>)+", re.IGNORECASE)
"""What becomes a blank where a field is compared with what was typed."""

_ENTITY = re.compile(r"&(?:(#x?[0-9a-fA-F]+|[0-9A-Za-z]+);)?")
_READING = re.compile(r" ?([^ >]+?)\[(.+?)\]")


def strip_tags(html: str) -> str:
    """Take the tags out, and leave entities as they are."""
    return _HTML.sub("", html) if "<" in html else html


def strip_html(html: str) -> str:
    """Return the text of HTML."""
    return decode(strip_tags(html))


def decode(text: str) -> str:
    """Decode entities: those of HTML 4, no others; with a `&` that begins none, all stay as they are."""
    if "&" not in text:
        return text
    try:
        return _ENTITY.sub(_character, text).replace("\xa0", " ")
    except (LookupError, ValueError, OverflowError):
        return text


def _character(found: re.Match[str]) -> str:
    name = found[1] or ""
    if not name.startswith("#"):
        return chr(name2codepoint[name])
    number = int(f"0{name[1:]}", 0) if name[1] == "x" else int(name[1:])
    if 0xD800 <= number < 0xE000:
        raise ValueError(number)  # half a character
    return chr(number)


def hint(html: str, field: str) -> str:
    """Return a link that shows the field when it is clicked; what makes it do so is left to the page."""
    if not html.strip(BLANKS):
        return html
    name = f"hint{hashlib.sha1(html.encode(), usedforsecurity=False).hexdigest()[:16]}"
    return f'\n<a class=hint href="#">\n{field}</a>\n<div id="{name}" class=hint style="display: none">{html}</div>\n'


def furigana(html: str) -> str:
    """Put readings, `日本[にほん]`, above the words."""
    return _readings(html, r"<ruby><rb>\1</rb><rt>\2</rt></ruby>")


def kana(html: str) -> str:
    """Leave only the readings."""
    return _readings(html, r"\2")


def kanji(html: str) -> str:
    """Leave the readings out."""
    return _readings(html, r"\1")


def _readings(html: str, shown: str) -> str:
    def one(found: re.Match[str]) -> str:
        return found[0] if found[2].startswith("sound:") else found.expand(shown)

    return _READING.sub(one, html.replace("&nbsp;", " "))


def speech(html: str, options: str) -> str:
    """Mark a text to be read aloud; `options` begin with the language."""
    return f"[anki:tts lang={options}]{html}[/anki:tts]"
