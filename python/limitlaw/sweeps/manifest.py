"""The small files of a store: the manifest that says what the sweep is, and the trials of each replicate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import polars as pl

from limitlaw._arguments import shown
from limitlaw._spec import canonical
from limitlaw.errors import StoreError
from limitlaw.sweeps.plan import MAX_REPLICATE, Plan
from limitlaw.sweeps.shard_file import write_whole
from limitlaw.sweeps.versions import versions

__all__ = ["MANIFEST", "is_shared", "open_manifest", "open_replicate", "read_manifest", "read_plans"]

MANIFEST = "manifest.json"
#: The layout of the folder; a later one gets the next number.
_LAYOUT = 2
_ANEW = "move it away and run the same sweep again, which writes it anew and keeps the shards"


def read_manifest(folder: Path) -> dict[str, Any]:
    """What the sweep of a store is, and the versions that began it.

    Raises:
        ValueError: The folder is no store, or one of another layout.
        StoreError: The file is damaged; the message says how to write it anew.
    """
    path = folder / MANIFEST
    try:
        data: Any = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        expected = "a store (a folder that a sweep has written)"
        raise ValueError(f"store must be {expected}, got {folder} without {MANIFEST}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"{path} is not readable ({type(error).__name__}): {_ANEW}") from None
    if isinstance(data, dict) and data.get("layout", _LAYOUT) != _LAYOUT:
        raise ValueError(f"{path}: layout must be {_LAYOUT}, got {shown(data['layout'])}: of another limitlaw")
    kinds = {"id": str, "identity": dict, "plan": dict, "made_by": dict}
    good = isinstance(data, dict) and all(isinstance(data.get(key), kind) for key, kind in kinds.items())
    if not good or type(data["plan"].get("size")) is not int or data["plan"]["size"] < 1:
        raise StoreError(f"{path} is not the manifest of a store: {_ANEW}")
    return cast("dict[str, Any]", data)


def read_plans(folder: Path, manifest: dict[str, Any]) -> list[Plan]:
    """The plan of every replicate in a store.

    Raises:
        StoreError: The manifest or the trials of a replicate are damaged.
    """
    if manifest["plan"].get("method") == "solve":
        return [_plan(folder, manifest, trials=None, replicate=0)]
    paths = [path for path in (folder / "replicates").glob("*.json") if path.stem.isdecimal()]
    found = {int(path.stem): _trials(path) for path in paths}
    return [
        _plan(folder, manifest, trials=trials, replicate=replicate)
        for replicate, trials in sorted(found.items())
        if replicate <= MAX_REPLICATE
    ]


def open_manifest(folder: Path, plan: Plan) -> dict[str, Any]:
    """The manifest of a sweep, written where there is none.

    Raises:
        ValueError: It is that of another sweep; the message says in what they differ.
    """
    path = folder / MANIFEST
    if not path.exists():
        new = {
            "layout": _LAYOUT,
            "id": plan.id,
            "identity": plan.identity(),
            "plan": plan.to_data(),
            "made_by": versions(),
            "polars": pl.__version__,
        }
        write_whole(path, json.dumps(new, indent=1, allow_nan=False).encode(), replace=False)
    manifest = read_manifest(folder)
    if manifest["id"] != plan.id:
        ours, theirs = plan.identity(), manifest["identity"]
        differing = [k for k in {**ours, **theirs} if canonical(ours.get(k)) != canonical(theirs.get(k))]
        raise ValueError(
            f"store must hold the sweep {plan.id}, got {manifest['id']} in {folder}: they differ in "
            f"{', '.join(differing)}; give each sweep a folder of its own"
        )
    return manifest


def open_replicate(folder: Path, plan: Plan) -> None:
    """Write the trials of a replicate, or check that they are those of the plan."""
    path = folder / "replicates" / f"{plan.replicate}.json"
    if not path.exists():
        write_whole(path, json.dumps({"trials": plan.trials}).encode(), replace=False)
    held = _trials(path)
    if held != plan.trials:
        replicates = len(list(path.parent.glob("*.json")))
        raise ValueError(
            f"trials must be {held} as in the store's replicate {plan.replicate}, got {plan.trials}: "
            f"for more trials run replicate={replicates}, and the store adds them"
        )


def is_shared(folder: Path, plan: Plan) -> bool:
    """Whether this machine sees the store of the plan in that folder."""
    try:
        return bool(json.loads((folder / MANIFEST).read_bytes())["id"] == plan.id)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _trials(path: Path) -> int:
    try:
        trials = json.loads(path.read_bytes())["trials"]
        if type(trials) is int and trials > 0:
            return trials
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    raise StoreError(f"{path} does not hold the trials of a replicate: {_ANEW}")


def _plan(folder: Path, manifest: dict[str, Any], *, trials: int | None, replicate: int) -> Plan:
    try:
        return Plan.from_data(manifest["plan"], trials=trials, replicate=replicate)
    except Exception as error:  # a field of any form may be wrong in any way
        raise StoreError(f"{folder / MANIFEST} has no plan that can be read ({error}): {_ANEW}") from error
