"""The corpus of bad inputs: what `check` says about each, where, and at what cost.

A case is a one-file deck `tests/decks/bad/NAME.yaml`, a folder `tests/decks/bad/NAME/`, or, where git cannot hold it,
an entry of MADE below. `expected.txt` has a line for each problem of each case, `CASE FILE:LINE:COLUMN SEVERITY[CODE]`,
with the file relative to the case: all of its problems and no others.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BAD = Path(__file__).parent / "decks" / "bad"
SOURCE = Path(__file__).parent.parent / "deckgen"

SECONDS = 2.0  # of CPU
MEGABYTES = 256
HANGS = 60  # seconds of the clock, after which a run is taken for stuck

NAMED_PATHS = {
    "deck-path-misspelt": "amr.yaml",
    "deck-topic-folder-named-as-path": "arm",
    "deck-topic-named-as-path": "arm.yaml",
    "made-file-missing": "nowhere.yaml",
    "made-folder-named-as-path": "arm.yaml",
    "made-name-with-quotes": 'it\'s "one": two.yaml',
    "made-name-without-letters": "日本語",
    "made-pipe-named-as-path": "arm.yaml",
    "made-topic-twelve-folders-down-named-as-path": "a/b/c/d/e/f/g/h/i/j/k/l/arm.yaml",
}
"""What is given to deckgen inside a case's folder, where it is not the folder itself."""

UNREACHED = {
    "bad-output": "only `build --output` says so",
    "bad-package": "only `diff` says so",
    "bad-revision": "only `diff` says so",
    "clock-ahead": "only a clock that is wrong says so",
    "id-not-written": "only `ids` says so",
    "kept-by-likeness": "only a card that was reworded says so",
    "lock-changed": "only `build --locked` says so",
    "lock-missing": "only a deck that was built says so",
    "nothing-selected": "only `build --select` says so",
    "several-decks": "only `diff` says so",
    "unknown-edition": "only `build --edition` says so",
}
"""Codes that no `check` of a folder gives."""

CARDS = "cards:\n  - {front: a, back: b}\n"
PICTURE_CARD = "cards:\n  - front: Which? ![](arm.png)\n    back: b\n"


def _made(texts: dict[str, str]) -> Callable[[Path], None]:
    """Return a function that writes files into a folder."""

    def make(folder: Path) -> None:
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")

    return make


def _linked(name: str, target: str, texts: dict[str, str]) -> Callable[[Path], None]:
    """Return a function that writes files, and a link among them."""

    def make(folder: Path) -> None:
        _made(texts)(folder)
        (folder / name).symlink_to(target)

    return make


def _with(step: Callable[[Path], object], texts: dict[str, str]) -> Callable[[Path], None]:
    """Return a function that writes files and then takes one step more."""

    def make(folder: Path) -> None:
        _made(texts)(folder)
        step(folder)

    return make


