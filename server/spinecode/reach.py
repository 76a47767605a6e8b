"""How far a value reaches: the axes on which giving it changes what is said."""

from __future__ import annotations

from spinecode.rules import Rules


class Reach:
    """For each axis, what depends on what is said there."""

    def __init__(self, rules: Rules) -> None:
        counted = next((axis.derived_from for axis in rules.axes if axis.counts_within is not None), None)
        asked = [axis for axis in rules.axes if axis.derived_from is None]
        #: The axes whose values imply something on an axis, and those whose values presume something there.
        self.implying: dict[str, list[str]] = {axis.name: [] for axis in rules.axes}
        self.presuming: dict[str, list[str]] = {axis.name: [] for axis in rules.axes}
        for axis in asked:
            values = [rules.values[number] for number in axis.values]
            for name in {name for value in values for name, _ in value.implies}:
                self.implying[name].append(axis.name)
            # what levels presume does not count
            presumed = {rules.values[n].axis for value in values for n in value.presumes}
            for name in presumed if axis.name != counted else ():
                self.presuming[name].append(axis.name)
        #: The axes that are derived from an axis.
        self.derived = {axis.name: [a.name for a in rules.axes if a.derived_from == axis.name] for axis in rules.axes}
        #: The axes on which an answer changes something: its own, those it speaks for, and what is derived from them.
        self.touched: dict[str, list[str]] = {}
        for axis in asked:
            found = [axis.name]
            for name in self.implying:
                if axis.name in self.implying[name] or axis.name in self.presuming[name]:
                    found.append(name)
            for name in found:
                found += [further for further in self.derived[name] if further not in found]
            self.touched[axis.name] = list(dict.fromkeys(found))
        #: The other axes that speak for some of the same.
        self.beside = {
            name: {other for other, theirs in self.touched.items() if other != name and not set(own).isdisjoint(theirs)}
            for name, own in self.touched.items()
        }
