"""The command line as people and scripts meet it: what is written where, and with which exit status.

0 fine, 1 problems in the cards, 2 wrong usage, 3 the machine. Data go to stdout, words for people to stderr.
"""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

import pytest
import yaml

from deckgen import __version__, cli
from tests.anki_harness import words
from tests.conftest import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.anki_harness import Anki

    Run = Callable[..., "Ran"]

COMMANDS = ("new", "build", "check", "stats", "schema")
ROOT = Path(__file__).parent.parent
GOOD = "cards: [{front: f, back: b}]"
WARNED = "cards: [{front: 2*3*4, back: b}]"
WRONG = "cards:\n  - {frunt: f, back: b}\n"


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs `deckgen` with arguments, in this process."""

    def command(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["deckgen", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            cli.main()
        gc.enable()
        code = stop.value.code
        assert isinstance(code, int)
        return Ran(code, *capsys.readouterr())

    return command


def deckgen(*arguments: str, **settings: Any) -> Ran:  # noqa: ANN401 - those of subprocess.run
    """Run `deckgen` in a process of its own."""
    settings = {"stdout": subprocess.PIPE, **settings}
    command = [sys.executable, "-m", "deckgen", *arguments]
    done = subprocess.run(command, stderr=subprocess.PIPE, check=False, timeout=60, **settings)
    return Ran(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())


# --- The command as such ---------------------------------------------------------------------------------------------


def test_the_command_is_called_deckgen() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {"deckgen": f"{cli.__name__}:{cli.main.__name__}"}


def test_in_a_process_of_its_own() -> None:
    write({"good.yaml": GOOD, "wrong.yaml": WRONG})
    assert deckgen("check", "good.yaml") == Ran(0, "", "")
    wrong = deckgen("check", "wrong.yaml")
    assert (wrong.code, wrong.out) == (1, "")
    assert wrong.err.startswith("wrong.yaml:2:6: error[unknown-key]: unknown key 'frunt' in a card\n")
    assert deckgen("build", "good.yaml").code == 0
    assert Path("build/good.apkg").exists()


def test_version(run: Run) -> None:
    assert run("--version") == Ran(0, f"deckgen {__version__}\n", "")


def test_without_arguments_it_shows_how_to_begin(run: Run) -> None:
    done = run()
    assert "deckgen new spanish" in done.out + done.err
    assert done.code in (0, 2)  # click changed its mind in 8.2


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_by_example(run: Run, command: str, flag: str) -> None:
    done = run(command, flag)
    assert (done.code, done.err) == (0, "")
    assert f"Usage: deckgen {command}" in done.out
    assert re.search(rf"(?m)^ +deckgen {command}\b", done.out.split("Usage", 1)[1])


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_every_option_and_says_what_it_does(run: Run, command: str) -> None:
    shown = run(command, "--help").out.split("Options:\n")[1]
    for option in cli.cli.commands[command].params:
        for name in option.opts if option.param_type_name == "option" else ():
            line = shown.split(name, 1)[1].split("\n  -", 1)[0]
            assert re.search(r"(?s)[A-Z][a-z]* .+\.", line), name


def test_the_first_help_lists_all_commands(run: Run) -> None:
    shown = run("--help").out
    assert set(cli.cli.commands) >= set(COMMANDS)
    for name in cli.cli.commands:
        assert re.search(rf"(?m)^  {name} +[A-Z]", shown), name


@pytest.mark.parametrize(
    "arguments",
    [
        ["bake"],
        ["--nope"],
        ["build", "--nope"],
        ["build", "-o"],
        ["check", "--format", "xml"],
        ["stats", "--format", "sarif"],
        ["new"],
        ["new", "a", "b"],
        ["schema", "extra"],
        ["build", "--select", "tag:a", "--edition", "b"],
        ["build", "good.yaml", "other.yaml", "-o", "one.apkg"],
        ["build"],  # there is no folder cards/ here
        ["check"],
        ["stats"],
    ],
)
def test_wrong_usage(run: Run, arguments: list[str]) -> None:
    write({"good.yaml": GOOD, "other.yaml": GOOD})
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.split("\n")[-2].startswith("Error: ")
    assert {path.name for path in Path().iterdir()} == {"good.yaml", "other.yaml"}


def test_without_a_folder_cards_it_says_what_to_do(run: Run) -> None:
    assert "name a deck, or make one with  deckgen new DIR" in run("build").err


@pytest.mark.parametrize("command", ["build", "check", "stats"])
@pytest.mark.parametrize("path", ["nowhere", "nowhere.yaml", "empty"])
def test_a_path_without_a_deck(run: Run, command: str, path: str) -> None:
    Path("empty").mkdir()
    done = run(command, path)
    assert done.code in (1, 2)
    assert f"{path}: error[no-deck]" in done.err
    assert "deckgen new DIR" in done.err


# --- new -------------------------------------------------------------------------------------------------------------

NAMES = [
    "spanish",
    "mi español",
    "日本語",
    "Ünï-cödé",
    "a b",
    "-",
    "v1.0",
    "x: y",
    "#1",
    "true",
    "null",
    "1",
    "😀",
    "{x}",
]
NAMES += [
    "a'b",
    'a"b',
    "a::b",
    "a\\b",
    "%d",
    "default",
    "Default",
    "leech",
    "deck.yaml",
    "deep/er/still",
    "é" * 60,
    "x" * 120,
]


@pytest.mark.parametrize("name", NAMES)
def test_what_new_writes_builds_without_a_warning(run: Run, anki: Anki, name: str) -> None:
    made = run("new", "--", name)
    assert (made.code, made.out) == (0, "")
    assert run("check", "--strict", "--", name) == Ran(0, "", "")
    done = run("build", "-o", "out.apkg", "--", name)
    assert (done.code, done.out, done.err) == (0, "", "out.apkg: 5 notes, 7 cards (5 new)\n")
    anki.install(Path("out.apkg"))
    assert "What is the capital of France? First topic" in [words(card.question) for card in anki.cards()]
    assert anki.healthy()


def test_new_says_what_it_wrote_and_how_to_go_on(run: Run) -> None:
    done = run("new", "spanish")
    names = ["deck.yaml", "first-topic.yaml", "deckgen.schema.json", ".gitignore", ".gitattributes"]
    files = [f"spanish/{name}" for name in names]
    assert done.err.split("\n")[:-2] == [f"  {name}" for name in files]
    assert done.err.endswith("deckgen build spanish\n")
    assert sorted(str(path) for path in Path("spanish").iterdir()) == sorted(files)


def test_the_command_that_new_proposes_can_be_pasted(run: Run) -> None:
    line = run("new", "mi mazo de español").err.strip().split("\n")[-1]
    pasted = line.partition("deckgen ")[2]
    done = subprocess.run(["sh", "-c", f"{sys.executable} -m deckgen {pasted}"], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["mi español", "Straße", "Ünï"])
def test_an_id_is_made_of_the_letters_that_a_name_has(run: Run, name: str) -> None:
    run("new", name)
    identity = yaml.safe_load(Path(name, "deck.yaml").read_text("utf-8"))["id"]
    assert {"mi español": "mi-espanol", "Straße": "strasse", "Ünï": "uni"}[name] == identity


def test_two_new_decks_without_latin_letters_have_different_ids(run: Run) -> None:
    """The starter's cards have ids, so with one deck id for both a learner would get one deck's cards only."""
    run("new", "日本語")
    run("new", "中文")
    ids = {yaml.safe_load(Path(name, "deck.yaml").read_text("utf-8"))["id"] for name in ("日本語", "中文")}
    assert len(ids) == 2


def test_what_the_starters_comments_propose_is_yaml(run: Run) -> None:
    """`"Languages::Spanish" would nest it`: somebody will paste that."""
    run("new", "spanish")
    (quoted,) = re.findall(r'"Languages::.*?" would', Path("spanish/deck.yaml").read_text("utf-8"))
    assert yaml.safe_load(f"deck: {quoted.removesuffix(' would')}") == {"deck": "Languages::Spanish"}


def test_new_does_not_touch_what_is_there(run: Run) -> None:
    write({"full/x": "x", "file": "x"})
    for name in ("full", "file", "."):
        assert run("new", name).code == 2
    assert [path.name for path in Path("full").iterdir()] == ["x"]
    Path("empty").mkdir()
    assert run("new", "empty").code == 0


# --- build -----------------------------------------------------------------------------------------------------------


def test_build_makes_every_deck_in_cards(run: Run) -> None:
    write(
        {"cards/one/deck.yaml": "deck: One", "cards/one/a.yaml": GOOD, "cards/two.yaml": GOOD, "elsewhere.yaml": GOOD}
    )
    done = run("build")
    assert (done.code, done.out) == (0, "")
    assert done.err.split("\n")[:-1] == [
        "build/one.apkg: 1 note, 1 card (1 new)",
        "build/two.apkg: 1 note, 1 card (1 new)",
    ]
    assert sorted(path.name for path in Path("build").iterdir()) == ["one.apkg", "two.apkg"]
    assert Path("cards/one/deck.lock").exists()
    assert Path("cards/two.lock").exists()


def test_build_says_what_is_new(run: Run) -> None:
    write({"x.yaml": "- {id: a, front: f, back: b}\n- {id: b, front: g, back: b, reverse: true}\n"})
    assert run("build", "x.yaml").err == "build/x.apkg: 2 notes, 3 cards (2 new)\n"
    assert run("build", "x.yaml").err == "build/x.apkg: 2 notes, 3 cards (nothing new)\n"
    write({"x.yaml": "- {id: a, front: f, back: c}\n- {id: c, front: h, back: '![](h.svg)'}\n", "h.svg": "<svg/>"})
    assert run("build", "x.yaml").err == "build/x.apkg: 2 notes, 2 cards, 1 media file (1 new, 1 changed, 1 gone)\n"


def test_a_deck_with_an_error_is_not_written_and_the_others_are(run: Run) -> None:
    write({"cards/bad.yaml": WRONG, "cards/good.yaml": GOOD, "build/bad.apkg": "as it was"})
    done = run("build")
    assert (done.code, done.out) == (1, "")
    assert "cards/bad.yaml:2:6: error[unknown-key]" in done.err
    assert "build/good.apkg: 1 note" in done.err
    assert Path("build/bad.apkg").read_text() == "as it was"
    assert not Path("cards/bad.lock").exists()


@pytest.mark.parametrize("output", ["there/", "there"])
def test_output_may_be_a_folder(run: Run, output: str) -> None:
    write({"cards/one.yaml": GOOD, "cards/two.yaml": GOOD})
    if not output.endswith("/"):
        Path(output).mkdir()
    assert run("build", "-o", output).code == 0
    assert sorted(path.name for path in Path("there").iterdir()) == ["one.apkg", "two.apkg"]


@pytest.mark.parametrize("option", ["-o", "--output"])
def test_output_may_be_a_file(run: Run, option: str) -> None:
    write({"x.yaml": GOOD})
    assert run("build", "x.yaml", option, "deep/er/y.apkg").err == "deep/er/y.apkg: 1 note, 1 card (1 new)\n"
    assert Path("deep/er/y.apkg").exists()
    assert not Path("build").exists()


def test_two_decks_of_one_id_do_not_overwrite_each_other(run: Run) -> None:
    write({"cards/a.yaml": f"id: same\n{GOOD}", "cards/b.yaml": f"id: same\n{GOOD}"})
    done = run("build")
    assert done.code == 1
    assert "cards/b.yaml:1:5: error[duplicate-deck]" in done.err


EDITIONS = """
editions:
  short: {select: "tag:core"}
  full: {}
