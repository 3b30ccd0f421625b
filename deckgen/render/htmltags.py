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
_FOREIGN = re.compile(r"<(?:svg|math)[\s>]", re.IGNORECASE)  # inside these, elements have other names
_NAME = re.compile(r"</?([A-Za-z][^\s/>]*)")
_BARE_ATTRIBUTE = re.compile(r"\s([^\s\"'=<>`/]+)(?=\s+[^\s=]|\s*/?>)")
_BOOLEAN = frozenset(
    """allowfullscreen async autofocus autoplay checked controls default defer disabled hidden inert ismap loop multiple
    muted nomodule noshade novalidate nowrap open playsinline readonly required reversed selected""".split()
)


def is_html_tag(tag: str, text: str, start: int) -> bool:
    """Tell whether the `tag` that stands in `text` at `start` is one that HTML knows, and looks meant as one."""
    name = _NAME.match(tag)[1].lower()  # type: ignore[index]  # `tag` was found by a pattern that begins so
    if name not in _HTML:
        return _FOREIGN.search(text) is not None
    if tag.startswith("</"):
        return True
    if any(word.lower() not in _BOOLEAN and not word.startswith("data-") for word in _bare_attributes(tag)):
        return False  # a<b and c>d
    return not (_hangs_on_a_word(text, start) and _is_never_closed(name, text, start))  # Set<A>


def _bare_attributes(tag: str) -> list[str]:
    unquoted = re.sub(r"=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+)", "=", tag)
    return [word for word in _BARE_ATTRIBUTE.findall(unquoted) if "=" not in word]


def _hangs_on_a_word(text: str, start: int) -> bool:
    return start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_")


def _is_never_closed(name: str, text: str, start: int) -> bool:
    return name not in _VOID and name not in _UNCLOSED and f"</{name}" not in text[start:].lower()
