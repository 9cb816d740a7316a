"""The proof of an export: what was written answers some texts, hostile ones among them, as the model does."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sadari.data import datasets
from sadari.data.read import open_source
from sadari.errors import ModelError
from sadari.messages import Message, message
from sadari.rungs import Rung
from sadari.train.thresholds import beside_thresholds

MOST_TEXTS = 500
TOLERANCE = 1e-4
TIE = 1e-5  # labels whose probabilities lie nearer than this may change places

_NEWS = "특파원이 전한 소식: 한국 축구 대표팀이 3대 1로 이겼다"
HOSTILE = (
    "",
    " ",
    "\t\r\n\u00a0\u3000",
    "🙂👩‍👩‍👧‍👦🏳️‍🌈🇰🇷 👍🏽 great!",
    unicodedata.normalize("NFC", _NEWS),
    unicodedata.normalize("NFD", _NEWS),
    "مرحبا بالعالم، كيف الحال؟ שָׁלוֹם עוֹלָם",
    "नमस्ते दुनिया สวัสดีชาวโลก こんにちは世界 你好，世界！",
    "é e\u0301 ΑΣ ΟΔΟΣ İstanbul ﬁﬂ ǅ K Å ß ẞ Ⅷ ½ ²",
    'one<br />two <BR /> three </s> "quoted" don\'t; a:b (c) <b>bold</b> __label__x <unk> <pad> [CLS]',
    "a\u0000b \u200bzero\ufeffwidth\u00ad \u2028 \u202eright\u202c",
    "\U0001d400\U0001d401 \U00020000\U0002a6d6 \U0010ffff",
    "stocks fell as oil prices rose " * 3226,  # 100,000 characters
    "가나다라마바사 아자차카타파하 " * 40,
)


@dataclass(frozen=True)
class Proof:
    """What a proof found.

    Attributes:
        texts: that were answered by both.
        off: the largest difference of a probability.
        readers: who answered as the model does.
        int8: of a second file with weights of 8 bits, how many of the texts have another label, and the largest
            difference of a probability; None: there is no such file.
        unrun: why JavaScript was not run, or which texts it reads otherwise; None: neither.
        care: by what targets labels are withheld and sets given there, and what is left out.
    """

    texts: int
    off: float
    readers: tuple[Message | str, ...]
    int8: tuple[int, float] | None = None
    unrun: Message | None = None
    care: Message | None = None


def proof_texts(given: Sequence[str] | None) -> list[str]:
    """Up to 500 texts: those given, else bundled news in English and Korean; and behind them hostile ones."""
    texts = list(given or [])[:MOST_TEXTS]
    if given is None:
        for name in ("headlines", "headlines_ko"):
            found = datasets.find(name)
            source = open_source(found.test or found.train, text=found.text, label=found.label)
            texts += source.read().texts.head(MOST_TEXTS // 2).to_list()
    return [*texts, *HOSTILE]


def compare(
    expected: NDArray[np.floating],
    found: NDArray[np.floating],
    model: Rung,
    texts: list[str],
    reader: Message | str,
    tolerance: float,
) -> float:
    """Hold what was written to the model's own answers: the largest difference of a probability.

    Args:
        expected: float [n, k], by the model.
        found: the same, by what was written.
        model: what was written.
        texts: n of them.
        reader: who answered for what was written.
        tolerance: how far a probability may be off.

    Raises:
        ModelError: a label differs, or a probability by more; the text is shown.
    """
    off = np.abs(expected - found).max(axis=1, initial=0.0)
    off[~np.isfinite(off)] = np.inf
    wrong = np.flatnonzero((off > tolerance) | ~same_labels(model, expected, found))
    if len(wrong):
        row = int(wrong[np.argmax(off[wrong])])
        shown = [f"{probabilities.max():.5f}" for probabilities in (expected[row], found[row])]
        raise ModelError(
            message(
                "the export is refused: {reader} answers the text {text!r:.120} by {found}, the model by {expected}; "
                "{wrong:,} of {texts:,} texts differ",
                reader=reader,
                text=texts[row],
                found=shown[1],
                expected=shown[0],
                wrong=len(wrong),
                texts=len(texts),
            ),
            hint=message("nothing was written; please report the text"),
        )
    return float(off.max(initial=0.0))


def same_labels(model: Rung, expected: NDArray[np.floating], found: NDArray[np.floating]) -> NDArray[np.bool_]:
    """bool [n]: whether two tables of probabilities [n, k] give a text the same labels, but for ties.

    Args:
        model: whose labels they are.
        expected: by the model itself.
        found: by what was written.
    """
    if model.multilabel:
        sure = np.abs(expected - model.thresholds_) > TIE
        same: NDArray[np.bool_] = (((expected >= model.thresholds_) == (found >= model.thresholds_)) | ~sure).all(
            axis=1
        )
        return same
    expected, found = (beside_thresholds(each, 2 * model.thresholds_) for each in (expected, found))
    rows, best = np.arange(len(expected)), found.argmax(axis=1)
    return (best == expected.argmax(axis=1)) | (expected.max(axis=1) - expected[rows, best] <= TIE)