cards:
  - {front: 1, back: b, tags: core}
  - {front: 2, back: b}
"""


def test_an_edition_is_a_package_of_its_own(run: Run, anki: Anki) -> None:
    write({"x.yaml": EDITIONS})
    assert run("build", "x.yaml", "--edition", "short").err == "build/x-short.apkg: 1 note, 1 card (2 new)\n"
    assert run("build", "x.yaml", "--edition", "full").err == "build/x-full.apkg: 2 notes, 2 cards (nothing new)\n"
    anki.install(Path("build/x-short.apkg"))
    assert anki.install(Path("build/x-full.apkg")) == {"new": 1, "duplicate": 1}


def test_select_is_a_search_as_in_anki(run: Run, anki: Anki) -> None:
    write({"x.yaml": EDITIONS})
    assert run("build", "x.yaml", "-o", "x.apkg", "--select", "-tag:core front:2").code == 0
    anki.install(Path("x.apkg"))
    assert [note.fields["Front"] for note in anki.notes()] == ["2"]


def test_a_part_of_a_deck_is_not_left_where_the_whole_is_expected(run: Run) -> None:
    write({"x.yaml": EDITIONS})
    run("build", "x.yaml")
    whole = Path("build/x.apkg").read_bytes()
    run("build", "x.yaml", "--select", "tag:core")
    assert Path("build/x.apkg").read_bytes() == whole


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--edition", "shrot"], "unknown-edition"),
        (["--select", "tag:nowhere"], "nothing-selected"),
        (["--select", "(tag:core"], "bad-query"),
        (["--select", "is:due"], "bad-query"),
    ],
)
def test_what_finds_nothing_writes_nothing(run: Run, arguments: list[str], code: str) -> None:
    write({"x.yaml": EDITIONS})
    done = run("build", "x.yaml", *arguments)
    assert (done.code, done.out) == (1, "")
    assert f"error[{code}]" in done.err
    assert not list(Path().glob("build/*"))


def test_locked_is_for_ci(run: Run) -> None:
    write({"x.yaml": GOOD})
    assert run("build", "x.yaml", "--locked").code == 1
    assert not Path("x.lock").exists()
    assert run("build", "x.yaml").code == 0
    assert run("build", "x.yaml", "--locked").code == 0
    write({"x.yaml": GOOD.replace("b}", "c}")})
    done = run("build", "x.yaml", "--locked")
    assert done.code == 1
    assert "error[lock-changed]" in done.err


# --- check -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deck", "strict", "code"),
    [(GOOD, False, 0), (GOOD, True, 0), (WARNED, False, 0), (WARNED, True, 1), (WRONG, False, 1), (WRONG, True, 1)],
)
@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_check_fails_on_errors_and_if_strict_on_warnings(
    run: Run, deck: str, form: str, code: int, *, strict: bool
) -> None:
    write({"x.yaml": deck})
    done = run("check", "x.yaml", "--format", form, *(["--strict"] if strict else []))
    assert done.code == code
    assert (done.err == "") is (form != "text" or deck is GOOD)
    assert (done.out == "") is (form == "text" or (form == "github" and deck is GOOD))
    assert {path.name for path in Path().iterdir()} == {"x.yaml"}  # check writes nothing


def test_a_problem_is_shown_where_it_is() -> None:
    write({"x.yaml": "cards:\n  - frunt: What does M1 stand for?\n    back: 日本 {{c1::b}}\n"})
    assert deckgen("check", "x.yaml").err == (
        "x.yaml:2:5: error[unknown-key]: unknown key 'frunt' in a card\n"
        "    2 |   - frunt: What does M1 stand for?\n"
        "      |     ^^^^^\n"
        "   help: did you mean 'front'?\n"
        "\n"
        "1 error\n"
    )


def test_all_problems_of_a_run_are_reported_in_order(run: Run) -> None:
    write(
        {
            "cards/b/deck.yaml": "langauge: en\nid: B!\n",
            "cards/b/z.yaml": WARNED,
            "cards/b/a.yaml": WRONG + "  - {front: x, bakc: y}\n",
            "cards/a.yaml": WRONG,
        }
    )
    done = run("check")
    assert re.findall(r"(?m)^(\S+): (\w+)\[", done.err) == [
        ("cards/a.yaml:2:6", "error"),
        ("cards/b/a.yaml:2:6", "error"),
        ("cards/b/a.yaml:3:16", "error"),
        ("cards/b/deck.yaml:1:1", "error"),
        ("cards/b/deck.yaml:2:5", "error"),
        ("cards/b/z.yaml:1:18", "warning"),
    ]
    assert done.err.endswith("\n5 errors, 1 warning\n")


def test_the_line_that_is_shown_is_that_of_the_file_now(run: Run) -> None:
    write({"shown.yaml": "- {frunt: old, back: b}\n"})
    run("check", "shown.yaml")
    write({"shown.yaml": "- {frunt: new, back: b}\n"})
    assert "frunt: new" in run("check", "shown.yaml").err


def test_a_problem_found_twice_is_reported_once(run: Run) -> None:
    write({"x.yaml": "cards:\n  - &a {frunt: f, back: b}\n  - *a\n"})
    assert run("check", "x.yaml").err.endswith("\n1 error\n")
    assert run("check", "x.yaml", "./x.yaml").err.endswith("\n1 error\n")


def test_check_as_json(run: Run) -> None:
    write({"x.yaml": WRONG, "good.yaml": GOOD})
    assert json.loads(run("check", "x.yaml", "--format", "json").out) == [
        {
            "code": "unknown-key",
            "severity": "error",
            "message": "unknown key 'frunt' in a card",
            "help": "did you mean 'front'?",
            "span": {"file": "x.yaml", "line": 2, "column": 6},
        }
    ]
    assert json.loads(run("check", "good.yaml", "--format", "json").out) == []


ODD = {"100%, a:b.yaml": 'cards:\n  - {"fru\\nnt, 50%: x": f, back: b}\n  - {front: 2*3*4, back: 日本}\n'}


def test_check_for_github(run: Run) -> None:
    """Workflow commands end at a line break, and part at commas and colons (docs.github.com, workflow-commands)."""
    write(dict(ODD))
    done = run("check", *ODD, "--format", "github")
    first, second = done.out.rstrip("\n").split("\n")
    place = "file=100%25%2C a%3Ab.yaml"
    assert first.startswith(
        f"::error {place},line=2,col=6,title=unknown-key::unknown key 'fru%0Ant, 50%25: x' in a card"
    )
    assert second.startswith(f"::warning {place},line=3,col=14,title=surprising-markup::")
    assert done.err == ""


def test_check_as_sarif(run: Run) -> None:
    """The parts that GitHub's code scanning reads (docs.github.com, SARIF support for code scanning)."""
    write(dict(ODD))
    log = json.loads(run("check", *ODD, "--format", "sarif").out)
    assert (log["version"], log["$schema"]) == ("2.1.0", "https://json.schemastore.org/sarif-2.1.0.json")
    (scan,) = log["runs"]
    driver = scan["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("deckgen", __version__)
    rules = {rule["id"]: rule for rule in driver["rules"]}
    assert set(rules) == {"unknown-key", "surprising-markup"}
    assert all(rule["help"]["text"].endswith(f"#{name}") for name, rule in rules.items())
    assert [(found["ruleId"], found["level"]) for found in scan["results"]] == [
        ("unknown-key", "error"),
        ("surprising-markup", "warning"),
    ]
    assert [found["locations"][0]["physicalLocation"]["region"] for found in scan["results"]] == [
        {"startLine": 2, "startColumn": 6},
        {"startLine": 3, "startColumn": 14},
    ]
    for found in scan["results"]:
        assert found["message"]["text"]
        assert set(found) <= {"ruleId", "level", "message", "locations", "ruleIndex", "partialFingerprints"}


def test_sarifs_places_are_uris(run: Run) -> None:
    """`artifactLocation.uri` is a URI reference (SARIF 2.1.0, 3.4.3): blanks and the like are escaped."""
    write({**ODD, "ü/x.yaml": WRONG})
    log = json.loads(run("check", *ODD, "ü", "--format", "sarif").out)
    uris = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in log["runs"][0]["results"]}
    assert {unquote(uri) for uri in uris} == {*ODD, "ü/x.yaml"}
    assert all(re.fullmatch(r"[A-Za-z0-9._~/-]*(%[0-9A-F]{2}[A-Za-z0-9._~/,:-]*)*", uri) for uri in uris), uris


