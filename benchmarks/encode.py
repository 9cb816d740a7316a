"""Reading, tokenizing and encoding AG News into ids, against CountVectorizer and Hugging Face tokenizers."""

from __future__ import annotations

from typing import Any

from sklearn.feature_extraction.text import CountVectorizer
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from corpora import ag_news, read_plain
from sadari.data.read import open_source
from sadari.ragged import Ragged
from sadari.text.table import TokenTable
from sadari.text.tokens.tokenize import tokenizer
from sadari.text.vocab import Vocab
from timing import in_turn, ratio, table


def sadari_ids() -> Any:
    """The rule of scikit-learn's default: words of two or more characters, lower-cased; a vocabulary; ids."""
    corpus = open_source(ag_news() / "train.csv").read()
    tokens = tokenizer("words")(corpus.texts)
    table_ = TokenTable()
    ids = table_.learn(tokens)
    vocab, new_ids = Vocab.from_table(table_)
    return Ragged(new_ids[ids], tokens.offsets), len(vocab)


def sklearn_counts() -> Any:
    texts, _ = read_plain(ag_news() / "train.csv")
    return CountVectorizer().fit_transform(texts)


def huggingface_ids() -> Any:
    texts, _ = read_plain(ag_news() / "train.csv")
    words = Tokenizer(models.WordLevel(unk_token="<unk>"))
    words.normalizer = normalizers.Lowercase()
    words.pre_tokenizer = pre_tokenizers.Split(Regex(r"\w\w+"), behavior="removed", invert=True)
    words.train_from_iterator(texts, trainers.WordLevelTrainer(special_tokens=["<unk>", "<pad>"], show_progress=False))
    return [encoding.ids for encoding in words.encode_batch(texts)]


def run(runs: int = 5) -> str:
    timed = in_turn({"Sadari": sadari_ids, "CountVectorizer": sklearn_counts, "tokenizers": huggingface_ids}, runs=runs)
    rows = []
    for name, one in timed.items():
        low, middle, high = ratio(timed["Sadari"], one)
        rows.append([name, f"{one.median:.3f}", f"{middle:.2f}", f"{low:.2f} to {high:.2f}"])
    return table(["32,055 texts, file → ids", "seconds (median)", "our time / its time", "range"], rows)
