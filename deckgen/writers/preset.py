"""A deck's options as a preset of Anki's, in the JSON that packages hold it in (schema 11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deckgen.model import Options

_MINUTES = {"s": 1 / 60, "m": 1, "h": 60, "d": 1440}


def preset_json(name: str, options: Options, preset_id: int) -> dict[str, Any]:
    """Return the preset of a deck, or Anki's default (id 1) where the author has set no option."""
    given = {key: value for key in options.__slots__ if (value := getattr(options, key)) is not None}
    preset: dict[str, Any] = {
        "id": preset_id if given else 1,
        "name": name if given else "Default",
        "mod": 0,
        "usn": 0,
        "maxTaken": 60,
        "autoplay": True,
        "timer": 0,
        "replayq": True,
        "dyn": False,
        "new": {
            "bury": False,
            "delays": [1.0, 10.0],
            "initialFactor": 2500,
            "ints": [1, 4, 0],
            "order": 1,
            "perDay": 20,
        },
        "rev": {
            "bury": False,
            "ease4": 1.3,
            "ivlFct": 1.0,
            "maxIvl": 36500,
            "perDay": 200,
            "hardFactor": 1.2,
        },
        "lapse": {"delays": [10.0], "leechAction": 1, "leechFails": 8, "minInt": 1, "mult": 0.0},
        "desiredRetention": given.get("desired_retention", 0.9),
    }
    new, rev, lapse = preset["new"], preset["rev"], preset["lapse"]
    new["perDay"] = given.get("new_per_day", new["perDay"])
    rev["perDay"] = given.get("reviews_per_day", rev["perDay"])
    rev["maxIvl"] = given.get("maximum_interval", rev["maxIvl"])
    new["delays"] = _minutes(given.get("learning_steps")) or new["delays"]
    lapse["delays"] = _minutes(given.get("relearning_steps")) or lapse["delays"]
    new["bury"] = rev["bury"] = preset["buryInterdayLearning"] = given.get("bury_siblings", False)
    return preset


def _minutes(steps: tuple[str, ...] | None) -> list[float]:
    return [float(step[:-1]) * _MINUTES[step[-1]] for step in steps or ()]
