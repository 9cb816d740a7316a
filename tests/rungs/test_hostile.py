"""Model folders whose parts do not fit each other: each is refused with a reason, quickly, or predicts finitely."""

import json
import math
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sadari
from rungs_headlines import FIRST_RUNGS, some
from sadari.artifact import read_model, write_model
from sadari.errors import MissingExtraError, ModelError
from sadari.rungs import EmbeddingBag, TfIdf
from sealed import head_of

TEXTS, LABELS = some(60)
SETTINGS = {
    "bow": {},
    "ngram": {"ngram_range": (1, 3), "max_features": 300},
    "tfidf": {"buckets": 2**10},
    "embedding-bag": {},
}
NO_PREFIX = 0x7FFFFFFF


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder of each rung, as `read_model` gives it."""
    place = tmp_path_factory.mktemp("models")
    for name, options in SETTINGS.items():
        FIRST_RUNGS[name](**options).fit(TEXTS, LABELS).save(place / name)
    return {name: read_model(place / name) for name in SETTINGS}


def changed(files, folder, *, manifest=None, tensors=None, texts=None):
    """The model with other content, sealed as an honest one; a value of None takes a key out."""

    def merged(old, new):
        return {key: value for key, value in {**old, **(new or {})}.items() if value is not None}

    head = head_of(files)
    write_model(
        folder,
        manifest=merged(head, manifest),
        tensors=merged(files.tensors, tensors),
        texts=merged(files.texts, texts),
    )
    return folder


def refused(folder, match=None):
    """The load ends in a ModelError, in under two seconds and without much memory."""
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(ModelError, match=match) as error:
        sadari.load(folder)
    assert time.process_time() - start < 2
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200 * 2**20
    assert str(folder) in str(error.value)


EVERY = pytest.mark.parametrize("name", list(SETTINGS))


@EVERY
def test_unchanged_it_loads(name, saved, tmp_path):
    folder = changed(saved[name], tmp_path / "m")
    assert np.isfinite(sadari.load(folder).predict_proba(TEXTS)).all()


@pytest.mark.parametrize("rung", ["bert-9", "", "BagOfWords", "sadari.rungs:TfIdf", "../bow", "os"])
def test_an_unknown_rung(rung, saved, tmp_path):
    refused(changed(saved["bow"], tmp_path / "m", manifest={"rung": rung}), "not known here")


def test_no_rung_at_all(saved, tmp_path):
    refused(changed(saved["bow"], tmp_path / "m", manifest={"rung": None}), "not known here")


def test_another_rung_than_the_one_asked_for(saved, tmp_path):
    folder = changed(saved["bow"], tmp_path / "m")
    with pytest.raises(ModelError, match="of the rung 'bow', not 'tfidf'"):
        TfIdf.load(folder)
    refused(changed(saved["bow"], tmp_path / "n", manifest={"rung": "embedding-bag"}), "no setting|no tensor")


@EVERY
@pytest.mark.parametrize(
    "key", ["settings", "label_names", "label_kind", "label_type", "prior", "inverse_temperature", "model"]
)
def test_a_part_of_the_manifest_that_is_missing(name, key, saved, tmp_path):
    refused(changed(saved[name], tmp_path / "m", manifest={key: None}), key)


BAD_HEADS = {
    "label_names": [[], ["a"], ["a", "b"], [str(i) for i in range(5)]],
    "label_kind": ["many", 1, ["one"]],
    "label_type": ["float", True, "number"],
    "prior": [
        [0.5, 0.5],
        [0.25, 0.25, 0.25, -0.25],
        [0.4] * 4,
        ["0.25"] * 4,
        [True, False, False, False],
        [[0.25]] * 4,
        "0.25",
        {"a": 1},
        [0.25] * 3,
        [1e300, 0, 0, 0],
    ],
    "inverse_temperature": [0, -1.0, "1", True, 1e300, [1.0], 10**39],
    "model": [
        [],
        {},
        {"tokenizer": 7},
        {"tokenizer": "wrods"},
        {"tokenizer": "__import__('os')"},
        {"tokenizer": ["words"]},
    ],
    "settings": [{"no_such": 1}, {"self": 1}, {"__class__": 1}],
}
BAD_NUMBERS = [
    ["1", "01", "2", "3"],
    ["1", "２", "3", "4"],
    ["1", "9" * 4000, "2", "3"],
    ["-0", "0", "1", "2"],
    [" 1", *"012"],
]
HEADS = [{key: value} for key, values in BAD_HEADS.items() for value in values]
HEADS += [{"label_type": "number", "label_names": names} for names in BAD_NUMBERS]


@EVERY
@pytest.mark.parametrize("manifest", HEADS, ids=lambda manifest: str(manifest)[:60])
def test_a_head_that_cannot_be(name, manifest, saved, tmp_path):
    refused(changed(saved[name], tmp_path / "m", manifest=manifest))


BAD_VALUES = ["a", "1", -1, 0, 0.5, 1e308, 10**9, 10**30, True, [], [1, 2, 3], [[1]], {"a": 1}, {}, ["x"]]


@EVERY
def test_settings_of_any_wrong_kind_or_size(name, saved, tmp_path):
    """Every setting with every odd value: refused, or loaded and predicting finitely."""
    own = saved[name].manifest["settings"]
    outcomes = {"refused": 0, "loaded": 0}
    for setting in own:
        for i, value in enumerate(BAD_VALUES):
            folder = changed(saved[name], tmp_path / f"{setting}{i}", manifest={"settings": {**own, setting: value}})
            outcomes[loads_or_is_refused(folder)] += 1
    assert outcomes["refused"] > 8 * len(own)


def loads_or_is_refused(folder):
    start = time.process_time()
    try:
        model = sadari.load(folder)
        probabilities = model.predict_proba([*TEXTS[:5], "", "zzqq"])
        model.explain(TEXTS[0])
        model.top_features(3)
    except (ModelError, MissingExtraError):
        return "refused"
    finally:
        assert time.process_time() - start < 2
    assert np.isfinite(probabilities).all()
    return "loaded"


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ({"width": 10**9}, "width"),
        ({"width": 4096}, "numbers|shape"),
        ({"longest": 10**9}, "longest"),
        ({"buckets": 10**9}, "buckets"),
        ({"buckets": 1000}, "buckets"),
        ({"buckets": None}, "buckets"),
        ({"epochs": 10**9}, "epochs"),
        ({"class_weight": {"x": "y"}}, "class_weight"),
    ],
)
def test_settings_that_would_take_all_memory_or_time(manifest, reason, saved, tmp_path):
    own = saved["embedding-bag"].manifest["settings"]
    refused(changed(saved["embedding-bag"], tmp_path / "m", manifest={"settings": {**own, **manifest}}), reason)


def test_an_embedding_too_large_for_memory(saved, tmp_path):
    files = saved["embedding-bag"]
    own = {**files.manifest["settings"], "width": 4096, "buckets": 2**21}
    tensors = {
        "words": np.zeros((len(files.tensors["words"]), 4096), np.float32),
        "ngrams": np.zeros((0, 4096), np.float32),
        "ngram_rows": np.zeros(0, np.int32),
        "output": np.zeros((4, 4096), np.float32),
    }
    refused(changed(files, tmp_path / "m", manifest={"settings": own}, tensors=tensors), "numbers")


# -- vocabulary -------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize(
    "vocabulary",
    [
        "",
        "{}",
        "[",
        "null",
        "7",
        '"words"',
        "[1, 2]",
        '["a", null]',
        "[]",
        '["a"]',
        '["a", "a"]',
        '[["a"]]',
        '["\\ud800"]',
        "[" * 100_000,
        '{"a": 1, "a": 2}',
        "[NaN]",
    ],
    ids=lambda text: text[:20],
)
def test_a_vocabulary_that_is_none(name, vocabulary, saved, tmp_path):
    refused(changed(saved[name], tmp_path / "m", texts={"vocabulary.json": vocabulary}))


@EVERY
def test_a_vocabulary_that_does_not_fit_the_weights(name, saved, tmp_path):
    words = json.loads(saved[name].texts["vocabulary.json"])
    for i, other in enumerate([words[:-1], [*words, "one more"], [*words[:-1], words[0]]]):
        refused(changed(saved[name], tmp_path / str(i), texts={"vocabulary.json": json.dumps(other)}))
    refused(changed(saved[name], tmp_path / "none", texts={"vocabulary.json": None}), "missing")


# -- tensors ----------------------------------------------------------------------------------------------


@EVERY
def test_tensors_that_are_missing_or_of_another_shape_or_dtype(name, saved, tmp_path):
    files = saved[name]
    for i, (tensor, array) in enumerate(files.tensors.items()):
        wrong = [
            None,
            array[:-1],
            array[..., None],
            array.astype(np.float64),
            array.astype(np.int8),
            np.zeros(0, array.dtype),
        ]
        for j, other in enumerate(wrong):
            if other is not None and other.shape == array.shape and other.dtype == array.dtype:
                continue
            refused(changed(files, tmp_path / f"{i}-{j}", tensors={tensor: other}))


@EVERY
@pytest.mark.parametrize("value", [3e38, -3e38, 1e13])
def test_weights_too_large_to_calculate_with(name, value, saved, tmp_path):
    files = saved[name]
    for i, (tensor, array) in enumerate(files.tensors.items()):
        if array.dtype == np.float32 and array.size:
            huge = array.copy()
            huge.flat[array.size // 2] = value
            refused(changed(files, tmp_path / str(i), tensors={tensor: huge}), "too large")


@EVERY
def test_the_largest_weights_that_load_give_finite_answers(name, saved, tmp_path):
    files = saved[name]
    tensors = {
        key: np.where(np.arange(array.size).reshape(array.shape) % 2, 1e12, -1e12).astype(np.float32)
        for key, array in files.tensors.items()
        if array.dtype == np.float32
    }
    model = sadari.load(changed(files, tmp_path / "m", manifest={"inverse_temperature": 1e12}, tensors=tensors))
    texts = [*TEXTS, " ".join(TEXTS * 20)]
    assert np.isfinite(model.predict_proba(texts)).all()
    np.testing.assert_allclose(model.predict_proba(texts).sum(axis=1), 1)
    assert np.isfinite(model.explain(texts[-1]).contributions).all()


@pytest.mark.parametrize("name", ["bow", "ngram"])
def test_tables_of_ngrams_that_no_text_can_make(name, saved, tmp_path):
    files = saved[name]
    grams, feature_of = files.tensors["grams"], files.tensors["feature_of"]
    words = len(json.loads(files.texts["vocabulary.json"]))
    last = len(grams) - 1

    def with_gram(row, prefix, word):
        other = grams.copy()
        other[row] = prefix, word
        return other

    chain = np.stack([np.arange(-1, last), np.zeros(last + 1)], axis=1).astype(np.int32)
    chain[0] = NO_PREFIX, 0
    tables = {
        "its own prefix": with_gram(last, last, 0),
        "a cycle": with_gram(0, last, 0),
        "a later prefix": with_gram(0, 1, 0),
        "a prefix out of range": with_gram(last, 10**9, 0),
        "a negative prefix": with_gram(last, -2, 0),
        "a word out of range": with_gram(last, NO_PREFIX, words),
        "a negative word": with_gram(last, NO_PREFIX, -1),
        "twice the same": with_gram(last, *grams[0]),
        "longer than the longest": chain,
        "three columns": np.zeros((last + 1, 3), np.int32),
        "a vector": grams.reshape(-1),
    }
    for what, table in tables.items():
        refused(changed(files, tmp_path / what.replace(" ", "-"), tensors={"grams": table}))
    features = {
        "twice": np.where(feature_of == 1, 0, feature_of),
        "a gap": np.where(feature_of == 0, -1, feature_of),
        "out of range": np.where(feature_of == 0, 10**9, feature_of),
        "odd negatives": np.where(feature_of == 0, -7, feature_of),
        "too few": feature_of[:-1],
    }
    for what, numbers in features.items():
        refused(
            changed(files, tmp_path / f"f-{what.replace(' ', '-')}", tensors={"feature_of": numbers.astype(np.int32)})
        )


def test_rows_of_ngrams_that_do_not_fit(saved, tmp_path):
    files = saved["embedding-bag"]
    rows = files.tensors["ngram_rows"]
    for i, wrong in enumerate((-1, 0, len(files.tensors["words"]) - 1, 2**31 - 1)):
        other = rows.copy()
        other[0] = wrong
        refused(changed(files, tmp_path / str(i), tensors={"ngram_rows": other}), "rows of the n-grams")


def test_counts_of_words_that_cannot_be(saved, tmp_path):
    files = saved["embedding-bag"]
    for i, value in enumerate((-1, -(2**62), 2**62)):
        counts = files.tensors["word_counts"].copy()
        counts[3] = value
        assert loads_or_is_refused(changed(files, tmp_path / str(i), tensors={"word_counts": counts})) == "loaded"


# -- anything ---------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=6,
)


def places(value, path=()):
    """Every place in a JSON value, as the keys that lead to it."""
    yield path
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from places(entry, (*path, key))
    elif isinstance(value, list):
        for i, entry in enumerate(value):
            yield from places(entry, (*path, i))


def replaced(value, path, other):
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], other)
    return copy


@EVERY
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_of_the_manifest_replaced_by_any_other(name, saved, tmp_path_factory, data):
    files = saved[name]
    head = head_of(files)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([path for path in places(head) if path]))
        head = replaced(head, path, data.draw(JSON))
    folder = tmp_path_factory.mktemp("any") / "m"
    try:
        write_model(folder, manifest=head, tensors=files.tensors, texts=files.texts)
    except ModelError:  # nothing that a folder can say
        return
    loads_or_is_refused(folder)


@EVERY
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_number_of_the_tensors_replaced_by_any_other(name, saved, tmp_path_factory, data):
    files = saved[name]
    tensors = {key: array.copy() for key, array in files.tensors.items()}
    for _ in range(data.draw(st.integers(1, 4))):
        key = data.draw(st.sampled_from(sorted(key for key, array in tensors.items() if array.size)))
        array = tensors[key]
        place = data.draw(st.integers(0, array.size - 1))
        if array.dtype.kind == "f":
            array.flat[place] = data.draw(st.floats(width=32, allow_nan=False, allow_infinity=False))
        else:
            limits = np.iinfo(array.dtype)
            array.flat[place] = data.draw(st.integers(int(limits.min), int(limits.max)) | st.integers(-2, 100))
    assert all(
        math.isfinite(float(array.sum(dtype=np.float64))) for array in tensors.values() if array.dtype.kind == "f"
    )
    loads_or_is_refused(changed(files, tmp_path_factory.mktemp("any") / "m", tensors=tensors))


def test_labels_whose_lengths_multiply_take_no_memory(saved, tmp_path):
    """NumPy gives each string the room of the longest: of a thousand names beside one of a megabyte, four gigabytes."""
    files = saved["bow"]
    names = [str(i) for i in range(1000)] + ["x" * 2**20]
    size = len(files.tensors["weight"])
    folder = changed(
        files,
        tmp_path / "m",
        manifest={"label_names": names, "prior": [1.0] + [0.0] * 1000, "thresholds": [0.5] * 1001},
        tensors={"weight": np.zeros((size, 1001), np.float32), "bias": np.zeros(1001, np.float32)},
        texts={"calibration.json": None},
    )
    tracemalloc.start()
    model = sadari.load(folder)
    assert model.predict([""])[0] == "0"
    assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    tracemalloc.stop()


def test_a_loaded_model_is_not_changed_by_what_its_folder_becomes(saved, tmp_path):
    folder = changed(saved["bow"], tmp_path / "m")
    model = sadari.load(folder)
    before = model.predict_proba(TEXTS)
    EmbeddingBag(epochs=1).fit(TEXTS, LABELS).save(folder)
    assert np.array_equal(model.predict_proba(TEXTS), before)
    assert sadari.load(folder).name == "embedding-bag"
