"""What one writes in an afternoon: genanki and PyYAML, no positions, no checks, no Markdown, no lock.

usage: naive.py DECK OUT.apkg [--fast]      (--fast: libyaml's loader, and Python's cyclic garbage collector off)
"""

import gc
import sys
from pathlib import Path

import genanki
import yaml

folder, out = Path(sys.argv[1]), sys.argv[2]
fast = "--fast" in sys.argv
if fast:
    gc.disable()
loader = yaml.CSafeLoader if fast else yaml.SafeLoader

basic = genanki.Model(
    1607392319,
    "Naive",
    fields=[{"name": "Front"}, {"name": "Back"}],
    templates=[{"name": "Card 1", "qfmt": "{{Front}}", "afmt": "{{FrontSide}}<hr id=answer>{{Back}}"}],
)
cloze = genanki.Model(
    1550428389,
    "Naive Cloze",
    model_type=genanki.Model.CLOZE,
    fields=[{"name": "Text"}],
    templates=[{"name": "Cloze", "qfmt": "{{cloze:Text}}", "afmt": "{{cloze:Text}}"}],
)
deck = genanki.Deck(2059400110, "Naive")
for path in sorted(folder.glob("topic-*.yaml")):
    for card in yaml.load(path.read_bytes(), loader)["cards"]:
        if "cloze" in card:
            deck.add_note(genanki.Note(cloze, [card["cloze"]], tags=card["tags"]))
        else:
            deck.add_note(genanki.Note(basic, [card["front"], card["back"]], tags=card["tags"]))
genanki.Package(deck).write_to_file(out)
