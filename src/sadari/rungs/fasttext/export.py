"""`embedding-bag` as a ``.bin`` that fastText loads and predicts the same with; and texts as lines for it.

The net is fastText's: the mean of the rows of words, hashed n-grams and subwords, then a linear layer. Three things
differ, and are settled here. How sure the model is (its sharpness) goes into the output matrix. fastText cuts at white
space alone, so that it wants texts whose tokens are joined by spaces: `fasttext_lines`. And it ends each line with
``</s>``, so that a model must have learned with that.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.errors import SettingError
from sadari.messages import Message, both, message
from sadari.rungs.base import Rung
from sadari.rungs.embedding_bag import EmbeddingBag
from sadari.rungs.fasttext.classifier import FastTextModel
from sadari.text.column import column_bytes
from sadari.text.tokens.ends import END, with_ends
from sadari.text.tokens.tokenize import tokenizer
from sadari.vectors.fasttext.dictionary import Dictionary, count_sum
from sadari.vectors.fasttext.file import Arguments, FastTextFile, write_fasttext
from sadari.vectors.fasttext.rows import LABEL_PREFIX, WHITE_SPACE

FASTTEXT_RUNGS = (EmbeddingBag.name, FastTextModel.name)


def export_fasttext(model: Rung, path: str | Path) -> None:
    """Write a model for fastText, which predicts the same labels with it, and probabilities to 1e-5.

    fastText prints each probability 0.00001 larger. Of a model of several labels a text (its loss "ova") it looks the
    probabilities up in a table that is off by up to 0.008. Two kinds of texts differ: one in which no word is known has
    the shares of the labels in training here, and another answer there; and words that begin with ``__label__`` are
    always labels there, and passed over. Thresholds of a model's own are not written: see `thresholds_left_out`.

    Args:
        model: a trained `EmbeddingBag`, or a `FastTextModel`, whose file is written again, byte by byte.
        path: the file.

    Raises:
        SettingError: another rung, or one whose words or settings fastText cannot have.
        OutputError: it could not be written; what was there before is untouched.
    """
    _ = model.codec  # which an untrained one has not
    if isinstance(model, FastTextModel):
        write_fasttext(model.file_, path)
        return
    if not isinstance(model, EmbeddingBag):
        raise SettingError(
            message("fastText has no form for the rung {name!r}", name=model.name),
            hint=message("it has for {fasttext_rungs}", fasttext_rungs=both(FASTTEXT_RUNGS)),
        )
    write_fasttext(_file_of(model), path)


def fasttext_lines(model: Rung, texts: pl.Series, labels: pl.Series | None = None) -> bytes:
    """Texts as fastText reads them: a line each, its labels first, then the model's tokens, joined by spaces.

    Args:
        model: its tokenizer cuts the texts.
        texts: [n] String.
        labels: [n] String, or lists of them, null where there is none.

    Returns:
        UTF-8, n lines.

    Raises:
        SettingError: the model is of another rung, or a label holds white space, which no line can show.
    """
    if isinstance(model, FastTextModel):
        tokens = model.tokens(texts)
    elif isinstance(model, EmbeddingBag):
        tokens = tokenizer(model.tokenizer_)(texts)
    else:
        raise SettingError(message("fastText has no form for the rung {name!r}", name=model.name))
    ended = with_ends(tokens)  # and without those in the middle of a text, where fastText would stop
    heads, head_offsets = column_bytes(_line_heads(texts, labels))
    out = np.empty(len(heads) + int(ended.lengths.sum(dtype=np.int64)) + len(ended), np.uint8)
    size = _join(ended.content, ended.starts, ended.lengths, ended.offsets, heads, head_offsets, out)
    return out[:size].tobytes()


def line_content(model: Rung) -> Message:
    """What a line holds that fastText is given to predict from.

    Args:
        model: one that `export_fasttext` has written.
    """
    if isinstance(model, FastTextModel):
        return message("a text a line")
    return message("{tokenizer} tokens joined by spaces", tokenizer=model.tokenizer_)


def thresholds_left_out(model: Rung) -> Message | None:
    """What is to be known where a model gives labels by thresholds, which fastText's file does not hold.

    Args:
        model: one that `export_fasttext` has written.
    """
    if len(np.unique(model.thresholds_)) < 2:
        return None
    if model.codec.multilabel:
        return message(
            "fastText gives labels by one threshold: the model's own, one for each label, are not in its file"
        )
    return message(
        "fastText gives each text its likeliest label: the model's thresholds, by which it may give a rare one though "
        "another is likelier, are not in its file"
    )


def _line_heads(texts: pl.Series, labels: pl.Series | None) -> pl.Series:
    """With what each line begins: its labels, with their prefix and a space behind each."""
    if labels is None:
        return pl.Series("head", [""], dtype=pl.String).new_from_index(0, len(texts))
    flat = labels.explode() if isinstance(labels.dtype, pl.List) else labels
    odd = flat.drop_nulls().unique().filter(flat.drop_nulls().unique().str.contains(f"[{WHITE_SPACE}]"))
    if len(odd):
        raise SettingError(
            message(
                "the label {sort!r:.80} holds white space, which ends a word in fastText's lines", sort=odd.sort()[0]
            ),
            hint=message("the model may have such labels, but its lines cannot; rename them in the file"),
        )
    one = pl.concat_str(pl.lit(LABEL_PREFIX), pl.element(), pl.lit(" "))
    lists = labels if isinstance(labels.dtype, pl.List) else labels.reshape((-1, 1)).arr.to_list()
    return lists.list.drop_nulls().list.eval(one).list.join("").fill_null("")


@njit(cache=True, nogil=True)
def _join(content, starts, lengths, offsets, heads, head_offsets, out):  # type: ignore[no-untyped-def]
    """Write the lines, without each text's last token: how many bytes."""
    n = 0
    for t in range(len(offsets) - 1):
        for i in range(head_offsets[t], head_offsets[t + 1]):
            out[n] = heads[i]
            n += 1
        for token in range(offsets[t], offsets[t + 1] - 1):
            if token > offsets[t]:
                out[n] = 32
                n += 1
            for i in range(starts[token], starts[token] + lengths[token]):
                out[n] = content[i]
                n += 1
        out[n] = 10
        n += 1
    return n


