r"""Keeps Markdown away from what is not Markdown: math, clozes, Anki's own notation, tags that HTML does not know.

One pass finds these pieces and puts a marker in the place of each; Markdown takes a marker for a word; afterwards
`restore` puts the pieces back. A marker is made of characters of Unicode's private plane 15, with the piece's number
between, so that nothing an author types can be taken for one (such characters in a text are pieces themselves).

A cloze is two markers, its opening and its closing, so that Markdown works inside it. Markdown decides whether `*`
or `_` may open emphasis by what stands beside it; so a cloze marker shows a letter to the outside and punctuation (‡)
to the inside: in `**{{c1::_a_}}**b` both the stars and the underscores find what they need.

Inside math and code, braces are counted, so that the `}}` of `\frac{a}{b^{2}}` does not close the cloze around it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote

from deckgen import cloze
from deckgen.render.htmltags import Tags

if TYPE_CHECKING:
    from collections.abc import Callable

_WHOLE, _END, _OPEN_END, _CLOSE = "\U000f0000", "\U000f0001", "\U000f0002", "\U000f0003"
_DIGITS = str.maketrans("0123456789", "".join(chr(0xF0010 + n) for n in range(10)))
_UNDIGITS = {0xF0010 + n: str(n) for n in range(10)}
_NUMBER = "([\U000f0010-\U000f0019]+)"
_MARKER = re.compile(f"‡{_CLOSE}{_NUMBER}{_END}|{_WHOLE}{_NUMBER}(?:{_END}|{_OPEN_END}‡)")
_IN_URL = re.compile("(?:%F3%B0%80%[89][0-9A-F]|%E2%80%A1)+")  # a marker that Markdown put into an address

_FIRST = re.compile(r"[\\$`~\[{}!<&\U000f0000-\U000f001f]")  # what a piece begins with
_DOLLARS = re.compile(
    r"\$ (?![\s$]) (?: [^$\\\n] | \\. | \n (?![ \t]*\n) )*? (?<![\s\\]) (?!(?<=\[)\$\]) \$ (?!\d)", re.VERBOSE
)
_AFTER_AN_AMOUNT = re.compile(r"[A-Za-z0-9]\$[,;.:/|!?)\]}-]")  # 5$, 6$; a$|b$
_TICKS = re.compile("`+")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_TILDES = re.compile("~+")
_DEFINITION = re.compile(r"\[([^\[\]\n]+)\]:")
_LEFT_BRACE = re.compile(r"&(?:#0*123|#[xX]0*7[bB]|lbrace|lcub);")
_PLAY = re.compile(r"\[anki:play:[qa]:\d+\]")
_IMAGE = re.compile(r"""!\[ ([^\[\]]*) \]\( [ ]* ([^()<>"'\n]* [^()<>"'\s]) [ ]* \)""", re.VERBOSE)
_LINK = re.compile(
    r"<(?:https?|ftp|mailto|tel|geo|doi|urn|file|magnet|irc|xmpp):[^\s<>]*> | <[\w.+-]+@[\w-]+\.[\w.-]+>", re.VERBOSE
)
_TAG = re.compile(
    r"""</? [A-Za-z][^\s/<>]*
    (?: \s+ [^\s"'=<>`/]+ (?: \s*=\s* (?: [^\s"'=<>`]+ | '[^']*' | "[^"]*" ) )? )* \s* /? >""",
    re.VERBOSE,
)
_PRIVATE = re.compile("[\U000f0000-\U000f001f]+")
_ENDS = {"[sound:": "]", "[latex]": "[/latex]", "[$]": "[/$]", "[$$]": "[/$$]", "[anki:tts ": "[/anki:tts]"}
_IN_CODE = re.compile(cloze.OPEN.replace("(", "(?:") + r"|\}|\{|::|[^{}:]+|.", re.DOTALL)
_IN_MATH = re.compile(cloze.OPEN.replace("(", "(?:") + r"|\\.|\}|\{|::|[^{}:\\]+|.", re.DOTALL)
_LOOSE_AMPERSAND = re.compile(r"&(?!(?:lt|gt|amp|nbsp|quot|#\d+|#x[0-9a-fA-F]+);)")


def worth_protecting(text: str) -> bool:
    """Tell whether a text may hold anything that Markdown should keep off. Most do not, so this must be quick."""
    return (
        "$" in text
        or "<" in text
        or "{{c" in text
        or "\\" in text
        or "`" in text
        or "[" in text
        or "~" in text
        or "&" in text
        or (not text.isascii() and _PRIVATE.search(text) is not None)
    )


_Piece = tuple[int, str]
_NOTHING: _Piece = (0, "")


class Protector:
    """The pieces of one text. Make one, call `hide`, let Markdown do its work, call `restore`."""

    def __init__(self) -> None:
        self._pieces: list[tuple[str, str]] = []  # what stands in the field; what was typed
        self._clozes: list[_OpenCloze] = []
        self._absent: set[str] = set()
        self._tags: Tags | None = None
        self._text = ""

    def hide(self, text: str) -> str:
        """Return the text with markers instead of pieces."""
        self._text = text
        parts: list[str] = []
        done = position = 0
        while first := _FIRST.search(text, position):
            start = first.start()
            end, replacement = self._HANDLERS.get(first[0], Protector._private)(self, start)
            position = max(end, start + 1)
            if end > start:
                parts += text[done:start], replacement
                done = end
        return "".join(parts) + text[done:]

    def restore(self, html: str) -> str:
        """Return the HTML with pieces instead of markers."""
        if not self._pieces:
            return html
        if "%F3%B0%80" in html:
            html = _IN_URL.sub(lambda url: _MARKER.sub(self._typed, unquote(url[0])), html)
        return _MARKER.sub(self._shown, html)

    def _shown(self, marker: re.Match[str]) -> str:
        return self._pieces[int((marker[1] or marker[2]).translate(_UNDIGITS))][0]

    def _typed(self, marker: re.Match[str]) -> str:
        return self._pieces[int((marker[1] or marker[2]).translate(_UNDIGITS))][1]

    def _mark(self, shown: str, typed: str, before: str = _WHOLE, after: str = _END) -> str:
        self._pieces.append((shown, typed))
        return before + str(len(self._pieces) - 1).translate(_DIGITS) + after

    # One method for each character that a piece can begin with: it returns where the piece ends and what stands for it
    # while Markdown works, or `_NOTHING` where no piece begins.

    def _backslash(self, start: int) -> _Piece:
        following = self._text[start + 1 : start + 2]
        if following in ("(", "["):
            end = self._after(")" if following == "(" else "]", start + 2, before="\\")
            if end > start + 4:
                typed = self._text[start:end]
                return end, self._mark(self._math(typed), typed)
        if following == "{":
            return start + 2, self._mark("&#123;", "{")  # a cloze that is none: Anki must not see it either
        return (start + 2, self._text[start : start + 2]) if following else _NOTHING

    def _dollar(self, start: int) -> _Piece:
        if self._text.startswith("$$", start):
            end = self._after("$$", start + 3)
        elif _AFTER_AN_AMOUNT.match(self._text, start - 1):
            return _NOTHING
        else:
            found = _DOLLARS.match(self._text, start)
            end = found.end() if found else 0
        if not end:
            return _NOTHING
        typed = self._text[start:end]
        return end, self._mark(self._math(typed), typed)

    def _ticks(self, start: int) -> _Piece:
        """Find code: it ends with as many ticks as it begins with, and with fewer than three it is one paragraph's."""
        ticks = _TICKS.match(self._text, start)
        assert ticks
        run, end = ticks[0], ticks.end()
        if run in self._absent:
            return end, run
        for closing in _TICKS.finditer(self._text, end):
            if closing[0] == run:
                typed = self._text[start : closing.end()]
                if len(run) < 3 and _BLANK_LINE.search(typed):
                    break
                if not self._clozes and "{{c" not in typed:
                    return closing.end(), typed
                is_block = len(run) > 2 and "\n" in typed
                return closing.end(), f"\n\n{self._code(typed)}\n\n" if is_block and self._clozes else self._code(typed)
        else:
            self._absent.add(run)
        return end, run

    def _tilde(self, start: int) -> _Piece:
        """Find a fence of tildes; one alone strikes nothing out: `~/bin`, `H~2~O`."""
        tildes = _TILDES.match(self._text, start)
        assert tildes
        run = tildes[0]
        if len(run) == 1:
            return tildes.end(), self._mark("~", "~")
        end = self._after(run, tildes.end(), before="\n") if len(run) > 2 else 0
        if not end:
            return tildes.end(), run
        typed = self._text[start:end]
        return end, self._code(typed) if "{{c" in typed or self._clozes else typed

    def _bracket(self, start: int) -> _Piece:
        for opening, closing in _ENDS.items():
            if self._text.startswith(opening, start):
                end = self._after(closing, start + len(opening))
                typed = self._text[start:end]
                return (end, self._mark(_as_text(typed), typed)) if end else _NOTHING
        definition = _DEFINITION.match(self._text, start)
        if definition and self._begins_a_line(start) and self._text.count(f"[{definition[1]}]") == 1:
            return start + 1, self._mark("[", "[")  # Markdown would take the line away as an address nobody asks for
        play = _PLAY.match(self._text, start)
        return (play.end(), self._mark(play[0], play[0])) if play else _NOTHING

    def _brace(self, start: int) -> _Piece:
        opening = cloze.OPENING.match(self._text, start)
        if opening is None:
            return _NOTHING
        self._clozes.append(_OpenCloze(None))
        return opening.end(), self._opening(opening[0])

    def _braces(self, start: int) -> _Piece:
        if not self._clozes or not self._text.startswith("}}", start):
            return _NOTHING
        self._clozes.pop()
        return start + 2, self._closing()

    def _image(self, start: int) -> _Piece:
        """Put brackets around a file's name with blanks in it, without which Markdown sees no picture."""
        found = _IMAGE.match(self._text, start)
        return (found.end(), f"![{found[1]}](<{found[2]}>)") if found and " " in found[2] else _NOTHING

    def _angle(self, start: int) -> _Piece:
        if self._text.startswith("](", start - 2):
            return _NOTHING  # Markdown's own way to name a file with blanks: ![a](<my file.png>)
        if link := _LINK.match(self._text, start):
            return link.end(), link[0]
        if self._text.startswith("<!--", start) and (end := self._after("-->", start + 4)):
            return end, self._text[start:end]
        tag = _TAG.match(self._text, start)
        if tag:
            self._tags = self._tags or Tags(self._text)
        if tag and self._tags and self._tags.is_html(tag[0], start):
            return tag.end(), tag[0]
        following = self._text[start + 1 : start + 2]
        if following in ("/", "!", "?") or (following.isascii() and following.isalpha()):
            return start + 1, self._mark("&lt;", "<")
        return _NOTHING

    def _ampersand(self, start: int) -> _Piece:
        found = _LEFT_BRACE.match(self._text, start)
        return (found.end(), self._mark("&#123;", "{")) if found else _NOTHING

    def _private(self, start: int) -> _Piece:
        found = _PRIVATE.match(self._text, start)
        assert found
        return found.end(), self._mark(found[0], found[0])

    _HANDLERS: ClassVar[dict[str, Callable[[Protector, int], _Piece]]] = {
        "\\": _backslash,
        "$": _dollar,
        "`": _ticks,
        "~": _tilde,
        "[": _bracket,
        "{": _brace,
        "}": _braces,
        "!": _image,
        "<": _angle,
        "&": _ampersand,
    }

    def _begins_a_line(self, start: int) -> bool:
        return not self._text[self._text.rfind("\n", 0, start) + 1 : start].strip()

    def _after(self, closing: str, start: int, before: str = "") -> int:
        """Return where the text goes on after `closing`, 0 if it is not there. What is absent is searched for once."""
        wanted = before + closing
        if wanted in self._absent:
            return 0
        found = self._text.find(wanted, start)
        if found < 0:
            self._absent.add(wanted)
        return found + len(wanted) if found >= 0 else 0

    def _opening(self, typed: str) -> str:
        return self._mark(typed, typed, after=_OPEN_END + "‡")

    def _closing(self) -> str:
        return self._mark("}}", "}}", before="‡" + _CLOSE)

    def _math(self, typed: str) -> str:
        """Return math in MathJax's delimiters, its text as HTML, with no `}}` or `::` that Anki would misread."""
        size = 2 if typed.startswith(("$$", "\\")) else 1
        opening, closing = ("\\[", "\\]") if typed.startswith(("$$", "\\[")) else ("\\(", "\\)")
        inside = typed[size:-size]
        if not self._clozes and "{{c" not in inside:
            return opening + _as_text(inside) + closing
        parts = self._inside(inside, _IN_MATH, "} ", ": :")
        return opening + "".join(part if is_cloze else _as_text(part) for part, is_cloze in parts) + closing

    def _code(self, typed: str) -> str:
        """Return code with its clozes as markers; Markdown makes HTML of the rest."""
        marked = []
        for part, is_cloze in self._inside(typed, _IN_CODE, "}\0", ":\0:"):
            if is_cloze:
                marked.append(self._closing() if part == "}}" else self._opening(part))
            elif part == "}\0":
                marked.append(self._mark("&#125;", "}"))
            elif part == ":\0:":
                marked.append(":" + self._mark("&#58;", ":"))
            else:
                marked.append(part)
        return "".join(marked)

    def _inside(self, text: str, tokens: re.Pattern[str], brace: str, colons: str) -> list[tuple[str, bool]]:
        """Part math or code into cloze notation (True) and its own text (False).

        `brace` is written for a `}` of its own where another follows, `colons` for a `::` that is no hint's.
        """
        here = object()
        parts: list[tuple[str, bool]] = []
        position = 0
        while found := tokens.match(text, position):
            piece, position = found[0], found.end()
            current = self._clozes[-1] if self._clozes else None
            if piece.startswith("{{c"):
                self._clozes.append(_OpenCloze(here))
                parts.append((piece, True))
            elif current is None:
                parts.append((piece, False))
            elif piece == "}" and not current.braces and text.startswith("}", position):
                position += 1
                self._clozes.pop()
                parts.append(("}}", True))
            elif piece.endswith("}"):
                current.braces = max(0, current.braces - (piece == "}"))
                parts.append((piece[:-1] + brace if text.startswith("}", position) else piece, False))
            else:
                current.braces += piece == "{"
                parts.append((colons if piece == "::" and current.where is not here else piece, False))
        return parts


class _OpenCloze:
    """A cloze that is not closed yet: the math or code it was opened in, and the braces opened since."""

    def __init__(self, where: object) -> None:
        self.where = where
        self.braces = 0


def _as_text(typed: str) -> str:
    """Write text as HTML, leaving entities that came with text copied from Anki."""
    return _LOOSE_AMPERSAND.sub("&amp;", typed).replace("<", "&lt;").replace(">", "&gt;")
