"""The pages of the documentation, taken apart: headings, links and examples. `test_docs` runs and compares them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent

_FENCE = re.compile(r"^( *)(`{3,}|~{3,})(.*)$")
_HEADING = re.compile(r"^(#{1,6}) +(.*?) *$")
_LINK = re.compile(r"\]\(<?([^)<>\s]+)>?(?: \"[^\"]*\")?\)")
_CODE_SPAN = re.compile(r"(`+)(?:(?!`).|(?!\1)`)*?\1(?!`)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the line it begins on, the heading above it, its language, and the other words of its fence."""

    page: str
    line: int
    section: str
    language: str
    words: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    def get(self, name: str) -> str:
        """Return what the fence says as `name=…`, or nothing."""
        return next((word.partition("=")[2] for word in self.words if word.startswith(f"{name}=")), "")


@dataclass(slots=True)
class Page:
    """A page. `sections` maps each heading to the text below it without its fenced blocks, in order."""

    name: str
    blocks: list[Block] = field(default_factory=list)
    sections: dict[str, str] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)

    def links(self) -> list[str]:
        """Return the targets of the page's links and pictures, those in code aside."""
        return [link for text in self.sections.values() for link in _LINK.findall(_CODE_SPAN.sub("", text))]

    def mentions(self, tool: str) -> Iterator[tuple[str, str]]:
        """Yield the uses of a command-line tool in code and terminals: its command and what follows on the line."""
        texts = [span[0] for text in self.sections.values() for span in _CODE_SPAN.finditer(text)]
        texts += [
            block.text for block in self.blocks if block.language in ("console", "sh", "") or "other" in block.words
        ]
        for text in texts:
            for used in re.finditer(rf"(?<![\w/.-]){tool} ([a-z]+)\b([^`\n|;&>#]*)", text):
                yield used[1], used[2]

    def anchors(self) -> set[str]:
        """Return what can stand behind `#` in a link to this page."""
        return {slug(heading) for heading in self.sections}


def slug(heading: str) -> str:
    """Return a heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def read(name: str) -> Page:
    """Take a page apart; `name` is its path in the repository."""
    page = Page(name)
    lines = iter(enumerate((ROOT / name).read_text(encoding="utf-8").split("\n"), 1))
    section = ""
    page.sections[section] = ""
    for number, line in lines:
        if fence := _FENCE.match(line):
            language, *words = fence[3].split() or [""]
            text = _inside(lines, len(fence[1]), fence[2])
            page.blocks.append(Block(name, number, section, language, tuple(words), text))
        elif heading := _HEADING.match(line):
            section = heading[2].replace("`", "")
            page.levels[section] = len(heading[1])
            page.sections.setdefault(section, "")
        else:
            page.sections[section] += line + "\n"
    return page


def _inside(lines: Iterator[tuple[int, str]], indent: int, fence: str) -> str:
    inside = []
    for _, line in lines:
        stripped = line.strip()
        if stripped.startswith(fence) and not stripped.strip(fence[0]):
            break
        inside.append(line[indent:] if not line[:indent].strip() else line)
    return "".join(f"{line}\n" for line in inside)


def names(*globs: str) -> list[str]:
    """Return the pages that match, by their paths in the repository."""
    return sorted(path.relative_to(ROOT).as_posix() for each in globs for path in ROOT.glob(each))


def table(text: str) -> dict[str, str]:
    """Return the rows of the tables in a text, by the first code word of their first cell."""
    rows = [line for line in text.split("\n") if line.startswith("| `")]
    return {re.split(r"`", row)[1]: row for row in rows}
