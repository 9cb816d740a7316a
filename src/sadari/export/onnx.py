"""``--to onnx``: a folder with the model as ONNX, its preprocessing as data, and a reader in Python and JavaScript."""

from __future__ import annotations

import importlib.resources
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sadari.artifact import atomic_folder, guarded, open_plain, parse_json
from sadari.artifact.weights import encode_weights
from sadari.errors import MissingExtraError, ModelError, OutputError
from sadari.export.bags import mean_of_rows, weighed_sum
from sadari.export.care import Decisions, care_data
from sadari.export.encoders import encoder_logits
from sadari.export.graph import Graph, answers, known_texts
from sadari.export.nets import net_logits
from sadari.export.node import NO_NODE, Node, found_node
from sadari.export.proof import TOLERANCE, Proof, compare, proof_texts, same_labels
from sadari.messages import Message, message
from sadari.rungs import Rung
from sadari.rungs.portable.forms import Encoder, MeanOfRows, Net, Portable, WeighedSum
from sadari.text.weigh import MOST

if TYPE_CHECKING:
    from sadari.export.readers.sadari_reader import Found, Reader

FORMAT, VERSION = "sadari-export", 1
ENCODER_INPUTS = ("input_ids", "attention_mask")
MODEL, INT8, READING, TABLES = "model.onnx", "model_int8.onnx", "reading.json", "tables.safetensors"
MOST_READ = 2**30
OF_A_THRESHOLD = 1e-3  # logits are rounded: so near to a threshold a text may be decided either way
READERS = ("sadari_reader.py", "sadari_reader.mjs")
TOKENIZERS = "@huggingface/tokenizers"  # by which the reader in JavaScript finds subword tokens


def export_onnx(model: Rung, folder: str | Path, *, texts: Sequence[str] | None = None) -> Proof:
    """Write a model as ONNX, once what was written has answered as the model does.

    Args:
        model: a trained one.
        folder: where to; an earlier export there is replaced.
        texts: on which it proves itself, the first 500; None: bundled ones in English and Korean. Hostile texts are
            always among them.

    Raises:
        SettingError: the rung, or its tokenizer, cannot leave this package.
        MissingExtraError: the packages of ``sadari[onnx]`` are not installed.
        ModelError: what was written answers a text otherwise; nothing is left of it.
        OutputError: it could not be written; what was there before is untouched.
    """
    _check_extra()
    _ = model.codec  # which an untrained one has not
    portable = model.portable()
    encoded = onnx_bytes(model, portable)
    with atomic_folder(folder, may_replace=check_is_export) as place:
        _fill(place, model, portable, encoded)
        return _proved(model, place, proof_texts(texts))


def _check_extra() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(message("an export to ONNX"), "onnx") from error


def onnx_bytes(model: Rung, portable: Portable) -> bytes:
    """The model as a file of ONNX: ids in, logits and probabilities out."""
    graph, form, reading = Graph(), portable.form, portable.reading
    if isinstance(form, Encoder):
        return _encoder_bytes(model, portable, form)
    ids = graph.input("ids", np.int32, ["texts", "length"])
    if isinstance(form, Net):
        real = graph.op("Not", graph.op("Equal", ids, graph.constant(reading.steps[0]["padding"], np.int32)))
        logits = graph.cast(net_logits(graph, form.module, ids, real), np.float64)
    else:
        counts = graph.input("counts", np.float32, ["texts", "length"])
        real = graph.op("Greater", counts, graph.constant(0))
        if isinstance(form, WeighedSum):
            logits = weighed_sum(graph, form, ids, counts)
        else:
            logits = mean_of_rows(graph, form, ids, counts)
    known = known_texts(graph, ids, real, portable.known, reading.unknown)
    factor, prior = model.inverse_temperature_, model.prior_
    answers(graph, logits, known, factor=factor, prior=prior, several=model.multilabel)
    return graph.encoded({"rung": model.name, "labels": json.dumps(model.classes_.tolist(), ensure_ascii=False)})


