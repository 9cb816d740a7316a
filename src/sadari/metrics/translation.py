"""How good translations are: BLEU on tokens, and sacreBLEU and chrF as the field compares them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sadari.artifact import guarded
from sadari.errors import DataError, MissingExtraError, SettingError
from sadari.messages import message
from sadari.metrics.bleu import corpus_bleu, tokens_13a

TOKENIZERS = ("13a", "intl", "char", "zh", "none")  # sacreBLEU's, of those that need no other package


@dataclass(frozen=True)
class TranslationScores:
    """Scores of translations against references; all from 0 to 100, the higher the better.

    Attributes:
        texts: how many.
        tokenised_bleu: BLEU on lower-cased 13a tokens.
        exact: the share of translations (in percent) that are the reference, letter by letter.
        length_ratio: tokens written for each token of the references.
        bleu: sacreBLEU's BLEU; None where sacreBLEU is not installed.
        chrf: sacreBLEU's chrF; None where sacreBLEU is not installed.
        bleu_signature: how BLEU was computed, to be published with it.
        chrf_signature: how chrF was computed, to be published with it.
    """

    texts: int
    tokenised_bleu: float
    exact: float
    length_ratio: float
    bleu: float | None = None
    bleu_signature: str | None = None
    chrf: float | None = None
    chrf_signature: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def score_translations(
    translations: Sequence[str], references: Sequence[str], *, tokenizer: str = "13a", need_sacrebleu: bool = False
) -> TranslationScores:
    """Compare translations with references, one each.

    Args:
        tokenizer: of sacreBLEU, one of `TOKENIZERS`; "char" for languages that are written without spaces.
        need_sacrebleu: whether it is an error that sacreBLEU is not installed.

    Raises:
        SettingError: not as many of the one as of the other, or none.
        MissingExtraError: sacreBLEU is needed, and not there.
    """
    check_tokenizer(tokenizer)
    found, wanted = ([tokens_13a(text, lowercase=True) for text in texts] for texts in (translations, references))
    own = corpus_bleu(found, wanted)
    exact = sum(one.strip() == other.strip() for one, other in zip(translations, references, strict=True))
    return TranslationScores(
        texts=len(references),
        tokenised_bleu=own.score,
        exact=100 * exact / len(references),
        length_ratio=own.length / max(1, own.reference_length),
        **_sacrebleu(translations, references, tokenizer, need_sacrebleu),
    )


def check_tokenizer(name: str) -> None:
    """Refuse what is none of `TOKENIZERS`.

    Raises:
        SettingError: the name.
    """
    if name not in TOKENIZERS:
        raise SettingError(
            message("sacreBLEU's tokenizer is {name!r}", name=name),
            hint=message("one of {tokenizers}", tokenizers=", ".join(TOKENIZERS)),
        )


def tokenised_bleu(translations: Sequence[str], references: Sequence[str]) -> float:
    """BLEU on lower-cased 13a tokens, 0 to 100."""
    found, wanted = ([tokens_13a(text, lowercase=True) for text in texts] for texts in (translations, references))
    return corpus_bleu(found, wanted).score


def _sacrebleu(translations: Sequence[str], references: Sequence[str], tokenizer: str, needed: bool) -> dict[str, Any]:
    try:
        from sacrebleu.metrics import BLEU, CHRF
    except ImportError:
        if needed:
            raise MissingExtraError("sacreBLEU", "translate") from None
        return {}
    texts, others = list(translations), [list(references)]
    with guarded("sacreBLEU cannot score these texts", kind=DataError):
        bleu, chrf = BLEU(tokenize=tokenizer), CHRF()
        return {
            "bleu": float(bleu.corpus_score(texts, others).score),
            "bleu_signature": str(bleu.get_signature()),
            "chrf": float(chrf.corpus_score(texts, others).score),
            "chrf_signature": str(chrf.get_signature()),
        }