def test_sarif_of_a_good_deck_has_no_results(run: Run) -> None:
    write({"x.yaml": GOOD})
    log = json.loads(run("check", "x.yaml", "--format", "sarif").out)
    assert log["runs"][0]["results"] == []


def test_a_problem_of_a_file_as_a_whole_has_a_place_too(run: Run) -> None:
    write({"x.yaml": ""})
    assert run("check", "x.yaml").err.startswith("x.yaml: error[empty-file]")
    assert "file=x.yaml,line=1,col=1" in run("check", "x.yaml", "--format", "github").out
    log = json.loads(run("check", "x.yaml", "--format", "sarif").out)
    region = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "startColumn": 1}


# --- stats -----------------------------------------------------------------------------------------------------------

SMALL = {
    "d/deck.yaml": "deck: D\nsources: {book: {title: A book}}\ndefaults: {source: book}",
    "d/one.yaml": """
        source: {section: Ch. 1}
        cards:
          - {front: f, back: 1234, tags: core}
          - {front: g, back: 12345678, reverse: true}
          - {front: h, back: 123456, typed: true, source: hearsay}
        """,
    "d/日本語.yaml": "- cloze: '{{c1::a}} {{c2::b}}'",
}


TABLE = """\
D: 4 notes, 6 cards

Topic   notes
One         3  ████████████████████████
日本語      1  ████████

Kind              notes
Basic                 1  ████████████████████████
Basic (reversed)      1  ████████████████████████
Basic (typed)         1  ████████████████████████
Cloze                 1  ████████████████████████

Source          notes
A book · Ch. 1      2  ████████████████████████
hearsay             1  ████████████
A book              1  ████████████

Tag        notes
d::one         3  ████████████████████████
core           1  ████████
d::日本語      1  ████████"""


