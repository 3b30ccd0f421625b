"""Which `<…>` is an HTML tag, and which is text that an author wrote: `List<String>`, `x<y>z`."""

from __future__ import annotations

import re

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_UNCLOSED = frozenset("p li dt dd tr td th thead tbody tfoot option optgroup colgroup caption rt rp rb rtc".split())
_HTML = (
    _VOID
    | _UNCLOSED
    | frozenset(
        """a abbr acronym address article aside audio b bdi bdo big blink blockquote body button canvas center cite
        code data datalist del details dfn dialog dir div dl em fieldset figcaption figure font footer
        form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup html i iframe ins kbd label legend main
        map mark marquee math menu meter nav nobr noframes noscript object ol output picture pre progress
        q ruby s samp script search section select slot small span strike strong style sub summary sup
        svg table template textarea time title tt u ul var video""".split()
    )
)
_NAME = re.compile(r"</?([A-Za-z][^\s/<>]*)")
_BARE_ATTRIBUTE = re.compile(r"\s([^\s\"'=<>`/]+)(?=\s+[^\s=]|\s*/?>)")
_BOOLEAN = frozenset(
    """allowfullscreen async autofocus autoplay checked controls default defer disabled hidden inert ismap loop multiple
    muted nomodule noshade novalidate nowrap open playsinline readonly required reversed selected""".split()
)


class Tags:
    """The tags of one text, gone through once, so that asking about each takes no time."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._first_opening: dict[str, int] = {}
        self._last_closing: dict[str, int] = {}
        for found in _NAME.finditer(text):
            name = found[1].lower()
            if found[0][1] == "/":
                self._last_closing[name] = found.start()
            else:
                self._first_opening.setdefault(name, found.start())
        self._is_foreign = not {"svg", "math"}.isdisjoint(self._first_opening)

    def is_html(self, tag: str, start: int) -> bool:
        """Tell whether the `tag` that stands at `start` is one that HTML knows, and looks meant as one."""
        found = _NAME.match(tag)
        assert found
        name = found[1].lower()
        if name not in _HTML:
            return self._is_foreign
        if tag.startswith("</"):
            return self._first_opening.get(name, start) < start
        if any(word.lower() not in _BOOLEAN and not word.startswith("data-") for word in _bare_attributes(tag)):
            return False  # a<b and c>d
        before = self._text[start - 1 : start]
        if tag[1].isupper() and (before.isalnum() or before == "_"):
            return False  # List<Link>
        return name in _VOID or name in _UNCLOSED or self._last_closing.get(name, -1) > start  # Set<a>, #include <map>


def _bare_attributes(tag: str) -> list[str]:
    unquoted = re.sub(r"=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+)", "=", tag)
    return [word for word in _BARE_ATTRIBUTE.findall(unquoted) if "=" not in word]
