"""The records of a training, as a notebook shows them."""

from __future__ import annotations

from typing import Any

from sadari.display.html import block, rest, table
from sadari.display.notebook import curve
from sadari.display.standing import training_loss, validation_loss
from sadari.messages import Message, message, plural

MOST = 12  # records shown: the first and the last ones
HEADINGS: dict[str, Message] = {
    "epoch": message("pass"),
    "step": message("step"),
    "loss": message("loss"),
    "accuracy": message("accuracy"),
    "validation_loss": message("validation loss"),
    "validation_accuracy": message("validation accuracy"),
    "seconds": message("seconds"),
}


class History(list[dict[str, float]]):
    """A list of records, one for every report: name → number. A notebook shows it as a curve and a table."""

    def _repr_html_(self) -> str:
        names = list(dict.fromkeys(name for record in self for name in record))
        shown = list(self) if len(self) <= MOST else [*self[: MOST // 2], *self[-MOST // 2 :]]
        rows = [[_figure(name, record.get(name)) for name in names] for record in shown]
        headings = [HEADINGS.get(name, name) for name in names]
        places = [(number / max(1, len(self) - 1), record) for number, record in enumerate(self)]
        learned = [(x, loss) for x, record in places if (loss := training_loss(record)) is not None]
        held_out = [(x, loss) for x, record in places if (loss := validation_loss(record)) is not None]
        said = plural("{count:,} record", "{count:,} records", len(self))
        return block(
            curve(learned, held_out), table(rows, headings=headings, caption=said, left=0), rest(len(rows), len(self))
        )


def _figure(name: str, value: Any) -> Any:
    return "" if value is None else int(value) if name in ("epoch", "step", "batch", "texts") else float(value)