def test_stats_as_a_table(run: Run) -> None:
    write(dict(SMALL))
    done = run("stats", "d")
    assert (done.code, done.err) == (0, "")
    *tables, answers = done.out.rstrip("\n").split("\n\n")
    assert "\n\n".join(tables) == TABLE
    assert re.fullmatch(r"Answers, in characters: median [\d.]+, 90 % \d+, longest \d+", answers)


def test_stats_as_json(run: Run) -> None:
    write(dict(SMALL))
    done = run("stats", "d", "--format", "json")
    assert (done.code, done.err) == (0, "")
    (found,) = json.loads(done.out)
    assert (found["deck"], found["notes"], found["cards"]) == ("D", 4, 6)
    assert found["topics"] == {"One": 3, "日本語": 1}
    assert found["types"] == {"Basic": 1, "Basic (reversed)": 1, "Basic (typed)": 1, "Cloze": 1}
    assert found["sources"] == {"A book · Ch. 1": 2, "hearsay": 1, "A book": 1}
    assert found["tags"] == {"d::one": 3, "core": 1, "d::日本語": 1}


def test_no_answer_is_longer_than_the_longest(run: Run) -> None:
    write({"x.yaml": "- {front: f, back: 1234}\n- {front: g, back: 12345678}\n"})
    assert json.loads(run("stats", "x.yaml", "--format", "json").out)[0]["answer_length"] == {
        "median": 6,
        "90 %": 8,
        "longest": 8,
    }


