"""The notebook kept while the numbers of one side of a comparison are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from metamsc.dataset.comparisons import Unusable
from metamsc.dataset.rows import Derived
from metamsc.effects.recover import Recovered
from metamsc.errors import InputError
from metamsc.records.values import Derivation
from metamsc.vocabulary import DerivationKind

T = TypeVar("T")


@dataclass(slots=True)
class Trail:
    """What was worked out on one side of a comparison, in order, and what a reader should know about it."""

    side: str
    derived: list[Derived] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, kind: str, text: str, *, imputed: bool = False) -> None:
        """Note a derivation; `kind` is a key of :data:`~metamsc.dataset.derivations.DERIVATION_KINDS`."""
        self.derived.append(Derived(side=self.side, text=text, imputed=imputed, kind=kind))

    def keep(self, kind: str, found: Recovered[T], *, imputed: bool = False) -> T:
        """Note how a number was recovered, with its notes, and return it."""
        self.add(kind, found.derivation, imputed=found.imputed or imputed)
        self.notes.extend(found.notes)
        return found.value

    def recover(self, kind: str, find: Callable[[], Recovered[T]]) -> T:
        """Do as :meth:`keep` with what a recovery function finds.

        Raises
        ------
        Unusable
            If the numbers are impossible, with the function's reason.
        """
        try:
            found = find()
        except InputError as error:
            raise Unusable("not-computable", str(error)) from None
        return self.keep(kind, found)

    def take(self, other: Trail, about: str) -> None:
        """Take over what was noted about something else: "baseline: sd ← ..."."""
        for item in other.derived:
            self.add(item.kind, f"{about}: {item.text}", imputed=item.imputed)
        self.notes.extend(f"{about}: {note}" for note in other.notes)


def extractor_derivations(items: Iterable[Derivation], side: str) -> list[Derived]:
    """Return what the extractor worked out before writing the record; an inference is an assumption."""
    return [
        Derived(
            side=side,
            text=f"{', '.join(item.fields)} ← {item.kind.value} ({item.note})",
            imputed=item.kind is DerivationKind.INFERRED,
            kind="extractor",
        )
        for item in items
    ]
