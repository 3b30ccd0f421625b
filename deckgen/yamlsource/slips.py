"""What libyaml's complaints mean to somebody who writes cards.

libyaml says where it stopped and in terms of its grammar ("did not find expected key"). What has gone wrong is
nearly always one of a handful of slips; this module looks at the line and names the slip.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from deckgen.diagnostics import Diagnostic, Span, error
from deckgen.yamlsource.values import LINE_BREAK

if TYPE_CHECKING:
    from yaml import MarkedYAMLError

_VALUE = re.compile(r"""^\s*(?:- +)*(?:(?:"[^"]*"|'[^']*'|[^\s:'"][^:]*): +)?""")  # what stands before a line's text
_QUOTE_IT = "put the whole text in quotes"


class _Slip(NamedTuple):
    line: int
    column: int
    code: str
    message: str
    help: str


def explain(file: str, text: str, broken: MarkedYAMLError) -> Diagnostic:
    """Turn libyaml's error into a diagnostic at the place where the slip was made."""
    lines = [*LINE_BREAK.split(text), ""]
    slip = _name_the_slip(lines, broken)
    return error(Span(file, slip.line + 1, slip.column + 1), slip.code, slip.message, slip.help)


def _name_the_slip(lines: list[str], broken: MarkedYAMLError) -> _Slip:
    problem, context = broken.problem or "", broken.context or ""
    at = broken.problem_mark or broken.context_mark
    start = broken.context_mark or at
    assert at is not None
    assert start is not None
    line, column = min(at.line, len(lines) - 1), at.column
    slip = _by_words(lines, (line, column), (start.line, start.column), problem, context)
    for row in dict.fromkeys((line, start.line)):
        slip = slip or _unquoted(lines[row], row)
    if "flow" not in context:
        slip = slip or _open_quote_above(lines, line) or _no_blank_above(lines, line)
    return slip or _by_place(lines, (line, column), (start.line, start.column), problem, context)


Place = tuple[int, int]


def _by_words(lines: list[str], at: Place, start: Place, problem: str, context: str) -> _Slip | None:
    """Name a slip that libyaml's words tell."""
    if lines[at[0]][at[1] : at[1] + 1] == "\t" or "tab character" in problem:
        return _Slip(*at, "tab-indent", "a tab cannot indent in YAML", "use spaces: two for each level")
    if "quoted scalar" in context and "end of stream" in problem:
        return _Slip(*start, "unclosed-quote", "this quote is never closed", "add the closing quote")
    if "incompatible YAML" in problem or (lines[0].startswith("%") and "document start" in problem):
        help_ = "delete the lines that begin with '%'"
        return _Slip(*at, "yaml-syntax", "a YAML directive that goes wrong", help_)
    if "document" in problem or "document" in context:
        help_ = "a deck file is one document: delete the '...' or '---'"
        return _Slip(*at, "two-documents", "the document has ended before this line", help_)
    if "escape" in problem or "hexdecimal" in problem:
        return _bad_escape(lines, *at)
    if "block sequence entries" in problem or "mapping keys are not" in problem:
        message = f"a text that begins with '{lines[at[0]][at[1] : at[1] + 1]} ' must be in quotes"
        return _Slip(*at, "needs-quotes", message, _QUOTE_IT)
    if "directive" in context + problem:
        return _Slip(*start, "needs-quotes", "a line cannot begin with '%'", _QUOTE_IT)
    return None


def _by_place(lines: list[str], at: Place, start: Place, problem: str, context: str) -> _Slip:
    """Name a slip by what stands where libyaml stopped."""
    if "flow" in context:
        return _flow(lines, *at, *start)
    if "mapping values" in problem:
        return _second_colon(lines, *at)
    if "expected ':'" in problem:
        help_ = "write  key: text  with a colon and a space, or indent the line if it continues the text above"
        return _Slip(*start, "missing-colon", "a key without ': '", help_)
    if "block" in context:
        return _indent(lines, *at, start[1])
    return _Slip(*at, "yaml-syntax", f"not valid YAML: {problem}", "compare with the examples in the format reference")


def _unquoted(text: str, row: int) -> _Slip | None:
    """Find a text that begins with a character that means something to YAML."""
    column = len(_VALUE.match(text)[0])  # type: ignore[index]  # matches every line, if only its beginning
    first = text[column : column + 1]
    if first in ("'", '"'):
        rest = _after_quoted(text, column)
        if rest is not None and not text[rest:].lstrip().startswith(("#", ":")) and text[rest:].strip():
            other = "'" if first == '"' else '"'
            return _Slip(
                row,
                rest,
                "text-after-quote",
                "the text goes on after its closing quote",
                f"put the whole text in {other}…{other}, or write {first} inside it as {_escaped(first)}",
            )
        return None
    if (first in ("[", "{") and _is_flow(text[column:])) or _BLOCK.match(text[column:]):
        return None
    if first and first in "[{]},*&!@`%|>":
        meaning = _MEANING.get(first, "may not begin a text")
        message = f"a text that begins with '{first}' must be in quotes: in YAML '{first}' {meaning}"
        return _Slip(row, column, "needs-quotes", message, _QUOTE_IT)
    return None


_MEANING = {
    "[": "begins a list",
    "{": "begins a map",
    "*": "names an alias",
    "&": "sets an anchor",
    "!": "sets a type",
    "|": "begins a block of lines",
    ">": "begins a folded block",
}