def test_stats_count_what_is_well_and_fail(run: Run) -> None:
    write({"x.yaml": "- {front: f, back: b}\n- {frunt: f, back: b}\n"})
    done = run("stats", "x.yaml", "--format", "json")
    assert (done.code, json.loads(done.out)[0]["notes"]) == (1, 1)
    assert "x.yaml:2:4: error[unknown-key]" in done.err


def test_stats_of_several_decks(run: Run) -> None:
    write({**SMALL, "x.yaml": GOOD})
    assert [found["deck"] for found in json.loads(run("stats", "x.yaml", "d", "--format", "json").out)] == ["X", "D"]
    assert re.findall(r"(?m)^\w+: .*", run("stats", "x.yaml", "d").out) == ["X: 1 note, 1 card", "D: 4 notes, 6 cards"]


# --- schema ----------------------------------------------------------------------------------------------------------


def test_schema_prints_json(run: Run) -> None:
    done = run("schema")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


# --- The machine -----------------------------------------------------------------------------------------------------


def test_a_target_that_cannot_be_written(run: Run) -> None:
    write({"x.yaml": GOOD, "file": "x"})
    done = run("build", "x.yaml", "-o", "file/x.apkg")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("deckgen: ")
    assert "Traceback" not in done.err
    assert not Path("x.lock").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full disk to write to")
