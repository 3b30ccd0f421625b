"""Imports point one way, downwards (design, section 1), and the outside world is met in few places.

The sources are parsed, not run, so that what is imported inside a function counts like the rest.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import deckgen

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(deckgen.__file__).parent

FLOORS = """
__main__ cli
pipeline statspage stats starter reports
exhibition rereading pages gallery reviewer forecast
releasenotes comparing changes packing naming identify choosing compilation workers topics staging revisions ids holding
writers readers preview lint
notetypes render template select
schema breaking ledger pairing likeness clock lock files discover cloze
model yamlsource
diagnostics wording
"""
"""Modules and packages by floor. One may import what stands on a floor below, or further right on its own."""

ORDER = {name: place for place, name in enumerate(FLOORS.split())}

MODULES = {
    ".".join(path.relative_to(HOUSE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(HOUSE.rglob("*.py"))
}


def imports(module: str) -> Iterator[tuple[int, str]]:
    """Yield what a module imports, as line and full name; of our own the module, of others what is imported."""
    for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports by dots"
            base = node.module or ""
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield node.lineno, inner if inner in MODULES else base


def ours(module: str) -> Iterator[tuple[int, str]]:
    """Yield what a module imports of deckgen, the version number aside."""
    yield from ((line, name) for line, name in imports(module) if name.startswith("deckgen."))


def room(module: str) -> str:
    """Return the part of the house that a module stands in: `deckgen.schema.keys` stands in `schema`."""
    return module.split(".")[1]


@pytest.mark.parametrize("module", [name for name in MODULES if name != "deckgen"])
def test_imports_point_downwards(module: str) -> None:
    assert room(module) in ORDER, f"give {room(module)} a place in FLOORS"
    wrong = [
        f"{MODULES[module].name}:{line} imports {name}"
        for line, name in ours(module)
        if room(name) != room(module) and ORDER[room(name)] < ORDER[room(module)]
    ]
    assert not wrong


def test_no_module_leads_back_to_itself() -> None:
    edges = {module: {name for _, name in ours(module)} for module in MODULES}
    while free := {module for module, needed in edges.items() if not needed & edges.keys() - {module}}:
        edges = {module: needed for module, needed in edges.items() if module not in free}
    assert not edges


@pytest.mark.parametrize(
    ("foreign", "places"),
    [
        ("click", {"deckgen.cli"}),
        ("genanki", {"deckgen.writers.apkg"}),
        ("pyromark", {"deckgen.render.markdown"}),
        ("pygments", {"deckgen.render.highlight"}),
        ("starlette", {"deckgen.preview.app", "deckgen.preview.guard"}),
        ("uvicorn", {"deckgen.preview.server"}),
        ("watchfiles", {"deckgen.preview.server"}),
        ("latex2mathml", {"deckgen.render.mathml"}),
        ("fsrs", {"deckgen.forecast"}),
        ("anki", set()),  # AGPL: for tests alone
        ("aqt", set()),
    ],
)
def test_each_part_from_outside_has_its_place(foreign: str, places: set[str]) -> None:
    assert {m for m in MODULES if any(name.split(".")[0] == foreign for _, name in imports(m))} <= places


ENDS_ITS_CHILDREN = "deckgen.workers", "os._exit"
"""A process that was forked must end where its work ends, and not run on into what its parent had still to do."""


def speaking(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield where a module prints, exits, or touches the process's streams."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("print", "exit", "quit", "input")
        ):
            yield node.lineno, node.func.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = f"{node.value.id}.{node.attr}"
            if name in ("sys.exit", "os._exit", "os.abort", "sys.stdout", "sys.stderr", "sys.stdin", "sys.argv"):
                yield node.lineno, name
        elif isinstance(node, ast.Name) and node.id == "SystemExit":
            yield node.lineno, node.id


@pytest.mark.parametrize("module", [name for name in MODULES if name not in ("deckgen.cli", "deckgen.__main__")])
def test_only_the_command_line_prints_or_exits(module: str) -> None:
    found = list(speaking(ast.parse(MODULES[module].read_text("utf-8"))))
    assert [(line, name) for line, name in found if (module, name) != ENDS_ITS_CHILDREN] == []


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["check", "good.yaml"], ["stats", "good.yaml"]])
def test_what_is_heavy_is_imported_when_used(arguments: list[str]) -> None:
    """genanki, for one, takes 37 ms to import: nobody who asks for help should wait for it."""
    Path("good.yaml").write_text("- {front: f, back: b}\n")
    program = (
        "import sys; from deckgen.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'genanki', 'pygments', 'rapidfuzz', 'asyncio', 'ssl'}\n"
        "heavy |= {'starlette', 'uvicorn', 'watchfiles', 'fsrs', 'latex2mathml'}\n"
        "sys.exit(','.join(sorted(heavy & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, check=False, timeout=60)
    assert done.stderr.decode().strip() == ""