_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?\s*(#.*)?$")


def _is_flow(text: str) -> bool:
    """Tell whether a line's text is a list or map that closes on it, or may close on a later one."""
    depth = 0
    for number, character in enumerate(text):
        depth += (character in "[{") - (character in "]}")
        if depth == 0:
            rest = text[number + 1 :].strip()
            return not rest or rest[0] in "#]},"
    return True


def _escaped(quote: str) -> str:
    return "''" if quote == "'" else '\\"'


def _open_quote_above(lines: list[str], row: int) -> _Slip | None:
    """Find a quote that its line does not close, so that the text went on to one further down."""
    for number in range(row, max(-1, row - 20), -1):
        column = len(_VALUE.match(lines[number])[0])  # type: ignore[index]  # matches every line
        begins = lines[number][:column].rstrip().endswith((":", "-")) and lines[number][column : column + 1] in (
            "'",
            '"',
        )
        if not begins or _after_quoted(lines[number], column) is not None:
            continue
        text = "\n".join(lines[number : row + 1])
        end = _after_quoted(text, column)
        if end is None or text[end:].split("\n")[0].strip():
            return _Slip(
                number, column, "unclosed-quote", "this quote is not closed on its line", "add the closing quote"
            )
    return None


def _no_blank_above(lines: list[str], row: int) -> _Slip | None:
    """Find what only looks like a key or a list entry: `front:Where`, `-front: a`, or a long dash."""
    for number in (row - 1, row):
        text = lines[number] if number >= 0 else ""
        column = len(text) - len(text.lstrip())
        if re.match(r"\s*(?:-[A-Za-z]|[–—] ?[A-Za-z])\w*:(?: |$)", text):  # noqa: RUF001 - the dashes that editors make
            return _Slip(
                number, column, "bad-indent", "a list entry begins with '- ', a hyphen and a blank", "write  - front: …"
            )
        if found := re.match(r"\s*(?:- +)?([A-Za-z_]+):[^\s/:]", text):
            return _Slip(
                number, found.start(1), "missing-colon", "a key needs a blank after its ':'", "write  key: text"
            )
    return None


def _after_quoted(text: str, column: int) -> int | None:
    """Return where the quoted text that begins at `column` ends, None if not on this line."""
    pattern = r"'(?:[^']|'')*'" if text[column] == "'" else r'"(?:[^"\\]|\\.)*"'
    found = re.compile(pattern, re.DOTALL).match(text, column)
    return found.end() if found else None


def _bad_escape(lines: list[str], line: int, column: int) -> _Slip:
    column = max(0, lines[line].rfind("\\", 0, column + 1))
    found = lines[line][column : column + 2]
    return _Slip(
        line,
        column,
        "bad-escape",
        f"'{found}' means nothing between double quotes",
        "use single quotes, where a backslash is a backslash",
    )


def _flow(lines: list[str], line: int, column: int, row: int, start: int) -> _Slip:
    opener = lines[row][start : start + 1]
    text = lines[line]
    is_key_in_flow = text[column : column + 1] == ":" and not re.fullmatch(r"\s*(- +)?[\w ]+", text[:column])
    if (line > row and not is_key_in_flow) or not text[column:].strip():
        closer = "]" if opener == "[" else "}"
        return _Slip(
            row,
            start,
            "unclosed-bracket",
            f"this '{opener}' is never closed",
            f"add the '{closer}'; if it is text, put the text in quotes",
        )
    return _Slip(
        line,
        column,
        "bad-list",
        "a comma-separated list goes wrong here",
        "write  [one, two]  with one comma between two entries, and texts with ': ', ',' or brackets in quotes",
    )


def _second_colon(lines: list[str], line: int, column: int) -> _Slip:
    text = lines[line]
    above = lines[line - 1] if line else ""
    key = _VALUE.match(text)
    if key and key.end() <= column and key.end() > len(text) - len(text.lstrip(" -")):
        return _Slip(
            line,
            column,
            "colon-in-text",
            "': ' inside a text that is not in quotes",
            "put the text in quotes, or write it below the key after a '|'",
        )
    if re.match(r"^\s*- +[^:]+$", above) or (above.strip() and ":" not in above):
        return _Slip(
            line - 1,
            len(above) - len(above.lstrip(" -")),
            "missing-colon",
            "a key without ': '",
            "write  key: text  with a colon and a space",
        )
    indent = len(text) - len(text.lstrip())
    return _Slip(
        line,
        indent,
        "bad-indent",
        "this key is indented further than the ones above",
        "put the keys of one card exactly below each other",
    )


def _indent(lines: list[str], line: int, column: int, expected: int) -> _Slip:
    where = column + 1
    if lines[line][column : column + 1] in ("]", "}"):
        return _Slip(line, column, "bad-list", "a bracket that closes nothing", "delete it, or put the text in quotes")
    is_entry = lines[line][column : column + 2] in ("- ", "-")
    if column == expected:
        message = "a list entry among keys" if is_entry else "a key among list entries"
        return _Slip(
            line,
            column,
            "bad-indent",
            message,
            "a map is all keys, a list is all '- '; indent what belongs to the line above",
        )
    if is_entry:
        message = f"a list entry at column {where} does not belong to what begins at column {expected + 1}"
    else:
        message = f"this line begins at column {where}, what it belongs to at column {expected + 1}"
    return _Slip(line, column, "bad-indent", message, "put what belongs together exactly below each other")