def _encoder_bytes(model: Rung, portable: Portable, form: Encoder) -> bytes:
    """The same of an encoder, whose inputs have the names that others' tools give them."""
    graph = Graph()
    ids, mask = (graph.input(name, np.int64, ["texts", "length"]) for name in ENCODER_INPUTS)
    real = graph.cast(mask, np.bool_)
    logits = graph.cast(encoder_logits(graph, form, ids, real), np.float64)
    known = known_texts(graph, graph.cast(ids, np.int32), real, portable.known, portable.reading.unknown)
    factor, prior = model.inverse_temperature_, model.prior_
    answers(graph, logits, known, factor=factor, prior=prior, several=model.multilabel)
    return graph.encoded({"rung": model.name, "labels": json.dumps(model.classes_.tolist(), ensure_ascii=False)})


def reading_data(model: Rung, portable: Portable) -> dict[str, Any]:
    """What the readers need besides the arrays, for JSON."""
    counts, reading = isinstance(portable.form, WeighedSum | MeanOfRows), portable.reading
    inputs = ENCODER_INPUTS if isinstance(portable.form, Encoder) else ("ids", "counts") if counts else ("ids",)
    return {
        "format": FORMAT,
        "version": VERSION,
        "rung": model.name,
        "labels": model.classes_.tolist(),
        "several": model.multilabel,
        "thresholds": model.thresholds_.tolist(),
        "inputs": list(inputs),
        "ordered": not counts,  # the ids of a text as they come, and not once each
        "padding": 0 if counts else reading.steps[0]["padding"],
        "most": MOST if isinstance(portable.form, WeighedSum) else 2**31 - 1,  # that a feature counts in a text
        "cells": _cells(model, portable),
        "tables": bool(reading.arrays),
        "subwords": bool(reading.files),
        "files": sorted(reading.files),
        **reading.data(),
    }


