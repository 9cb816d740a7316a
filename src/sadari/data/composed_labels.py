"""Labels that look like several in one: ``comedy|drama`` where ``comedy`` and ``drama`` are labels too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sadari.messages import Message, message

SEPARATORS = ("|", ";", ",", "/", "+", "&", "#")


def composed_labels_note(names: Sequence[str]) -> Message | None:
    """A sentence on labels that seem to be several in one field; None where there are none.

    A separator is taken for one where the parts of at least two labels, and of half of those that hold it, all come
    again in other labels: those of ``Sci/Tech`` or ``sport/tennis`` do not.
    """
    for separator in SEPARATORS:
        composed = [name for name in names if separator in name]
        if len(composed) < 2:
            continue
        parts = {name: {part.strip() for part in name.split(separator)} - {""} for name in names}
        uses = Counter(part for said in parts.values() for part in said)
        meant = [name for name in composed if len(parts[name]) > 1 and all(uses[part] > 1 for part in parts[name])]
        if len(meant) >= 2 and 2 * len(meant) >= len(composed) and len(uses) < len(names):
            return message(
                "labels such as {name!r} look like several in one: "
                "--label-sep {separator!r} would make {parts:,} labels of {labels:,}",
                name=meant[0][:60],
                separator=separator,
                parts=len(uses),
                labels=len(names),
            )
    lists = [name for name in names if name.startswith("[") and name.endswith("]")]
    if len(lists) >= 2 and 2 * len(lists) > len(names):
        return message(
            "labels such as {name!r} look like lists written as text: "
            "join each with one character, and name it with --label-sep",
            name=lists[0][:60],
        )
    return None
