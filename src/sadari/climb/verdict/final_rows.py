"""Final rows on which the rung taken scores far less than on validation rows: that they differ, and how."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sadari import readable
from sadari.climb.result import FINAL_NAMES, RungResult
from sadari.messages import Message, message

FAR = 4.0  # standard deviations between the two accuracies
TELLING = 0.05  # of the final rows, that a label has more than of the training rows


def final_rows_differ(
    taken: RungResult,
    trained: NDArray[np.floating],
    validation: NDArray[np.integer],
    final: NDArray[np.integer],
    label_names: Sequence[str],
    final_name: str,
) -> list[Message]:
    """Say that the final rows differ, where chance does not explain how much less is right there.

    Args:
        taken: the rung that is recommended.
        trained: float [k], the share of the training rows that has each label.
        validation: int [v], of the validation rows.
        final: int [n], of the final rows; −1 for a label that training never saw.
        label_names: the k labels.
        final_name: what the final rows are called.
    """
    before, after = taken.validation_accuracy.value, taken.accuracy.value
    together = (before * len(validation) + after * len(final)) / (len(validation) + len(final))
    error = np.sqrt(together * (1 - together) * (1 / len(validation) + 1 / len(final)))
    if before - after <= FAR * error:
        return []
    said = [
        message(
            "The {final} rows differ from the training rows: {rung} is right in {after} % of them, and in {before} % "
            "of the validation rows.",
            final=FINAL_NAMES[final_name],
            rung=taken.rung,
            after=readable.percent(after),
            before=readable.percent(before),
        )
    ]
    members = final[:, :-1] > 0 if final.ndim == 2 else final[:, None] == np.arange(len(label_names))
    shares = members.mean(axis=0)
    most = int((shares - trained).argmax())
    if shares[most] - trained[most] > TELLING:
        given = taken.predictions[members[:, most]]
        right = float((given[:, most] if final.ndim == 2 else given == most).mean())
        said.append(
            message(
                "The label {label} is on {share} % of them and on {trained} % of the training rows; {right} % of these "
                "rows are right.",
                label=readable.label(label_names[most]),
                share=readable.percent(float(shares[most])),
                trained=readable.percent(float(trained[most])),
                right=readable.percent(right),
            )
        )
    return said
