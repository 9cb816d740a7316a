"""Classify texts with an exported model: this file needs NumPy and onnxruntime, and no Sadari.

    from sadari_reader import Classifier

    model = Classifier("folder")
    model.predict(["a text"])            # labels
    model.predict_proba(["a text"])      # float32 [texts, labels], columns as in model.labels
    model.predict_sure(["a text"], min_precision=0.95)  # labels, None where a person should decide
    model.predict_sets(["a text"], 0.9)  # sets of labels that hold the right one in nine of ten
    model.out_of_scope(["a text"], 0.05)  # which seem to have no label; so do one in twenty that have one

A model that reads subword tokens (there is a tokenizer.json in its folder) needs the package tokenizers besides.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PART, ALONE, DROP, TAG = 0, 2, 3, 4  # what a character is to a tokenizer (1: a separator)
DENSE, MARK = 3, 4  # kinds of characters: of a script without spaces; that belongs to the one before it
END = "</s>"
Found = tuple[NDArray[np.int64], NDArray[np.int64]]  # the ids of a text, and how often each stands in it
DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1", "U8": "|u1"}


class Classifier:
    """A model of a folder that `sadari export --to onnx` wrote.

    Args:
        folder: the folder.
        model: the name of the model's file in it.
        providers: onnxruntime's execution providers.
    """

    def __init__(
        self, folder: str | Path, model: str = "model.onnx", providers: tuple[str, ...] = ("CPUExecutionProvider",)
    ) -> None:
        import onnxruntime

        onnxruntime.set_default_logger_severity(3)
        self.reader = Reader.open(folder)
        self.labels: list[Any] = self.reader.data["labels"]
        self.session = onnxruntime.InferenceSession(str(Path(folder) / model), providers=list(providers))

    def predict_proba(self, texts: list[str]) -> NDArray[np.float32]:
        """Probabilities float32 [texts, labels]."""
        return self.run(texts)[1]

    def predict(self, texts: list[str]) -> list[Any]:
        """Labels; tuples of them where a text may have several."""
        return self.reader.choose(self.predict_proba(texts))

    def predict_sure(
        self, texts: list[str], *, min_precision: float | None = None, coverage: float | None = None
    ) -> list[Any]:
        """Labels that are sure enough, else None; where a text may have several labels, those that are."""
        name, target = ("coverage", coverage) if min_precision is None else ("min_precision", min_precision)
        return self.reader.sure(*self.run(texts), name, target)

    def predict_sets(self, texts: list[str], coverage: float = 0.9) -> list[tuple[Any, ...]]:
        """For each text the labels of which one is right in this share of all texts."""
        return self.reader.sets(self.predict_proba(texts), coverage)

    def out_of_scope(self, texts: list[str], share: float = 0.05) -> NDArray[np.bool_]:
        """Which texts seem to have none of the labels; of those that have one, this share is taken for such."""
        return self.reader.outside(*self.run(texts), share)

    def run(self, texts: list[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Logits and probabilities, float32 [texts, labels] each."""
        return self.answers([self.reader.read(text) for text in texts])

    def answers(self, found: list[Found]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The same of texts that were read."""
        logits = np.zeros((len(found), len(self.labels)), np.float32)
        probabilities = np.zeros_like(logits)
        order = sorted(range(len(found)), key=lambda row: len(found[row][0]))
        first = 0
        while first < len(order):
            last = first + 1
            while last < len(order) and (last + 1 - first) * len(found[order[last]][0]) <= self.reader.data["cells"]:
                last += 1
            rows = order[first:last]
            logits[rows], probabilities[rows] = self.session.run(
                ["logits", "probabilities"], self.reader.batch([found[row] for row in rows])
            )
            first = last
        return logits, probabilities


class Reader:
    """From texts to what the model takes in.

    Args:
        data: of reading.json.
        arrays: of tables.safetensors.
        folder: where tokenizer.json lies, if there is one.
    """

    def __init__(self, data: dict[str, Any], arrays: dict[str, NDArray[Any]], folder: Path | None = None) -> None:
        self.data, self.arrays, self.folder = data, arrays, folder or Path()
        self.kinds, self.capitals = Kinds(data.get("characters", [[0, 0]])), str.maketrans(data.get("capitals", {}))
        self.words = {name: Words(words) for name, words in data["words"].items()}
        self.steps = [STEPS[step["do"]](step, self) for step in data["steps"]]

    @classmethod
    def open(cls, folder: str | Path) -> Reader:
        """The reader of an exported folder."""
        folder = Path(folder)
        data = json.loads((folder / "reading.json").read_text("utf-8"))
        return cls(data, read_tables((folder / "tables.safetensors").read_bytes()) if data["tables"] else {}, folder)

    def read(self, text: str) -> Found:
        """The ids of a text, and how often each stands in it; where order matters, every id as it comes, once."""
        parts = [step(text) for step in self.steps]
        ids = np.concatenate(parts) if len(parts) > 1 else parts[0]
        if self.data["ordered"]:
            return ids, np.ones(len(ids), np.int64)
        ids, counts = np.unique(ids, return_counts=True)
        return ids, np.minimum(counts, self.data["most"])

    def batch(self, found: list[Found]) -> dict[str, NDArray[Any]]:
        """What the model takes in for some texts."""
        longest = max(1, max(len(ids) for ids, _ in found))
        ids = np.full((len(found), longest), self.data["padding"], np.int64)
        counts = np.zeros((len(found), longest), np.float32)
        for row, (own, often) in enumerate(found):
            ids[row, : len(own)], counts[row, : len(own)] = own, often
        given: dict[str, NDArray[Any]] = {
            "ids": ids.astype(np.int32),
            "counts": counts,
            "input_ids": ids,
            "attention_mask": counts.astype(np.int64),
            "token_type_ids": np.zeros_like(ids),
        }
        return {name: given[name] for name in self.data["inputs"]}

    def choose(self, probabilities: NDArray[np.floating]) -> list[Any]:
        """The labels of texts with these probabilities [texts, labels]."""
        labels, thresholds = self.data["labels"], np.array(self.data["thresholds"])
        if self.data["several"]:
            return [tuple(labels[k] for k in np.flatnonzero(row >= thresholds)) for row in probabilities]
        return [labels[k] for k in (probabilities / np.maximum(thresholds, 1e-6)).argmax(axis=1)]

    def sets(self, probabilities: NDArray[np.floating], coverage: float) -> list[tuple[Any, ...]]:
        """For each text the labels of which one is right in this share of all texts; all where nothing is known."""
        held = (probabilities >= self.least("sets", coverage)) | ~self.known(probabilities)[:, None]
        return self.named(held)

    def sure(
        self, logits: NDArray[np.floating], probabilities: NDArray[np.floating], name: str, target: float | None
    ) -> list[Any]:
        """Labels that are sure enough for a target of this name, else None."""
        least, thresholds = self.least(name, target), np.array(self.data["thresholds"])
        if self.data["several"]:
            return self.named((probabilities >= thresholds) & (probabilities >= least))
        given = (probabilities / np.maximum(thresholds, 1e-6)).argmax(axis=1)
        enough = (self.certainty(logits, given) >= least[given]) & self.known(probabilities)
        return [self.data["labels"][k] if sure else None for k, sure in zip(given, enough, strict=True)]

    def certainty(self, logits: NDArray[np.floating], given: NDArray[np.integer]) -> NDArray[np.float64]:
        """How likely the labels given are right, float64 [texts]: the label's share of all sigmoids, and one more."""
        certain = self.data["care"]["certain"]
        logs = -np.logaddexp(0, -(logits * np.float64(certain["slope"]) + certain["offset"]))
        rows = np.arange(len(given))
        own = logs[rows, given].copy()
        logs[rows, given] = -np.inf
        top = logs.max(axis=1)
        odds = np.clip(own - top - np.log(np.exp(logs - top[:, None]).sum(axis=1)), -30, 30)
        found: NDArray[np.float64] = 1 / (1 + np.exp(-(certain["weight"] * odds + np.array(certain["biases"])[given])))
        return found

    def outside(
        self, logits: NDArray[np.floating], probabilities: NDArray[np.floating], share: float
    ) -> NDArray[np.bool_]:
        """Which texts' logits speak for none of the labels; of texts that have one, this share is taken for such."""
        most, scaled = self.least("scope", share), logits * np.float64(self.data["care"]["factor"])
        top = scaled.max(axis=1)
        energy = -(top + np.log(np.exp(scaled - top[:, None]).sum(axis=1)))
        found: NDArray[np.bool_] = self.known(probabilities) & (energy > most)
        return found

    def known(self, probabilities: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Which texts the model knows anything of: of others it gives the shares of the labels in training."""
        found: NDArray[np.bool_] = np.abs(probabilities - np.array(self.data["care"]["prior"])).max(axis=1) > 1e-6
        return found

    def least(self, name: str, target: float | None) -> NDArray[np.float64]:
        """The thresholds [labels] for a target."""
        care = self.data.get("care") or {}
        found = care.get(name, {}).get(str(target))
        if found is None:
            raise ValueError(f"{name} can be one of: {', '.join(care.get(name, {})) or 'none'}")
        return np.array(found)

    def named(self, chosen: NDArray[np.bool_]) -> list[tuple[Any, ...]]:
        """The labels that are chosen, bool [texts, labels], of each text."""
        return [tuple(self.data["labels"][k] for k in np.flatnonzero(row)) for row in chosen]


class Kinds:
    """What kind of character each one past ASCII is.

    Args:
        runs: [first code point, kind] of each run of one kind.
    """

    def __init__(self, runs: list[list[int]]) -> None:
        self.starts, self.kinds = [start for start, _ in runs], [kind for _, kind in runs]
        self.of = lru_cache(65_536)(lambda character: self.kinds[bisect_right(self.starts, ord(character)) - 1])


class Words:
    """Words and their ids."""

    def __init__(self, words: list[str]) -> None:
        self.size, self.ids = len(words), {word: place for place, word in enumerate(words)}

    def of(self, tokens: list[str], unknown: int = -1) -> NDArray[np.int64]:
        """The ids of tokens."""
        return np.array([self.ids.get(token, unknown) for token in tokens], np.int64)


class Tokenizer:
    """Cuts texts into tokens.

    Args:
        rules: what each character is.
        kinds: of characters past ASCII.
        capitals: that Python may not know yet, and what they are in small.
    """

    def __init__(self, rules: dict[str, Any], kinds: Kinds, capitals: dict[int, str]) -> None:
        self.rules, self.kind, self.capitals = rules, kinds.of, capitals
        self.classes, self.small, self.other = rules["ascii"], [chr(code) for code in rules["lower"]], rules["other"]
        self.dropped = {code: None for code in range(128) if self.classes[code] == DROP}
        self.tags = TAG in self.classes

    def composed(self, text: str) -> str:
        """The text in Unicode's form NFC, lower-cased if the model has it so."""
        if text.isascii():
            return text
        text = unicodedata.normalize("NFC", text)
        return text.lower().translate(self.capitals) if self.rules["lowercase"] else text

    def __call__(self, text: str) -> list[str]:
        """The tokens of a text."""
        text = self.composed(text)
        if self.tags:
            text = re.sub("<br />", "\n", text.translate(self.dropped), flags=re.ASCII | re.IGNORECASE)
        tokens: list[str] = []
        word, dense = "", False
        for character in text:
            code = ord(character)
            if code < 128:
                what, character = self.classes[code], self.small[code]
            else:
                kind = self.kind(character)
                what = PART if kind == MARK and word else self.other[kind]
                dense = dense or (kind == DENSE and what == PART)
            if what in (PART, TAG):
                word += character
            elif what != DROP:
                tokens += self.cut(word, dense)
                if what == ALONE:
                    tokens.append(character)
                word, dense = "", False
        return tokens + self.cut(word, dense)

    def cut(self, word: str, dense: bool) -> list[str]:
        """A word, or the n-grams of its characters where its script puts no spaces between words."""
        smallest, largest = self.rules["pieces"]
        if not word or len(word) < self.rules["shortest"]:
            return []
        if not dense or not largest:
            return [word]
        characters: list[str] = []
        for character in word:
            if characters and character >= "\x80" and self.kind(character) == MARK:
                characters[-1] += character
            else:
                characters.append(character)
        if len(characters) <= smallest:
            return [word]
        return [
            "".join(characters[first:last])
            for first in range(len(characters))
            for last in range(first + smallest, min(first + largest, len(characters)) + 1)
        ]


class Step:
    """One step of reading.json: from a text to ids of its words.

    Args:
        step: what reading.json says of it.
        reader: whose tables it reads.
    """

    def __init__(self, step: dict[str, Any], reader: Reader) -> None:
        self.step, self.words = step, reader.words[step.get("table", "words")]
        self.tokenizer = Tokenizer(step["tokenizer"], reader.kinds, reader.capitals)


class Ngrams(Step):
    """Features of exact n-grams, of words or of characters."""

    def __init__(self, step: dict[str, Any], reader: Reader) -> None:
        super().__init__(step, reader)
        name, arrays = step["table"], reader.arrays
        self.keys = arrays[f"{name}.prefix"].astype(np.int64) * self.words.size + arrays[f"{name}.last"]
        self.features = arrays[f"{name}.feature"].astype(np.int64) + step["first"]
        self.known = arrays[f"{name}.feature"] >= 0

    def tokens(self, text: str) -> list[str]:
        tokens = self.tokenizer(text)
        if "characters" not in self.step:
            return tokens
        if self.step["characters"] == "within":
            return [character for word in tokens for character in ["", " ", *word, " "]]  # "" is in no table
        space = [
            character.isspace() if character < "\x80" else self.tokenizer.kind(character) == 1
            for text in tokens
            for character in text
        ]
        characters = [character for text in tokens for character in text]
        return _joined_spaces(characters, space)

    def __call__(self, text: str) -> NDArray[np.int64]:
        words = self.words.of(self.tokens(text))
        prefix, found = np.zeros(len(words), np.int64), []
        alive = np.ones(len(words), np.bool_)
        for n in range(min(self.step["longest"], len(words)) if len(self.keys) else 0):
            reach = len(words) - n
            last = words[n:]
            key = np.where(alive[:reach] & (last >= 0), prefix[:reach] * self.words.size + last, -1)
            place = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
            alive = self.keys[place] == key
            prefix = place + 1
            found.append(self.features[place[alive & self.known[place]]])
        return np.concatenate(found) if found else np.empty(0, np.int64)


def _joined_spaces(characters: list[str], space: list[bool]) -> list[str]:
    """The same with one space in place of two and more white-space characters on end."""
    out: list[str] = []
    on_end = 0
    for character, white in zip(characters, space, strict=True):
        on_end = on_end + 1 if white else 0
        if on_end > 1:
            out[-1] = " "
        else:
            out.append(character)
    return out


class Hashed(Step):
    """Words with ids of their own, and n-grams and subwords in buckets, as fastText hashes them."""

    def __init__(self, step: dict[str, Any], reader: Reader) -> None:
        super().__init__(step, reader)
        self.rows: NDArray[Any] | None = reader.arrays.get("rows")
        self.hash = lru_cache(65_536)(fnv1a)

    def __call__(self, text: str) -> NDArray[np.int64]:
        tokens = self.tokenizer(text)
        if self.step["end"]:
            tokens = [*(token for token in tokens if token != END), END]
        words = self.words.of(tokens)
        buckets = [bucket for token in tokens for bucket in self.pieces(token)] if self.step["subwords"] else []
        hashes = [self.hash(token) for token in tokens] if self.step["longest"] > 1 else []
        for first in range(len(hashes)):
            h = hashes[first]
            for following in hashes[first + 1 : first + self.step["longest"]]:
                h = (h * 116_049_371 + following) & 0xFFFF_FFFF
                buckets.append(h)
        hashed = np.array(buckets, np.int64) & (self.step["buckets"] - 1) if buckets else np.empty(0, np.int64)
        return np.concatenate([words[words >= 0], self.row_of(hashed + self.words.size)])

    def row_of(self, features: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where each feature's weights are: those that were never learned have the last row together."""
        if self.rows is None or not len(features):
            return features
        if not len(self.rows):
            return np.full(len(features), self.words.size)
        place = np.minimum(np.searchsorted(self.rows, features), len(self.rows) - 1)
        return self.words.size + np.where(self.rows[place] == features, place, len(self.rows))

    def pieces(self, word: str) -> list[int]:
        """The hashes of a word's subwords."""
        shortest, longest = self.step["subwords"]
        marked, found = f"<{word}>", []
        for first in range(len(marked) if word != END else 0):
            for length in range(shortest, min(longest, len(marked) - first) + 1):
                if length > 1 or 0 < first < len(marked) - 1:
                    found.append(self.hash(marked[first : first + length]))
        return found


def fnv1a(word: str) -> int:
    """32-bit FNV-1a with each byte sign-extended, as fastText hashes words."""
    h = 2_166_136_261
    for byte in word.encode():
        h = ((h ^ (byte | 0xFFFF_FF00 if byte & 0x80 else byte)) * 16_777_619) & 0xFFFF_FFFF
    return h


class Vocabulary(Step):
    """The ids of a text's tokens, in order."""

    def __call__(self, text: str) -> NDArray[np.int64]:
        ids = self.words.of(self.tokenizer(text)[: self.step["most"]], self.step["unknown"])
        ids[ids < self.step["specials"]] = self.step["unknown"]
        return ids


class Rows(Step):
    """The rows of a text's words; those without one are left out."""

    def __call__(self, text: str) -> NDArray[np.int64]:
        ids = self.words.of(self.tokenizer(text)[: self.step["most"]])
        return ids[ids >= 0]


class Subwords:
    """The ids of a text's subword tokens, in order, between those that stand round every text."""

    def __init__(self, step: dict[str, Any], reader: Reader) -> None:
        import tokenizers

        self.step, self.engine = step, tokenizers.Tokenizer.from_file(str(reader.folder / "tokenizer.json"))
        self.engine.no_truncation()
        self.engine.no_padding()

    def __call__(self, text: str) -> NDArray[np.int64]:
        text = unicodedata.normalize("NFC", text.lower() if self.step["lowercase"] else text)
        ids, most, head = self.engine.encode(text, add_special_tokens=False).ids, self.step["most"], self.step["head"]
        if all(number == self.step["unknown"] for number in ids):
            return np.empty(0, np.int64)
        if len(ids) > most:
            ids = ids[:most] if head >= most else [*ids[:head], *ids[len(ids) - most + head :]]
        kept = [number for number in ids if number != self.step["dropped"]]
        return np.array([*self.step["before"], *kept, *self.step["after"]], np.int64)


STEPS: dict[str, Any] = {
    "ngrams": Ngrams,
    "hashed": Hashed,
    "vocabulary": Vocabulary,
    "words": Rows,
    "subwords": Subwords,
}


def read_tables(raw: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file."""
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])
    arrays = {}
    for name, about in header.items():
        if name != "__metadata__":
            begin, end = about["data_offsets"]
            arrays[name] = np.frombuffer(raw[8 + size + begin : 8 + size + end], DTYPES[about["dtype"]]).reshape(
                about["shape"]
            )
    return arrays
