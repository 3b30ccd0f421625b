"""Cards of strangers, pages of strangers: no script runs, nothing is asked of the net, nobody else is answered."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser import card, preview
from tests.conftest import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

RUN = "top.ran=1;parent.ran=1;window.ran=1;document.title='ran'"

FIELDS = [
    f"<script>{RUN}</script>",
    f"<SCRIPT SRC='data:text/javascript,{RUN}'></SCRIPT>",
    f"<script type=module>{RUN}</script>",
    f"<scr<script>ipt>{RUN}</script>",
    f"</div></body></html><script>{RUN}</script>",
    f"--><script>{RUN}</script><!--",
    f"</style><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f'<img src="data:," onerror="{RUN}">',
    f'<img src="data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22 onload=%22{RUN}%22/>">',
    f'<svg onload="{RUN}"></svg>',
    f"<svg><script>{RUN}</script></svg>",
    f'<svg><animate onbegin="{RUN}" attributeName=x dur=1s></svg>',
    f'<svg><a xlink:href="javascript:{RUN}"><text y=20 id=press>press</text></a></svg>',
    f'<math><maction actiontype="statusline" xlink:href="javascript:{RUN}">x</maction></math>',
    f'<a id=press href="javascript:{RUN}">press</a>',
    f'<a id=press href="JaVaScRiPt:{RUN}">press</a>',
    f'<a id=press href="data:text/html,<script>{RUN}</script>">press</a>',
    f'<a id=press target=_top href="javascript:{RUN}">press</a>',
    f'<body onload="{RUN}">',
    f'<details open ontoggle="{RUN}"><summary id=press>x</summary></details>',
    f'<input autofocus onfocus="{RUN}">',
    f'<select autofocus onfocus="{RUN}"></select>',
    f'<video><source onerror="{RUN}"></video>',
    f'<audio src="data:," onerror="{RUN}"></audio>',
    f'<iframe src="javascript:{RUN}"></iframe>',
    f'<iframe srcdoc="<script>{RUN}</script>"></iframe>',
    f'<object data="javascript:{RUN}"></object>',
    f'<embed src="javascript:{RUN}">',
    f'<form action="javascript:{RUN}"><button id=press>press</button></form>',
    f'<button id=press onclick="{RUN}">press</button>',
    f'<button class="replay-button" id=press data-sound="javascript:{RUN}">press</button>',
    f'<meta http-equiv=refresh content="0;url=javascript:{RUN}">',
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<base href='https://evil.example/'><img src='//evil.example/a.png'>",
    "<link rel=stylesheet href='https://evil.example/a.css'><style>@import url(https://evil.example/b.css);</style>",
    "<img src='https://evil.example/pixel.png'><video poster='https://evil.example/p.png'></video>",
    "<div style='background:url(https://evil.example/bg.png)'>x</div>",
    "<form name=body><input name=querySelector><input id=qa></form><a id=defaultView></a>",
    f'<marquee onstart="{RUN}">x</marquee>',
    f'<div class=typed data-expected="</code><script>{RUN}</script>"></div>',
    f'<p title="&quot;><script>{RUN}</script>">x</p>',
]

HOSTILE = '"><script>top.ran=1</script><img src=x onerror=top.ran=1>'


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a page that fails the test if a script of a card ran, or if anything outside was asked for."""
    context = browser.new_context()
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda sent: asked.append(sent.url))
    opened.on("requestfailed", lambda failed: asked.remove(failed.url) if failed.failure == "csp" else None)
    opened.on("popup", lambda popup: asked.append(f"popup {popup.url}"))
    opened.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    yield opened
    assert opened.evaluate("() => window.ran") is None
    assert opened.title() != "ran"
    context.close()
    assert [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:", "about:", "file://"))] == []


def deck_of(fields: list[str]) -> Path:
    notes = [{"id": f"n{number}", "front": f"{number} {html}", "back": html} for number, html in enumerate(fields)]
    return (
        write({"hostile/deck.yaml": "deck: H\nid: h\nmarkup: html\n", "hostile/a.yaml": json.dumps(notes)}) / "hostile"
    )


PRESS = """() => {
  const inside = document.querySelector("#stage iframe:not(.waiting)").contentDocument;
  const pressed = Document.prototype.querySelector.call(inside, "#press");
  pressed?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, composed: true }));
  document.activeElement.blur();
}"""


def look_at_all(page: Page, fields: list[str]) -> None:
    """See every card from both sides, press what can be pressed, and see them all in the grid."""
    for number in range(len(fields)):
        expect(page.locator("#where")).to_contain_text(f"{number + 1} of ")
        for side in ("Question", "Answer"):
            expect(page.locator(f"#stage iframe:not(.waiting)[title^='{side}: {number}']")).to_be_attached()
            page.evaluate(PRESS)
            page.keyboard.press("Space")
        page.evaluate("() => document.activeElement.blur()")
        page.keyboard.press("ArrowRight")
    page.keyboard.press("g")
    expect(page.locator(".cell iframe").first).to_be_attached()
    page.wait_for_timeout(300)


def test_there_are_forty_payloads() -> None:
    assert len(set(FIELDS)) >= 40


def test_no_script_of_a_card_runs_in_the_preview(page: Page) -> None:
    with preview(deck_of(FIELDS)) as address:
        page.goto(address)
        look_at_all(page, FIELDS)


@pytest.mark.parametrize("form", [[], ["--single"]])
def test_no_script_of_a_card_runs_in_pages(
    page: Page, command: Callable[..., tuple[int, str, str]], form: list[str]
) -> None:
    target = "out.html" if form else "out"
    code, _, said = command("build", str(deck_of(FIELDS)), "--to", "html", *form, "-o", target)
    assert code == 0, said
    page.goto(Path(target if form else "out/index.html").absolute().as_uri())
    look_at_all(page, FIELDS)


def test_names_are_texts(page: Page, command: Callable[..., tuple[int, str, str]]) -> None:
    quoted = json.dumps(HOSTILE)
    tag = json.dumps(HOSTILE.replace(" ", "\u00b7"))
    files = {
        "names/deck.yaml": f"deck: {quoted}\nid: names\ndescription: {quoted}\nsources: {{s: {{title: {quoted}}}}}\n",
        "names/<img src=x onerror=top.ran=1>.yaml": f"topic: {quoted}\ntags: [{tag}]\n"
        f"source: {{id: s, section: {quoted}}}\n"
        "cards:\n- {front: w_x, back: 2*3*4}\n",
        "names/style.css": "b { color: red } </style><script>top.ran=1</script>",
    }
    write(files)
    write({"names/deck.yaml": files["names/deck.yaml"] + "css: style.css\n"})
    with preview("names") as address:
        page.goto(address)
        expect(card(page).locator(".question")).to_have_text("w_x")
        expect(page.locator("h1")).to_have_text(HOSTILE)
        expect(page.locator("#topics")).to_contain_text(HOSTILE)
        expect(page.locator("#tags")).to_contain_text("<script>top.ran=1</script>")
        page.click("#to-problems")
        expect(page.locator("#problem-view")).to_contain_text("<img src=x onerror=top.ran=1>.yaml:5")
        page.goto("about:blank")
    code, _, said = command("build", "names", "--to", "html", "-o", "named")
    assert code == 0, said
    page.goto(Path("named/index.html").absolute().as_uri())
    expect(page.locator("h1")).to_have_text(HOSTILE)
    expect(card(page).locator(".question")).to_have_text("w_x")


def test_a_picture_opened_by_itself_has_no_rights(page: Page) -> None:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>{RUN}</script></svg>'
    write({"d/deck.yaml": "deck: D\nid: d\n", "d/a.yaml": "- {front: '![x](x.svg)', back: b}", "d/x.svg": svg})
    with preview("d") as address:
        page.goto(address)
        source = card(page).locator("img").get_attribute("src")
        page.goto(f"{address}{source}")
        assert page.title() != "ran"


# --- Requests ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """Give the port and the token of a preview whose folder has a secret beside it."""
    folder = tmp_path_factory.mktemp("deck")
    write({"d/deck.yaml": "deck: D\nid: d\n", "d/a.yaml": "- {front: f, back: b}\n", "secret.txt": "secret"}, folder)
    with preview(folder / "d") as address:
        parts = urlsplit(address)
        assert parts.port
        yield parts.port, parts.path.strip("/")


def ask(place: tuple[int, str], path: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    """Send a request as it stands; `host` and others replace what would be sent."""
    port, token = place
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    sent = {"host": f"127.0.0.1:{port}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    connection.putrequest(method, path.replace("TOKEN", token), skip_host=True, skip_accept_encoding=True)
    for name, value in sent.items():
        connection.putheader(name, value.replace("PORT", str(port)))
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


REFUSED: list[tuple[str, str, dict[str, str]]] = [
    ("GET", "/", {}),
    ("GET", "/index.json", {}),
    ("GET", "/wrong-token/index.json", {}),
    ("GET", "/TOKENx/index.json", {}),
    ("GET", "/TOKEN", {}),
    ("GET", "/TOKEN/index.json", {"host": "evil.example"}),
    ("GET", "/TOKEN/index.json", {"host": "evil.example:PORT"}),
    ("GET", "/TOKEN/index.json", {"host": "127.0.0.1"}),
    ("GET", "/TOKEN/index.json", {"host": "localhost:PORT"}),
    ("GET", "/TOKEN/index.json", {"host": "127.0.0.1.evil.example:PORT"}),
    ("GET", "/TOKEN/index.json", {"origin": "https://evil.example"}),
    ("GET", "/TOKEN/index.json", {"origin": "null"}),
    ("GET", "/TOKEN/index.json", {"origin": "http://127.0.0.1:1"}),
    ("GET", "/TOKEN/index.json", {"sec_fetch_site": "cross-site"}),
    ("GET", "/TOKEN/index.json", {"sec_fetch_site": "same-site"}),
    ("POST", "/TOKEN/index.json", {"content_length": "0"}),
    ("PUT", "/TOKEN/index.json", {"content_length": "0"}),
    ("DELETE", "/TOKEN/index.json", {}),
    ("OPTIONS", "/TOKEN/index.json", {"origin": "https://evil.example"}),
    ("HEAD", "/TOKEN/index.json", {}),
    ("GET", "http://evil.example/TOKEN/index.json", {}),
]


@pytest.mark.parametrize(("method", "path", "headers"), REFUSED)
def test_who_is_not_our_page_is_not_answered(
    place: tuple[int, str], method: str, path: str, headers: dict[str, str]
) -> None:
    status, body = ask(place, path, method, **headers)
    assert (status, body) == (403, b"")


OUTSIDE = [
    "/TOKEN/media/../secret.txt",
    "/TOKEN/media/..%2fsecret.txt",
    "/TOKEN/media/%2e%2e%2fsecret.txt",
    "/TOKEN/media/..%5csecret.txt",
    "/TOKEN/media//etc/passwd",
    "/TOKEN/media/%2fetc%2fpasswd",
    "/TOKEN/media/a.yaml",
    "/TOKEN/media/deck.yaml",
    "/TOKEN/static/../app.py",
    "/TOKEN/static/..%2fapp.py",
    "/TOKEN/static/%2e%2e/app.py",
    "/TOKEN/static/",
    "/TOKEN/static/nothing.js",
    "/TOKEN/cards/-1",
    "/TOKEN/docs",
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_leads_out_of_the_deck(place: tuple[int, str], path: str) -> None:
    status, body = ask(place, path)
    assert status == 404
    assert b"secret" not in body
    assert b"root:" not in body


def test_our_own_page_is_answered(place: tuple[int, str]) -> None:
    status, body = ask(place, "/TOKEN/index.json", origin="http://127.0.0.1:PORT", sec_fetch_site="same-origin")
    assert status == 200
    assert json.loads(body)["deck"]["name"] == "D"


def test_two_hosts_are_one_too_many(place: tuple[int, str]) -> None:
    port, token = place
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(
            f"GET /{token}/index.json HTTP/1.1\r\nHost: evil.example\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        )
        assert wire.recv(100).split()[1] in (b"400", b"403")


def test_a_websocket_is_not_opened(place: tuple[int, str]) -> None:
    status, _ = ask(place, "/TOKEN/events2", upgrade="websocket", connection="upgrade", sec_websocket_key="x" * 24)
    assert status in (400, 403, 404, 426)


def test_only_this_machine_is_listened_to(place: tuple[int, str]) -> None:
    port, _ = place
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for address in others:
        if not str(address).startswith("127."):
            with pytest.raises((ConnectionError, TimeoutError)):
                socket.create_connection((str(address), port), timeout=2)


def test_every_answer_has_the_policy(place: tuple[int, str]) -> None:
    port, token = place
    for path in ("", "index.json", "static/app.js", "nothing"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", f"/{token}/{path}")
        answer = connection.getresponse()
        answer.read()
        allowed = answer.getheader("content-security-policy") or ""
        assert "default-src 'none'" in allowed
        assert "script-src 'self';" in allowed
        assert "frame-ancestors 'none'" in allowed
        assert answer.getheader("x-content-type-options") == "nosniff"
        assert answer.getheader("access-control-allow-origin") is None
        connection.close()