def _cells(model: Rung, portable: Portable) -> int:
    """Ids of a batch, padding included: what is gathered or attended to for them takes some tens of megabytes."""
    if isinstance(portable.form, Encoder):
        return 4_096
    return 16_384 if isinstance(portable.form, Net) else max(1_024, 2**22 // len(model.classes_))


def _fill(place: Path, model: Rung, portable: Portable, encoded: bytes) -> None:
    (place / MODEL).write_bytes(encoded)
    data = {**reading_data(model, portable), "care": care_data(model)}
    (place / READING).write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    if portable.reading.arrays:
        with (place / TABLES).open("wb") as file:
            file.writelines(encode_weights(portable.reading.arrays))
    for name, content in portable.reading.files.items():
        (place / name).write_bytes(content)
    for name in READERS:
        (place / name).write_bytes(reader_source(name))
    if isinstance(portable.form, Encoder):
        _write_int8(place)


def _write_int8(place: Path) -> None:
    """Write the same with weights of 8 bits, one of them unused, so that no processor's products overflow."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    log = logging.getLogger()
    level = log.level
    log.setLevel(logging.ERROR)  # it advises to process the model first, which changes nothing here
    try:
        with guarded(message("the model cannot be written with 8 bits")):
            quantize_dynamic(place / MODEL, place / INT8, weight_type=QuantType.QInt8, reduce_range=True)
    finally:
        log.setLevel(level)


def reader_source(name: str) -> bytes:
    """The source of one of the readers."""
    return importlib.resources.files("sadari.export.readers").joinpath(name).read_bytes()


def _proved(model: Rung, place: Path, texts: list[str]) -> Proof:
    from sadari.export.readers.sadari_reader import Classifier

    classifier, int8 = Classifier(place), None
    found = [classifier.reader.read(text) for text in texts]
    own = model.scored(texts)
    logits, probabilities = classifier.answers(found)
    off = compare(own[1], probabilities, model, texts, "Python", TOLERANCE)
    decisions = Decisions(model, classifier.reader.data["care"])
    decided = [_decided(classifier.reader, asked, logits, probabilities) for asked in decisions.asked]
    decisions.check(own, decided, texts, "Python", OF_A_THRESHOLD)
    if (place / INT8).exists():
        small = Classifier(place, INT8).answers(found)[1]
        int8 = int((~same_labels(model, own[1], small)).sum()), float(np.abs(own[1] - small).max(initial=0.0))
    node = found_node()
    if node is None:
        return Proof(len(texts), off, ("Python",), int8, NO_NODE, decisions.said())
    unrun = _check_reader(node, place, texts, found, ours=not classifier.reader.data["subwords"])
    return Proof(len(texts), off, ("Python",) if unrun else ("Python", node.name), int8, unrun, decisions.said())


def _decided(
    reader: Reader, asked: Mapping[str, float], logits: NDArray[np.floating], probabilities: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """What the reader decides of n texts, as `Decisions.of` has it: bool [n, m]."""
    [(name, target)] = asked.items()
    if name == "sets":
        return _held(reader, reader.sets(probabilities, target))
    if name == "scope":
        return reader.outside(logits, probabilities, target)[:, None]
    sure = reader.sure(logits, probabilities, name, target)
    if not reader.data["several"]:
        return np.array([[label is None] for label in sure])
    given, least = (_held(reader, rows) for rows in (reader.choose(probabilities), sure))
    return np.hstack([((given != least).any(axis=1) | ~reader.known(probabilities))[:, None], least])


def _held(reader: Reader, rows: Sequence[tuple[Any, ...]]) -> NDArray[np.bool_]:
    """bool [n, k]: which labels each row has."""
    return np.array([[label in row for label in reader.data["labels"]] for row in rows], np.bool_)


_READ = """
const { Classifier, Reader, readTables } = await import(given.reader);
const { readFile } = await import("node:fs/promises");
const { createRequire } = await import("node:module");
const json = async (name) => JSON.parse(await readFile(`${given.folder}/${name}`, "utf8"));
const data = await json("reading.json");
let subwords = null;
if (data.subwords) {
  try {
    const { Tokenizer } = createRequire(`${process.cwd()}/`)(given.tokenizers);
    subwords = new Tokenizer(await json("tokenizer.json"), {});
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    return null;
  }
}
const raw = data.tables ? await readFile(`${given.folder}/tables.safetensors`) : null;
const arrays = raw ? readTables(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength)) : {};
const reader = new Reader(data, arrays, subwords);
return given.texts.map((text) => reader.read(text));
"""


def _check_reader(node: Node, place: Path, texts: list[str], found: list[Found], *, ours: bool) -> Message | None:
    """Hold the reader in JavaScript to the one in Python: the same ids, and so the same answers.

    Args:
        node: runs it.
        place: the export.
        texts: n of them.
        found: what the one in Python read of each.
        ours: whether it is all our own; else a package finds subword tokens, and it is said where that is not there,
            or differs.
    """
    source = (place / "sadari_reader.mjs").absolute().as_uri()
    given = {"reader": source, "folder": str(place.absolute()), "texts": texts, "tokenizers": TOKENIZERS}
    others = node.run(_READ, given)
    if others is None:
        return message("JavaScript was not run: {package} is not installed in this folder", package=TOKENIZERS)
    wrong = [
        text
        for text, own, other in zip(texts, found, others, strict=True)
        if [part.tolist() for part in own] != [other["ids"], other["counts"]]
    ]
    if not wrong:
        return None
    if not ours:
        return message(
            "{reader} reads {count:,} of {texts:,} texts otherwise by {package}, such as {text!r:.80}",
            reader=node.name,
            count=len(wrong),
            texts=len(texts),
            package=TOKENIZERS,
            text=wrong[0],
        )
    raise ModelError(
        message(
            "the export is refused: the readers in Python and JavaScript find other features in {text!r:.120}",
            text=wrong[0],
        ),
        hint=message("nothing was written; please report the text"),
    )


def _listed(folder: Path) -> list[str]:
    """The tokenizer's files of an export, as it lists them."""
    try:
        with open_plain(folder / READING) as file:
            said = parse_json(file.read(MOST_READ))
        return [name for name in said["files"] if isinstance(name, str)]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def check_is_export(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but an export.

    Raises:
        OutputError: what is in the way.
    """
    ours = {MODEL, INT8, READING, TABLES, *READERS, *_listed(folder)}
    entries = sorted(entry.name for entry in folder.iterdir())
    strange = next((name for name in entries if name not in ours), None)
    if READING not in entries or strange is not None:
        raise OutputError(
            message("is in the way: it holds {name!r}, and is no exported model", name=strange or entries[0]),
            where=str(folder),
            hint=message("choose another folder, or move that away"),
        )
