"""Known weaknesses of what is installed: ``python -m tests.audit [ADVISORIES]``, which is ``make audit``.

ADVISORIES: a folder of advisories in OSV's form, YAML or JSON (such as pypa/advisory-database on GitHub, unpacked); nothing is
asked of the network then. Without it pip-audit asks PyPI. Ends with 0 where nothing is known against anything, with 1 where
something is, and with 2 where that could not be found out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

OWN = "stockcue"
UNANSWERED = (
    "no advisories could be had for {n} of {of} packages (is there a mirror between, or no network?), so nothing is known of "
    "them; try where PyPI itself can be reached, or give a folder of advisories: make audit ADVISORIES=FOLDER"
)


def installed() -> dict[str, str]:
    """Every package but our own, and its version."""
    every = {canonicalize_name(d.metadata["Name"]): d.version for d in distributions() if d.metadata["Name"]}
    return {name: version for name, version in every.items() if name != OWN}


def advisories(folder: Path) -> Iterator[dict[str, Any]]:
    """Those of a folder that were not withdrawn."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".yaml", ".json")):
        text = path.read_text("utf-8")
        one = json.loads(text) if path.suffix == ".json" else yaml.load(text, loader)
        if isinstance(one, dict) and "affected" in one and not one.get("withdrawn"):
            yield one


def concerns(version: str, affected: Mapping[str, Any]) -> bool:
    """Whether a version is listed, or lies in a range from ``introduced`` to below ``fixed`` or up to ``last_affected``."""
    if version in affected.get("versions", ()):
        return True
    for span in affected.get("ranges", ()):
        inside = False
        for event in span["events"] if span["type"] == "ECOSYSTEM" else ():
            (what, at), *_ = event.items()
            try:
                reached = at == "0" or Version(version) >= Version(at)
                beyond = reached and (what == "fixed" or Version(version) > Version(at))
            except InvalidVersion:
                continue
            inside = (inside or reached) if what == "introduced" else inside and not beyond
        if inside:
            return True
    return False


def known(packages: Mapping[str, str], every: Iterable[dict[str, Any]]) -> list[str]:
    """Package, version and number of every advisory that concerns what is there."""
    lines = []
    for one in every:
        for affected in one["affected"]:
            name = canonicalize_name(affected.get("package", {}).get("name", ""))
            if name in packages and concerns(packages[name], affected):
                lines.append(f"{name} {packages[name]}: {one['id']} {', '.join(one.get('aliases', ()))}".rstrip())
    return sorted(set(lines))


def asked() -> tuple[list[str], int, int]:
    """What pip-audit hears from PyPI: weaknesses, packages nobody could tell of, packages."""
    words = [sys.executable, "-m", "pip_audit", "--skip-editable", "--progress-spinner", "off", "-f", "json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    try:
        told = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return [], len(installed()), len(installed())
    told = [one for one in told if canonicalize_name(one["name"]) != OWN]
    weak = [f"{one['name']} {one['version']}: {w['id']}" for one in told for w in one.get("vulns", ())]
    return weak, sum("vulns" not in one for one in told), len(told)


def main(words: list[str]) -> int:
    """Print what is known; see above for what is returned."""
    if words and not Path(words[0]).is_dir():
        print(f"there is no folder {words[0]!r}; unpack an advisory database there, or leave it out to ask PyPI")
        return 2
    if words:
        every = list(advisories(Path(words[0])))
        if not every:
            print(f"{words[0]!r} holds no advisory in OSV's form (.yaml or .json); give the folder of an advisory database")
            return 2
        weak, unknown, n = known(installed(), every), 0, len(installed())
        print(f"{n} packages against {len(every):,} advisories")
    else:
        weak, unknown, n = asked()
    for line in weak:
        print(line)
    if unknown:
        print(UNANSWERED.format(n=unknown, of=n))
    elif not weak:
        print(f"nothing is known against any of {n} packages")
    return 1 if weak else 2 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