MANY = 100_000
MADE: dict[str, Callable[[Path], None]] = {
    "made-brackets": _made({"one.yaml": "cards: " + "[" * MANY}),
    "made-braces": _made({"one.yaml": "{a: " * MANY}),
    "made-dashes": _made({"one.yaml": "- " * MANY + "a"}),
    "made-deeper-and-deeper": _made({"one.yaml": "".join(" " * n + "a:\n" for n in range(1000))}),
    "made-long-line": _made({"one.yaml": 'cards:\n  - front: "' + "a" * 1_000_000 + "\n"}),
    "made-comments": _made({"one.yaml": "# nothing\n" * MANY}),
    "made-file-missing": _made({"one.yaml": CARDS}),
    "made-folder-empty": _made({}),
    "made-folder-named-as-path": _with(lambda folder: (folder / "arm.yaml").mkdir(), {}),
    "made-folder-named-like-a-topic": _made({"deck.yaml": "deck: x", "arm.yaml/biceps.yaml": CARDS}),
    "made-name-with-quotes": _made({'it\'s "one": two.yaml': "id: one\nfrunt: a\n" + CARDS}),
    "made-name-without-letters": _made({"日本語/deck.yaml": "deck: x", "日本語/腕.yaml": CARDS}),
    "made-topic-twelve-folders-down-named-as-path": _made(
        {"deck.yaml": "deck: x", "a/b/c/d/e/f/g/h/i/j/k/l/arm.yaml": CARDS}
    ),
    "made-link-to-nothing": _linked("deck.yaml", "nowhere", {"arm.yaml": CARDS}),
    "made-link-to-itself": _linked("leg.yaml", "leg.yaml", {"deck.yaml": "deck: x", "arm.yaml": CARDS}),
    "made-link-out-of-the-deck": _linked(
        "one/arm.yaml", "../two/arm.yaml", {"one/deck.yaml": "deck: x", "two/arm.yaml": CARDS}
    ),
    "made-link-to-a-deck-elsewhere": _linked(
        "one/deck.yaml", "../two.txt", {"one/arm.yaml": CARDS, "two.txt": "deck: x"}
    ),
    "made-link-to-a-folder-out-of-the-deck": _linked(
        "one/leg", "../two", {"one/deck.yaml": "deck: x", "one/arm.yaml": CARDS, "two/knee.yaml": CARDS}
    ),
    "made-link-to-a-picture": _linked("arm.png", "brain.png", {"one.yaml": PICTURE_CARD, "brain.png": "x"}),
    "made-link-to-a-folder-of-pictures": _linked(
        "media", "pictures", {"one.yaml": PICTURE_CARD, "pictures/arm.png": "x"}
    ),
    "made-link-to-css": _linked("style.css", "other.css", {"one.yaml": "css: style.css\n" + CARDS, "other.css": ""}),
    "made-picture-too-big": _with(
        lambda folder: os.truncate(folder / "arm.png", 100 * 1024 * 1024 + 1),
        {"one.yaml": PICTURE_CARD, "arm.png": ""},
    ),
    "made-pipe-named-as-path": _with(lambda folder: os.mkfifo(folder / "arm.yaml"), {}),
    "made-pipe-named-like-a-topic": _with(
        lambda folder: os.mkfifo(folder / "leg.yaml"), {"deck.yaml": "deck: x", "arm.yaml": CARDS}
    ),
}


def _lines(name: str) -> Iterator[tuple[str, str]]:
    for line in (BAD / name).read_text(encoding="utf-8").splitlines():
        case, _, rest = line.partition(" ")
        yield case, rest


def _expected() -> dict[str, list[str]]:
    found = defaultdict(list)
    for case, problem in _lines("expected.txt"):
        found[case].append(problem)
    return dict(found)


EXPECTED = _expected()
IN_GIT = {
    path.name.removesuffix(".yaml"): path for path in sorted(BAD.iterdir()) if path.is_dir() or path.suffix == ".yaml"
}
CASES = sorted([*IN_GIT, *MADE])
BUILT = [case for case in IN_GIT if any(" error[" in line for line in EXPECTED[case])][::5]


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of deckgen said, and what it took."""

    status: int
    out: str
    err: str
    seconds: float
    megabytes: float


def deckgen(cwd: Path, logs: Path, *arguments: str) -> Run:
    """Run deckgen as a process of its own."""
    logs.mkdir()
    with (logs / "out").open("wb") as out, (logs / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "deckgen", *arguments], cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        guard = Timer(HANGS, process.kill)
        guard.start()
        _, status, used = os.wait4(process.pid, 0)
        guard.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(
        process.returncode,
        (logs / "out").read_text(encoding="utf-8"),
        (logs / "err").read_text(encoding="utf-8"),
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024),
    )


def place_of(case: str, tmp_path: Path) -> Path:
    """Return the folder that a case's files are named from; what git cannot hold is made first."""
    if case in IN_GIT:
        return IN_GIT[case] if IN_GIT[case].is_dir() else BAD
    place = tmp_path / case
    place.mkdir()
    MADE[case](place)
    return place


def argument_of(case: str, place: Path) -> str:
    """Return what is given to deckgen, as seen from the folder above the case's."""
    if place == BAD:
        return f"{place.name}/{case}.yaml"
    return f"{place.name}/{NAMED_PATHS[case]}" if case in NAMED_PATHS else place.name


def line_of(problem: dict[str, Any], place: Path) -> str:
    """Write a problem as in expected.txt."""
    span = problem["span"]
    where = os.path.relpath(span["file"], place.name)
    if span["line"]:
        where += f":{span['line']}:{span['column']}"
    return f"{where} {problem['severity']}[{problem['code']}]"


