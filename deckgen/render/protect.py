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
from urllib.parse import unquote

from deckgen import cloze
from deckgen.render.htmltags import is_html_tag

_WHOLE, _END, _OPEN_END, _CLOSE = "\U000f0000", "\U000f0001", "\U000f0002", "\U000f0003"
_DIGITS = str.maketrans("0123456789", "".join(chr(0xF0010 + n) for n in range(10)))
_UNDIGITS = {0xF0010 + n: str(n) for n in range(10)}
_NUMBER = "([\U000f0010-\U000f0019]+)"
_MARKER = re.compile(f"‡{_CLOSE}{_NUMBER}{_END}|{_WHOLE}{_NUMBER}(?:{_END}|{_OPEN_END}‡)")
_IN_URL = re.compile("(?:%F3%B0%80%[89][0-9A-F]|%E2%80%A1)+")  # a marker that Markdown put into an address

# The order matters: what comes first wins where two could begin at one place.
_PIECES = re.compile(
    r"""
    (?P<math> \\\( .+? \\\)  |  \\\[ .+? \\\]  |  \$\$ .+? \$\$
      |  \$ (?![\s$]) (?: [^$\\\n] | \\. | \n (?![ \t]*\n) )*? (?<![\s\\]) \$ (?!\d) )
  | (?P<escaped> \\ [!-/:-@\[-`{-~] )
  | (?P<code> (?P<long> `{3,} ) (?!`) .+? (?<!`) (?P=long) (?!`)
      |  ^[ ]{0,3} (?P<tildes> ~{3,} ) .+? ^[ ]{0,3} (?P=tildes)
      |  (?P<ticks> `{1,2} ) (?!`) (?: (?! \n [ \t]* \n ) . )+? (?<!`) (?P=ticks) (?!`) )
  | (?P<anki> \[sound: [^\]\n]+ \]  |  \[latex\] .*? \[/latex\]  |  \[\$\] .*? \[/\$\]  |  \[\$\$\] .*? \[/\$\$\]
      |  \[anki:tts [^\]]* \] .*? \[/anki:tts\]  |  \[anki:play:[qa]:\d+\] )
  | (?P<open> OPEN_CLOZE )
  | (?P<close> \}\} )
  | (?P<image> !\[ (?P<alt> [^\[\]]* ) \]\( [ ]* (?P<path> [^()<>"'\n]* [^()<>"'\s] ) [ ]* \) )
  | (?P<link> <[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*>  |  <[\w.+-]+@[\w-]+\.[\w.-]+> )
  | (?P<comment> <!-- .*? --> )
  | (?P<tag> </? [A-Za-z][^\s/>]*
         (?: \s+ [^\s"'=<>`/]+ (?: \s*=\s* (?: [^\s"'=<>`]+ | '[^']*' | "[^"]*" ) )? )* \s* /? > )
  | (?P<angle> < (?= [A-Za-z/!?] ) )
  | (?P<private> [\U000f0000-\U000f001f]+ )
    """.replace("OPEN_CLOZE", cloze.OPEN.replace("(", "(?:")),
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_INSIDE = re.compile(cloze.OPEN.replace("(", "(?:") + r"|\}|\{|::|[^{}:]+|.", re.DOTALL)
_LOOSE_AMPERSAND = re.compile(r"&(?!(?:lt|gt|amp|nbsp|quot|#\d+|#x[0-9a-fA-F]+);)")


def worth_protecting(text: str) -> bool:
    """Tell whether a text may hold anything that Markdown should keep off."""
    return _HINT.search(text) is not None


_HINT = re.compile(r"[$<\\`]|\{\{c|\[(?:sound|latex|\$|anki)|!\[|[\U000f0000-\U000f001f]")


class Protector:
    """The pieces of one text. Make one, call `hide`, let Markdown do its work, call `restore`."""

    def __init__(self) -> None:
        self._pieces: list[tuple[str, str]] = []  # what stands in the field; what was typed
        self._clozes: list[_OpenCloze] = []
        self._text = ""

    def hide(self, text: str) -> str:
        """Return the text with markers instead of pieces."""
        self._text = text
        return _PIECES.sub(self._piece, text)

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

    def _piece(self, found: re.Match[str]) -> str:
        """Return what stands for a piece while Markdown works: itself, a marker, or itself with markers in it."""
        kind = _PARTS.get(found.lastgroup or "", found.lastgroup or "")
        handle = getattr(self, f"_{kind}_piece", None)
        return handle(found) if handle else found[0]

    def _math_piece(self, found: re.Match[str]) -> str:
        return self._mark(self._math(found[0]), found[0])

    def _code_piece(self, found: re.Match[str]) -> str:
        return self._code(found[0]) if "{{c" in found[0] or self._clozes else found[0]

    def _anki_piece(self, found: re.Match[str]) -> str:
        return self._mark(_as_text(found[0]), found[0])

    def _open_piece(self, found: re.Match[str]) -> str:
        return self._open(found[0], None)

    def _close_piece(self, found: re.Match[str]) -> str:
        return self._close() if self._clozes else found[0]

    def _image_piece(self, found: re.Match[str]) -> str:
        return f"![{found['alt']}](<{found['path']}>)" if " " in found["path"] else found[0]

    def _tag_piece(self, found: re.Match[str]) -> str:
        return found[0] if is_html_tag(found[0], self._text, found.start()) else self._angle_piece(found) + found[0][1:]

    def _angle_piece(self, found: re.Match[str]) -> str:  # noqa: ARG002 - the form that all of these have
        return self._mark("&lt;", "<")

    def _escaped_piece(self, found: re.Match[str]) -> str:
        if found[0] == "\\{" and self._text.startswith("{c", found.end()):
            return self._mark("&#123;", "{")  # a cloze that is none: Anki must not see it either
        return found[0]

    def _private_piece(self, found: re.Match[str]) -> str:
        return self._mark(found[0], found[0])

    def _open(self, typed: str, where: object) -> str:
        self._clozes.append(_OpenCloze(where))
        return self._opening(typed)

    def _close(self) -> str:
        self._clozes.pop()
        return self._closing()

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
        parts = self._inside(inside, " }", ": :")
        return opening + "".join(part if is_cloze else _as_text(part) for part, is_cloze in parts) + closing

    def _code(self, typed: str) -> str:
        """Return code with its clozes as markers; Markdown makes HTML of the rest."""
        marked = []
        for part, is_cloze in self._inside(typed, "\0}", ":\0:"):
            if is_cloze:
                marked.append(self._closing() if part == "}}" else self._opening(part))
            elif part == "\0}":
                marked.append(self._mark("&#125;", "}"))
            elif part == ":\0:":
                marked.append(":" + self._mark("&#58;", ":"))
            else:
                marked.append(part)
        return "".join(marked)

    def _inside(self, text: str, braces: str, colons: str) -> list[tuple[str, bool]]:
        """Part math or code into cloze notation (True) and its own text (False).

        Between the two braces of a `}}` that closes no cloze goes what `braces` says, and likewise `colons` for a `::`
        that is no hint's.
        """
        here = object()
        parts: list[tuple[str, bool]] = []
        position = 0
        while found := _INSIDE.match(text, position):
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
            elif piece == "}":
                current.braces = max(0, current.braces - 1)
                parts.append((braces if parts and parts[-1] in (("}", False), (braces, False)) else piece, False))
            else:
                current.braces += piece == "{"
                parts.append((colons if piece == "::" and current.where is not here else piece, False))
        return parts


class _OpenCloze:
    """A cloze that is not closed yet: the math or code it was opened in, and the braces opened since."""

    def __init__(self, where: object) -> None:
        self.where = where
        self.braces = 0


# `lastgroup` names the innermost group that closed last; these stand inside others.
_PARTS = {"long": "code", "tildes": "code", "ticks": "code", "alt": "image", "path": "image"}


def _as_text(typed: str) -> str:
    """Write text as HTML, leaving entities that came with text copied from Anki."""
    return _LOOSE_AMPERSAND.sub("&amp;", typed).replace("<", "&lt;").replace(">", "&gt;")
