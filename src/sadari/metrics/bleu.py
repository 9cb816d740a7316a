"""BLEU (Papineni et al. 2002): how many of a translation's runs of one to four words stand in the reference."""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sadari.errors import SettingError
from sadari.messages import message

ORDER = 4  # the longest runs that are counted

# mteval-v13a, the tokenizer of the WMT evaluations: signs stand alone, but for these; of these, dots and commas do
# that are not between digits, and hyphens after a digit
STAYING = "',-."
_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
_SIGNS = re.compile(f"([{re.escape(''.join(sorted(set(string.punctuation) - set(STAYING))))}])")
_AFTER_NO_DIGIT = re.compile(r"([^0-9])([.,])")
_BEFORE_NO_DIGIT = re.compile(r"([.,])([^0-9])")
_HYPHEN = re.compile(r"([0-9])(-)")


@dataclass(frozen=True)
class Bleu:
    """BLEU of a whole corpus.

    Attributes:
        score: from 0 to 100.
        precisions: of runs of 1, 2, 3 and 4 tokens, in percent.
        brevity_penalty: below 1 where the translations are shorter than the references.
        length: tokens of the translations.
        reference_length: tokens of the references.
    """

    score: float
    precisions: tuple[float, ...]
    brevity_penalty: float
    length: int
    reference_length: int


def corpus_bleu(translations: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> Bleu:
    """BLEU of tokenised translations, each with one reference.

    Where no run of some length is right, its precision counts as half a run's, a quarter's for the next such length
    and so on (NIST's smoothing, as sacreBLEU has it); where nothing at all is right, BLEU is 0.

    Raises:
        SettingError: not as many references as translations, or none at all.
    """
    if len(translations) != len(references) or not references:
        raise SettingError(
            message(
                ("{number_of_translations:,} translations and {number_of_references:,} references do not pair up"),
                number_of_translations=len(translations),
                number_of_references=len(references),
            )
        )
    right, total = [0] * ORDER, [0] * ORDER
    for found, wanted in zip(translations, references, strict=True):
        for n in range(1, ORDER + 1):
            runs, allowed = _runs(found, n), _runs(wanted, n)
            right[n - 1] += sum((runs & allowed).values())
            total[n - 1] += max(0, len(found) - n + 1)
    length, reference_length = sum(map(len, translations)), sum(map(len, references))
    brevity = 1.0 if length >= reference_length else math.exp(1 - reference_length / length) if length else 0.0
    precisions = _precisions(right, total)
    score = brevity * math.exp(sum(map(math.log, precisions)) / ORDER) if all(precisions) else 0.0
    return Bleu(score, tuple(precisions), brevity, length, reference_length)


def tokens_13a(text: str, *, lowercase: bool = False) -> list[str]:
    """A text's tokens as mteval-v13a cuts them, which is what published BLEU is mostly counted in."""
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, sign in _ENTITIES:
        text = text.replace(entity, sign)
    text = f" {text.lower() if lowercase else text} "
    text = _SIGNS.sub(r" \1 ", text)
    text = _AFTER_NO_DIGIT.sub(r"\1 \2 ", text)
    text = _BEFORE_NO_DIGIT.sub(r" \1 \2", text)
    return _HYPHEN.sub(r"\1 \2 ", text).split()


def _runs(tokens: Sequence[str], length: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[i : i + length]) for i in range(len(tokens) - length + 1))


def _precisions(right: Sequence[int], total: Sequence[int]) -> list[float]:
    if not any(right):
        return [0.0] * ORDER
    precisions, share = [], 1.0
    for hits, runs in zip(right, total, strict=True):
        if not runs:
            precisions.append(0.0)
        elif hits:
            precisions.append(100 * hits / runs)
        else:
            share /= 2
            precisions.append(100 * share / runs)
    return precisions