PROBLEMS = Draft202012Validator(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["code", "severity", "message", "help", "span"],
            "additionalProperties": False,
            "properties": {
                "code": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)+$"},
                "severity": {"enum": ["error", "warning", "advice"]},
                "message": {"type": "string", "minLength": 1},
                "help": {"type": "string", "minLength": 1},
                "span": {
                    "type": "object",
                    "required": ["file", "line", "column"],
                    "additionalProperties": False,
                    "properties": {
                        "file": {"type": "string", "minLength": 1},
                        "line": {"type": "integer", "minimum": 0},
                        "column": {"type": "integer", "minimum": 0},
                    },
                },
            },
        },
    }
)


@pytest.mark.parametrize("case", CASES)
def test_check_finds_just_what_is_wrong(case: str, tmp_path: Path) -> None:
    place = place_of(case, tmp_path)
    run = deckgen(place.parent, tmp_path / "logs", "check", argument_of(case, place), "--format", "json")
    assert "Traceback" not in run.out + run.err
    problems = json.loads(run.out)
    PROBLEMS.validate(problems)
    assert sorted(line_of(problem, place) for problem in problems) == EXPECTED[case]
    assert run.status == any(" error[" in line for line in EXPECTED[case])
    assert run.err == ""
    assert run.seconds < SECONDS
    assert run.megabytes < MEGABYTES


@pytest.mark.parametrize("case", BUILT)
def test_a_build_refuses_and_touches_nothing(case: str, tmp_path: Path) -> None:
    place = tmp_path / "copy"
    if IN_GIT[case].is_dir():
        shutil.copytree(IN_GIT[case], place)
    else:
        place.mkdir()
        shutil.copy(IN_GIT[case], place)
        shutil.copy(BAD / "brain.svg", place)
    (tmp_path / "build").mkdir()
    before = snapshot(tmp_path)
    given = f"copy/{NAMED_PATHS.get(case, '') if IN_GIT[case].is_dir() else IN_GIT[case].name}"
    run = deckgen(tmp_path, tmp_path / "logs", "build", given)
    shutil.rmtree(tmp_path / "logs")
    assert run.status == 1
    assert run.out == ""
    assert "error[" in run.err
    assert "Traceback" not in run.err
    assert snapshot(tmp_path) == before


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return all that is in a folder: kind and rights, time of the last change, contents."""
    found = {}
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        contents = path.read_bytes() if stat.S_ISREG(about.st_mode) else b""
        found[str(path.relative_to(folder))] = (about.st_mode, about.st_mtime_ns if contents else 0, contents)
    return found


def test_the_lists_fit_the_cases() -> None:
    assert len(CASES) >= 150
    assert set(EXPECTED) == set(CASES)
    assert set(NAMED_PATHS) <= set(CASES)
    lines = (BAD / "expected.txt").read_text(encoding="utf-8").splitlines()
    assert lines == sorted(lines)


def test_every_code_is_brought_about_by_a_case() -> None:
    in_cases = {re.findall(r"\[([a-z0-9-]+)\]$", line)[0] for lines in EXPECTED.values() for line in lines}
    in_source = {code for path in SOURCE.rglob("*.py") for code in codes_in(path)}
    assert len(in_source) > 60
    assert in_source - in_cases - UNREACHED.keys() == set()
    assert UNREACHED.keys() & in_cases == set()
    assert UNREACHED.keys() <= in_source


_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_FILE_SLIPS = ("link", "missing", "outside")
"""`FileSlip`s get their code from what the file is for: `media-missing`, `file-missing`."""


def codes_in(path: Path) -> Iterator[str]:
    """Yield the codes in a module: hyphened words that a message follows in a call, and a lint rule's CODE."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            pairs = zip(node.args, node.args[1:], strict=False)
            given = [first for first, second in pairs if _may_be_a_message(second)]
            given += [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            yield from (code for each in given for code in _words(each) if _CODE.fullmatch(code))
        elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "CODE" for t in node.targets):
            yield from _words(node.value)
        elif isinstance(node, ast.JoinedStr) and ast.unparse(node).endswith("-{path.code}'"):
            prefix = ast.literal_eval(node.values[0])
            yield from (prefix + slip for slip in _FILE_SLIPS)


def _may_be_a_message(node: ast.expr) -> bool:
    """Tell a message from other arguments, such as the `replace` of `decode('utf-8', 'replace')`."""
    return not isinstance(node, ast.Constant) or (isinstance(node.value, str) and " " in node.value)


def _words(node: ast.expr) -> Iterator[str]:
    """Yield the texts that an argument may be: itself, or both sides of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _words(node.body)
        yield from _words(node.orelse)