@pytest.mark.parametrize("arguments", [["schema"], ["stats", "x.yaml"], ["check", "x.yaml", "--format", "json"]])
def test_a_full_disk(arguments: list[str]) -> None:
    write({"x.yaml": GOOD})
    with Path("/dev/full").open("wb") as full:
        done = deckgen(*arguments, stdout=full)
    assert done.code == 3
    assert "No space left on device" in done.err
    assert "Traceback" not in done.err


def test_a_reader_that_goes_away() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = deckgen("schema", stdout=writer)
    os.close(writer)
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize("arguments", [["stats"], ["check"], ["check", "--format", "json"], ["build"]])
def test_a_terminal_that_cannot_show_all_letters(encoding: str, arguments: list[str]) -> None:
    """Windows writes to pipes and files in the system's own encoding, which lacks most letters and the bars."""
    write({"cards/日本語.yaml": "id: nihongo\ncards: [{front: '{{c1::日本}}', back: b}]\n"})
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "deckgen", *arguments]
    done = subprocess.run(command, capture_output=True, check=False, env=environment, timeout=60)
    assert (done.returncode, b"Error" in done.stderr) == (0, False), done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all names are Unicode")
@pytest.mark.parametrize("command", ["check", "build", "stats"])
def test_a_name_that_is_no_utf8(command: str) -> None:
    Path(os.fsdecode(b"b\xff.yaml")).write_text(GOOD)
    done = subprocess.run([*deck_command(command), b"b\xff.yaml"], capture_output=True, check=False, timeout=60)
    assert b"a bug in deckgen" not in done.stderr
    assert b"Traceback" not in done.stderr


def deck_command(command: str) -> list[str]:
    """Return a command's beginning."""
    return [sys.executable, "-m", "deckgen", command]


@pytest.mark.parametrize("given", ["", "1700000000"])
def test_source_date_epoch_sets_the_clock(run: Run, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    write({"x.yaml": GOOD})
    monkeypatch.setenv("SOURCE_DATE_EPOCH", given)
    assert run("build", "x.yaml").code == 0
    assert (" 1700000000" in Path("x.lock").read_text()) is bool(given)


@pytest.mark.parametrize("given", ["yesterday", "-1", "1.5", "0", "9" * 30])
def test_a_clock_that_is_none(run: Run, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    write({"x.yaml": GOOD})
    monkeypatch.setenv("SOURCE_DATE_EPOCH", given)
    done = run("build", "x.yaml")
    assert (done.code, done.out) == (2, "")
    assert "SOURCE_DATE_EPOCH" in done.err