def _file_of(model: EmbeddingBag) -> FastTextFile:
    table = model.vectors_.words
    words = [word.encode() for word in table.to_list()]
    _check_words(words)
    if not model.end and (model.longest > 1 or END.encode() in words):
        raise SettingError(
            message("fastText ends each line with {end}, which this model did not learn with (end=False)", end=END),
            hint=message("train it again with end=True, the default, and export that"),
        )
    counts, shares = np.maximum(table.counts[: len(words)], 0), model.prior_
    end, rows = model.vectors_.end_id, model.data_.get("rows")
    lines = int(counts[end]) if end >= 0 else rows if isinstance(rows, int) else 1
    counts = np.concatenate([counts, np.round(shares * min(max(1, lines), 2**53)).astype(np.int64)])
    shortest, longest = model.subwords or (0, 0)
    arguments = Arguments(
        model.width,
        epochs=model.epochs_,
        min_count=model.min_count,
        word_ngrams=model.longest,
        loss="ova" if model.multilabel else "softmax",
        buckets=(model.vectors_.buckets or 0) if model.vectors_.hashes else 0,
        shortest=shortest,
        longest=longest,
    )
    dictionary = Dictionary.of(words, _label_entries(model), counts, count_sum(counts[: len(words)]))
    return FastTextFile(arguments, dictionary, model.embedding_, _sharpened(model))


def _sharpened(model: EmbeddingBag) -> NDArray[np.float32]:
    return (model.output_ * np.float64(model.inverse_temperature_)).astype(np.float32)


def _check_words(words: list[bytes]) -> None:
    for word in words:
        if word.translate(None, WHITE_SPACE.encode()) != word:
            raise SettingError(
                message(
                    "the word {decode!r:.60} holds white space, which ends a word in fastText", decode=word.decode()
                ),
                hint=message("train with another tokenizer, such as basic_english"),
            )
        if word.startswith(LABEL_PREFIX.encode()):
            raise SettingError(
                message("the word {decode!r:.60} would be a label to fastText", decode=word.decode()),
                hint=message(
                    "take words that begin with {label_prefix} out of the texts (were these fastText's own lines?)",
                    label_prefix=LABEL_PREFIX,
                ),
            )


def _label_entries(model: EmbeddingBag) -> list[bytes]:
    names = [str(name) for name in model.classes_.tolist()]
    for name in names:
        if "\0" in name:
            raise SettingError(
                message("the label {name!r:.60} holds NUL, which ends a word in fastText's files", name=name)
            )
    return [f"{LABEL_PREFIX}{name}".encode() for name in names]
