"""A reader of compiled rules (JSON, format version 1): what a program in any language has to do to code with them.

python docs/compiled_reader.py rules.json '{"approach": "...", "level": ["...", "..."], "date": "2024-05-01"}'
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

Given = dict[str, str | list[str]]
Facts = dict[str, set[int]]


class Reader:
    """Codes descriptions by compiled rules."""

    def __init__(self, rules: dict[str, Any]) -> None:
        if rules["format"] != "spinecode-rules" or rules["format_version"] != 1:
            raise ValueError("These are no compiled rules of format version 1.")
        self.rules, self.values = rules, rules["values"]
        self.axes = {axis["name"]: axis for axis in rules["axes"]}
        self.names = {(v["axis"], name): v["id"] for v in self.values for name in v["names"]}
        self.counting = next((axis for axis in rules["axes"] if axis["counts"]), None)
        self.max_units = {code["code"]: code["max_units"] for code in rules["codes"]}
        self.taken = {code["code"]: code["modifiers"] for code in rules["codes"]}

    def fold(self, text: str) -> str:
        """A name as the names of the rules are written."""
        text = unicodedata.normalize("NFKC", text).casefold().strip()
        text = re.sub(r"[\s_]+", " ", re.sub(f"[{self.rules['dashes']}]", "-", text))
        return re.sub(r"\s*([-/])\s*", r"\1", text)

    def code(self, given: Given, today: str | None = None) -> dict[str, Any]:
        """The status of a description (names by axis, and its date), with codes, units, modifiers and candidates."""
        stated: Facts = {}
        day = today or date.today().isoformat()
        for axis, found in given.items():
            for text in [found] if isinstance(found, str) else found:
                if axis == self.rules["beside"]["date"]:
                    day = text.strip()
                elif axis != self.rules["beside"]["code"]:
                    stated.setdefault(axis, set()).add(self.names[axis, self.fold(text)])  # KeyError: no such name
        if date.fromisoformat(day).isoformat() != day or day < self.rules["ontology"]["covers_from"]:
            raise ValueError(f"{day} is no day that the rules cover, such as 2024-05-31.")
        if self.contradictory(stated):
            return {"status": "contradictory"}
        told = {n for numbers in stated.values() for n in numbers}
        excluded = {d for n in told for d in self.values[n]["excludes"]}
        implied: list[set[int]] = []
        possible: set[int] = set()
        is_open = False
        for facts in self.services(stated):
            certain, may_be = set(), set()
            for number, definition in enumerate(self.rules["definitions"]):
                if not (definition["from"] or "") <= day <= definition["until"]:
                    continue
                asked = definition["requires"]
                if all(facts.get(r["axis"], set()) & set(r["accepts"]) for r in asked):
                    certain.add(number)
                if number not in excluded and all(
                    r["axis"] not in facts or facts[r["axis"]] & set(r["may_accept"]) for r in asked
                ):
                    may_be.add(number)
            implied.append(certain)
            possible |= may_be
            is_open |= bool(may_be - certain)
        codes = self.codes({n for certain in implied for n in certain})
        status = "undetermined" if is_open else "determined" if codes else "no-code"
        answer: dict[str, Any] = {"status": status, "candidates": self.codes(possible)}
        if status == "determined":
            levels = {code: sum(code in self.codes(certain) for certain in implied) for code in codes}
            units = [min(levels[c], self.max_units[c] or levels[c]) for c in codes]
            modifiers = [m for axis in self.axes for n in self.in_order(stated.get(axis, ())) for m in n["modifiers"]]
            listed = [[m for m in modifiers if m in self.taken[code]] for code in codes]
            answer |= {"codes": codes, "units": units, "modifiers": listed}
        return answer

    def codes(self, numbers: set[int]) -> list[str]:
        """The codes of definitions, in order."""
        return sorted({self.rules["definitions"][n]["code"] for n in numbers})

    def in_order(self, numbers: Any) -> list[dict[str, Any]]:
        """Values in the order of a description: levels from the head downwards."""
        return sorted((self.values[n] for n in numbers), key=lambda v: (v["position"], v["id"]))

    def contradictory(self, stated: Facts) -> bool:
        """Whether what is stated cannot all be true."""
        told = {n for numbers in stated.values() for n in numbers}
        return (
            any(len(numbers) > 1 and not self.axes[axis]["repeatable"] for axis, numbers in stated.items())
            or any(told & set(self.values[n]["conflicts"]) for n in told)
            or any(
                all(told & set(some) for some in (*c["conditions"], c["forbids"])) for c in self.rules["constraints"]
            )
        )

    def joined(self, facts: Facts, numbers: list[int]) -> Facts:
        """Facts with what some values imply; a value that another makes precise is left out."""
        found = dict(facts)
        for axis in {self.values[n]["axis"] for n in numbers}:
            both = found.get(axis, set()) | {n for n in numbers if self.values[n]["axis"] == axis}
            found[axis] = {n for n in both if not both & set(self.values[n]["narrower"])}
        return found

    def services(self, stated: Facts) -> list[Facts]:
        """What is coded by itself: each level, with all that is known of it; or the whole where no level is told."""
        counted = self.counting["derived_from"] if self.counting else None
        own = {axis: numbers for axis, numbers in stated.items() if axis != counted}
        values = [v for axis in self.axes for v in self.in_order(own.get(axis, ()))]
        implied = [n for v in values for n in v["implies"]]
        decided = {self.values[n]["axis"] for n in implied}
        for value in (self.values[n] for v in values for n in v["presumes"]):
            if value["axis"] not in own and value["axis"] not in decided:
                own[value["axis"]] = {value["id"]}
        facts = self.joined(own, implied)
        for axis in self.axes.values():
            base = facts.get(axis["derived_from"] or "")
            if base and not axis["counts"]:
                concluded = [v for v in self.values if v["axis"] == axis["name"] and v["concluded"]]
                facts[axis["name"]] = {
                    v["id"]
                    for v in concluded
                    if (not v["when_some"] or base & set(v["when_some"])) and not base & set(v["when_none"])
                }
        if not self.counting or not stated.get(counted or ""):
            return [facts]
        found, places = [], {}
        for level in self.in_order(stated[counted]):
            group = level["counted_in"]
            places[group] = place = places.get(group, 0) + 1
            ordinal = self.rules["ordinals"][min(place, len(self.rules["ordinals"])) - 1]
            found.append(
                {**self.joined(facts, level["implies"]), counted: {level["id"]}, self.counting["name"]: {ordinal}}
            )
        return found


if __name__ == "__main__":
    reader = Reader(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    print(json.dumps(reader.code(json.loads(sys.argv[2]))))
