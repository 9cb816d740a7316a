"""How good translations are: BLEU on tokens, and sacreBLEU and chrF as the field compares them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sadari.artifact import guarded
from sadari.errors import DataError, SettingError
from sadari.messages import message

TOKENIZERS = ("13a", "intl", "char", "zh", "none")  # sacreBLEU's, of those that need no other package
_NOT_SCORED = message("sacreBLEU cannot score these texts")


@dataclass(frozen=True)
class TranslationScores:
    """Scores of translations against references; all from 0 to 100, the higher the better.

    Attributes:
        texts: how many.
        tokenised_bleu: BLEU on lower-cased 13a tokens.
        exact: the share of translations (in percent) that are the reference, letter by letter.
        length_ratio: tokens written for each token of the references.
        bleu: BLEU on the tokens that were asked for, as the field compares it.
        chrf: chrF.
        bleu_signature: how BLEU was computed, to be published with it.
        chrf_signature: how chrF was computed, to be published with it.
    """

    texts: int
    tokenised_bleu: float
    exact: float
    length_ratio: float
    bleu: float
    bleu_signature: str
    chrf: float
    chrf_signature: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def score_translations(
    translations: Sequence[str], references: Sequence[str], *, tokenizer: str = "13a"
) -> TranslationScores:
    """Compare translations with references, one each.

    Args:
        translations: what was translated.
        references: what it should be.
        tokenizer: of sacreBLEU, one of `TOKENIZERS`; "char" for languages that are written without spaces.

    Raises:
        SettingError: not as many of the one as of the other, or none.
        DataError: sacreBLEU cannot score them.
    """
    check_tokenizer(tokenizer)
    tokens = _tokenised(translations, references)
    exact = sum(one.strip() == other.strip() for one, other in zip(translations, references, strict=True))
    from sacrebleu.metrics import BLEU, CHRF

    texts, others = list(translations), [list(references)]
    with guarded(_NOT_SCORED, kind=DataError):
        bleu, chrf = BLEU(tokenize=tokenizer, force=True), CHRF()
        return TranslationScores(
            texts=len(references),
            tokenised_bleu=float(tokens.score),
            exact=100 * exact / len(references),
            length_ratio=tokens.sys_len / max(1, tokens.ref_len),
            bleu=float(bleu.corpus_score(texts, others).score),
            bleu_signature=str(bleu.get_signature()),
            chrf=float(chrf.corpus_score(texts, others).score),
            chrf_signature=str(chrf.get_signature()),
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
    """BLEU on lower-cased 13a tokens, 0 to 100.

    Args:
        translations: what was translated.
        references: what it should be.
    """
    return float(_tokenised(translations, references).score)


def _tokenised(translations: Sequence[str], references: Sequence[str]) -> Any:
    """sacreBLEU's BLEU on lower-cased 13a tokens."""
    if len(translations) != len(references) or not references:
        raise SettingError(
            message(
                "{number_of_translations:,} translations and {number_of_references:,} references do not pair up",
                number_of_translations=len(translations),
                number_of_references=len(references),
            )
        )
    from sacrebleu.metrics import BLEU

    with guarded(_NOT_SCORED, kind=DataError):
        # force: no word on standard error of texts that look like tokens
        return BLEU(lowercase=True, tokenize="13a", force=True).corpus_score(list(translations), [list(references)])
