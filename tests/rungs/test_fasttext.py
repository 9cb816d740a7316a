"""Models of fastText's as a rung, and ours as models of fastText's: the official package predicts the same."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import polars as pl
import pytest

import sadari
from fasttext_files import (
    many_labels,
    official,
    official_probabilities,
    quantise,
    small_bytes,
    small_model,
    train,
    write_lines,
)
from real_data import data_file
from rungs_headlines import headlines, some
from sadari.artifact import read_model
from sadari.errors import ModelError, SettingError
from sadari.export.onnx import export_onnx
from sadari.export.page.html import export_html
from sadari.rungs import EmbeddingBag, FastTextModel, TfIdf, find_rung
from sadari.rungs.fasttext.export import export_fasttext, fasttext_lines
from sadari.vectors.fasttext.file import dense, write_fasttext
from sadari.vectors.fasttext.product_quantization import QuantisedMatrix

TEXTS, LABELS = some(800)
TEST = [text.lower() for text in headlines(part="test")[0].to_list()]
ODD = [
    "",
    " ",
    "zzqq",
    "zzqq qqzz",
    "the",
    "the  the\tthe\vthe\fthe\rthe\0the",
    "a </s> b the goal",
    "</s>",
    "x" * 500,
    "__label__Sports goal",
    "__label__none goal",
    "가 나다 라마바",
    "\u00a0the\u2003the the\u00a0the",
    "…",
    "été 🎉",
]
FEATURES = {"words": {}, "bigrams": {"wordNgrams": 2}, "five": {"wordNgrams": 5}, "pieces": {"minn": 2, "maxn": 4}}
BOTH = {"wordNgrams": 3, "minn": 3, "maxn": 6}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("fasttext")


@pytest.fixture(scope="module")
def lines(place):
    return write_lines(place / "lines.txt", TEXTS, LABELS)


def printed(rung, texts):
    """What fastText prints of these texts: it adds 0.00001 to each probability, or to each node's."""
    if rung.loss_ != "hs":
        return rung.predict_proba(texts) + 1e-5
    hidden, _ = rung._hidden(pl.Series(texts))
    scores = hidden.astype(np.float64) @ rung._output.astype(np.float64)
    if len(rung._lengths):
        scores *= rung._lengths
    logs = np.zeros((len(texts), 2 * len(rung._tree) + 1))
    for node in range(len(rung._tree) - 1, -1, -1):
        right = 1 / (1 + np.exp(-scores[:, node]))
        for child, share in zip(rung._tree[node], (1 - right, right), strict=True):
            logs[:, child] = logs[:, len(rung._tree) + 1 + node] + np.log(share + 1e-5)
    return np.exp(logs[:, rung._columns])


def agrees(path, texts, prefix="__label__"):
    """The rung with this file's content, once it agrees with the official package."""
    rung = FastTextModel.from_file(path, label_prefix=prefix)
    names, wanted = official_probabilities(path, texts, prefix)
    assert [name.removeprefix(prefix) for name in rung.classes_] == names
    found = printed(rung, texts)
    missing = np.isnan(wanted)  # of the loss hs it leaves out what is less likely than 0.00001
    assert not missing.any() or rung.loss_ == "hs"
    assert (found[missing] < 1.01e-5).all()
    wanted = np.where(missing, found, wanted)
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    decided = np.sort(wanted, axis=1)[:, -1] - np.sort(wanted, axis=1)[:, -2] > 1e-6  # the others are ties
    assert np.array_equal(found.argmax(axis=1)[decided], wanted.argmax(axis=1)[decided])
    return rung


# -- as the official package predicts ---------------------------------------------------------------------


@pytest.mark.parametrize(("loss", "features"), list(product(["softmax", "ova", "hs", "ns"], FEATURES)))
def test_models_of_every_kind(loss, features, place, lines):
    path = train(lines, place / f"{loss}-{features}.bin", loss=loss, **FEATURES[features])
    rung = agrees(path, [*TEST[:200], *ODD])
    assert rung.multilabel == (loss == "ova")
    assert np.ptp(rung.predict_proba(TEST), axis=0).min() > 0.5


QUANTISED = {
    "codes": {},
    "lengths": {"qnorm": True},
    "output": {"qnorm": True, "qout": True},
    "wide parts": {"dsub": 4},
    "pruned": {"cutoff": 800},
    "trained again": {"cutoff": 800, "qnorm": True, "qout": True, "retrain": True},
}


@pytest.mark.parametrize("loss", ["softmax", "ova", "hs"])
def test_quantised_models(loss, place):
    many = write_lines(place / "many.txt", TEXTS, many_labels(TEXTS))
    full = train(many, place / f"many-{loss}.bin", loss=loss, bucket=2_000, **BOTH)
    for name in QUANTISED if loss == "softmax" else ("output", "trained again"):
        options = QUANTISED[name]
        rung = agrees(quantise(full, place / "q.ftz", many, **options), [*TEST[:60], *ODD])
        assert ("pruned" in str(rung.description())) == ("cutoff" in options), name


def test_a_pruned_model_of_words_alone(place, lines):
    full = train(lines, place / "words.bin")
    agrees(quantise(full, place / "words.ftz", lines, cutoff=500), [*TEST[:60], *ODD])


def test_labels_with_another_prefix(place):
    own = write_lines(place / "own.txt", TEXTS, LABELS, prefix="#")
    path = train(own, place / "own.bin", label="#", wordNgrams=2)
    assert agrees(path, [*TEST[:60], *ODD], prefix="#").classes_.tolist() == sorted(
        {label.replace(" ", "_") for label in LABELS}
    )
    assert FastTextModel.from_file(path).classes_[0].startswith("#")


@pytest.mark.data
@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({"wordNgrams": 2}, None),
        ({"loss": "ova", "minn": 3, "maxn": 4}, None),
        pytest.param({"loss": "hs"}, {"qnorm": True}, marks=pytest.mark.slow),
        pytest.param({**BOTH}, {"cutoff": 20_000}, marks=pytest.mark.slow),
    ],
)
def test_the_test_texts_of_ag_news(settings, options, place):
    from sadari.data.read import open_source

    train_rows = open_source(data_file("ag_news/train.csv")).read()
    texts = [" ".join(text.lower().split("\n")) for text in open_source(data_file("ag_news/test.csv")).read().texts]
    assert len(texts) == 7_600
    rows = write_lines(place / "ag.txt", train_rows.texts[:6_000].to_list(), train_rows.labels[:6_000].to_list())
    path = train(rows, place / "ag.bin", bucket=200_000, epoch=4, lr=1.0, **settings)
    agrees(path if options is None else quantise(path, place / "ag.ftz", rows, **options), texts)


def test_large_quantised_matrices_are_not_decoded_whole(place, lines):
    full = train(lines, place / "bigrams.bin", bucket=2_000, **BOTH)
    rung = FastTextModel.from_file(quantise(full, place / "b.ftz", lines, qnorm=True, dsub=3))
    decoded = rung.logits(TEST[:50])
    told = rung.explain(TEST[0])
    rung._input = rung.file_.input  # as it is where the matrix would take over 512 MiB
    assert isinstance(rung._input, QuantisedMatrix)
    assert np.array_equal(rung.logits(TEST[:50]), decoded)
    assert np.array_equal(rung.explain(TEST[0]).contributions, told.contributions)


# -- as a rung --------------------------------------------------------------------------------------------


@pytest.fixture(params=["softmax", "ova", "hs", "ns"])
def small(request, tmp_path):
    small_bytes(tmp_path / "m.bin", loss=request.param)
    return FastTextModel.from_file(tmp_path / "m.bin")


def test_why_it_does_not_leave_as_onnx_or_a_page_is_said(small, tmp_path):
    for export in (export_onnx, export_html):
        with pytest.raises(SettingError, match=r"imported from fastText.*\n.*--to fasttext.*embedding-bag"):
            export(small, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_it_is_not_trained_here(small):
    with pytest.raises(SettingError, match="embedding-bag"):
        small.fit(["a", "b"], ["x", "y"])
    with pytest.raises(SettingError, match="embedding-bag"):
        find_rung("fasttext")
    assert "fasttext" not in sadari.RUNGS


def test_labels_priors_and_marks(small):
    assert small.classes_.tolist() == ["a", "b c", "d"]
    shares = [5 / 9, 3 / 9, 1 / 9]  # of several labels: of the nine lines that ended; of one: of nine labels
    np.testing.assert_allclose(small.prior_, shares)
    probabilities, known = small.predict_with_marks(["", "the cat", "zz", "\n"])
    assert known.tolist() == [False, True, True, False]  # unknown words have pieces
    assert np.array_equal(probabilities[0], probabilities[3])
    alone = np.concatenate([small.predict_proba([text]) for text in ["", "the cat", "zz"]])
    assert np.array_equal(alone, probabilities[:3])
    assert small.predict([]) is not None
    assert small.predict_proba([]).shape == (0, 3)
    kind = tuple if small.multilabel else str
    assert all(isinstance(label, kind) for label in small.predict(["the cat", "zz"]))


def test_contributions_add_up(small):
    for text in ["", "the cat sat", "zz 가", "the the </s> cat", "__label__a cat __label__zz sat"]:
        told = small.explain(text)
        np.testing.assert_allclose(told.logits, small.logits([text])[0], atol=1e-5)
        assert np.array_equal(told.probabilities, small.predict_proba([text])[0])
    assert small.explain("the the </s> cat").features == ["the", "the", "</s>", "the the", "the </s>"]
    assert small.explain("__label__a cat\n__label__zz sat").features == ["cat", "sat", "</s>", "cat sat", "sat </s>"]


def test_a_folder_predicts_the_same_and_is_written_back_with_the_same_bytes(place, lines, tmp_path):
    many = write_lines(place / "many.txt", TEXTS, many_labels(TEXTS))
    full = train(many, place / "round.bin", loss="hs", bucket=2_000, **BOTH)
    paths = [full, quantise(full, place / "r.ftz", many, cutoff=500, qout=True, qnorm=True), tmp_path / "small"]
    small_bytes(tmp_path / "small", quantised=True, loss="ova")
    for path in paths:
        rung = FastTextModel.from_file(path)
        rung.save(tmp_path / "model")
        again = sadari.load(tmp_path / "model")
        assert type(again) is FastTextModel
        for texts in (TEST[:100], ODD):
            assert np.array_equal(again.predict_proba(texts), rung.predict_proba(texts))
        assert np.array_equal(again.prior_, rung.prior_)
        export_fasttext(again, tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == path.read_bytes()


def test_folders_whose_parts_do_not_fit(tmp_path):
    for kind in ({}, {"pruned": True, "loss": "hs"}):
        small_bytes(tmp_path / "m.bin", **kind)
        FastTextModel.from_file(tmp_path / "m.bin").save(tmp_path / "good")
        files = read_model(tmp_path / "good")
        head = files.manifest
        cases = [
            ({"label_names": ["a", "b c", "e"]}, {}),
            ({"label_kind": "several"}, {}),
            ({"settings": {"x": 1}}, {}),
        ]
        for key, value in head["model"].items():
            for other in (None, -7, "x", 10**30):
                if other != value and key != "tokens":
                    cases.append(({"model": {**head["model"], key: other}}, {}))
        for key, value in head["model"]["arguments"].items():
            for other in (None, "x", 2**31, 1.5, True):
                cases.append(
                    ({"model": {**head["model"], "arguments": {**head["model"]["arguments"], key: other}}}, {})
                )
            del value
        for name, tensor in files.tensors.items():
            for other in (tensor[:-1], tensor.reshape(-1, 1, 1).astype(np.float64)):
                cases.append(({}, {name: other}))
        offsets = files.tensors["entry_offsets"]
        cases += [({}, {"entry_offsets": offsets[::-1].copy()}), ({}, {"entry_offsets": offsets * 1000})]
        cases += [({}, {"entry_counts": -files.tensors["entry_counts"]})]
        refused = 0
        for manifest, tensors in cases:
            bad = replace(files, manifest={**files.manifest, **manifest}, tensors={**files.tensors, **tensors})
            try:
                model = FastTextModel.from_files(bad)
            except ModelError:
                refused += 1
                continue
            assert np.isfinite(model.predict_proba(["the cat", "zz"])).all(), (manifest, tensors)
        assert refused > 0.8 * len(cases)


def test_one_label_or_two_alike_make_no_classifier(tmp_path):
    data = small_bytes(tmp_path / "m.bin")
    (tmp_path / "m.bin").write_bytes(data.replace(b"__label__d", b"__label__a"))
    with pytest.raises(ModelError, match="alike"):
        FastTextModel.from_file(tmp_path / "m.bin")
    file = small_model(loss="hs")
    file.dictionary.counts[-3:] = [1, 5, 10**16]
    write_fasttext(file, tmp_path / "m.bin")
    with pytest.raises(ModelError, match="tree"):
        FastTextModel.from_file(tmp_path / "m.bin")


# -- embedding-bag for fastText ---------------------------------------------------------------------------


def exported(model, path, texts):
    """Lines of texts, and the probabilities that the official package prints of them."""
    export_fasttext(model, path)
    lines = fasttext_lines(model, pl.Series(texts)).decode().split("\n")[:-1]
    assert len(lines) == len(texts)
    names, found = official_probabilities(path, lines)
    assert names == [str(label) for label in model.classes_]
    return lines, found


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"longest": 1},
        {"longest": 4, "width": 5, "buckets": 2**10},
        {"min_count": 3},
        {"min_count": 500},
        {"tokenizer": "whitespace"},
        {"tokenizer": "syllables"},
        {"longest": 1, "end": False},
        {"longest": 1, "subwords": (3, 6)},
        {"longest": 3, "subwords": (1, 3), "buckets": 2**10, "min_count": 3},
        {"longest": 1, "subwords": (2, 4), "end": False},
        {"subwords": (2, 3), "tokenizer": "syllables"},
    ],
    ids=str,
)
def test_fasttext_predicts_the_same(settings, tmp_path):
    model = EmbeddingBag(epochs=5, **settings).fit(TEXTS, LABELS, validation=(TEXTS[:300], LABELS[:300]))
    assert model.inverse_temperature_ != 1
    texts = [
        *headlines(part="test")[0].to_list()[:200],
        *(text for text in ODD if "__label__" not in text and "\0" not in text),
    ]
    lines, found = exported(model, tmp_path / "m.bin", texts)
    wanted, known = model.predict_with_marks(texts)
    assert known[:200].all()
    np.testing.assert_allclose(found[known], wanted[known] + 1e-5, atol=1e-5)
    assert np.array_equal(found[:200].argmax(axis=1), wanted[:200].argmax(axis=1))
    back = FastTextModel.from_file(tmp_path / "m.bin")
    np.testing.assert_allclose(back.predict_proba(lines)[known], wanted[known], atol=1e-5)
    np.testing.assert_allclose(back.prior_, model.prior_, atol=0.01)


def invented(seed, words):
    """Words of two invented languages, no two alike: what tells them apart are their endings."""
    random = np.random.default_rng(seed)
    stems = ["".join(random.choice(list("abdeiklmnoprstu"), 6)) for _ in range(words)]
    labels = random.choice(["north", "south"], words).tolist()
    return [stem + ("sk" if label == "north" else "io") for stem, label in zip(stems, labels, strict=True)], labels


def test_words_never_seen_are_known_by_their_subwords(tmp_path):
    model = EmbeddingBag(subwords=(2, 4)).fit(*invented(0, 500))
    words, labels = invented(1, 300)
    assert model.score(words, labels) > 0.97
    assert EmbeddingBag().fit(*invented(0, 500)).score(words, labels) < 0.7
    _, known = model.predict_with_marks([*words, ""])
    assert known.tolist() == [True] * 300 + [False]
    told = model.explain("mulapsk zzz")
    assert told.features == ["mulapsk", "zzz", "</s>", "mulapsk zzz", "zzz </s>"]
    np.testing.assert_allclose(told.logits, model.logits(["mulapsk zzz"])[0] * model.inverse_temperature_, atol=1e-5)
    assert told.strongest("north", 1)[0][0] == "mulapsk"
    for label, best in model.top_features(20).items():
        assert all(word.endswith("sk" if label == "north" else "io") for word, _ in best if word != "</s>")
    model.save(tmp_path / "model")
    again = sadari.load(tmp_path / "model")
    assert np.array_equal(again.predict_proba(words), model.predict_proba(words))
    export_fasttext(model, tmp_path / "a")
    export_fasttext(again, tmp_path / "b")
    assert (tmp_path / "a").read_bytes()[64:] == (tmp_path / "b").read_bytes()[64:]


@pytest.mark.data
def test_the_default_model_of_ag_news_in_fasttext(tmp_path):
    from sadari.data.read import open_source

    rows = open_source(data_file("ag_news/train.csv")).read()
    texts = open_source(data_file("ag_news/test.csv")).read().texts
    model = EmbeddingBag(epochs=2).fit(rows.texts[:8_000], rows.labels[:8_000])
    _, found = exported(model, tmp_path / "m.bin", texts.to_list())
    wanted = model.predict_proba(texts)
    np.testing.assert_allclose(found, wanted + 1e-5, atol=1e-5)
    assert np.array_equal(found.argmax(axis=1), wanted.argmax(axis=1))


def test_several_labels_a_text(tmp_path):
    labels = [[label, "long"] if len(text) > 200 else [label] for text, label in zip(TEXTS, LABELS, strict=True)]
    model = EmbeddingBag(epochs=10).fit(TEXTS, labels)
    texts = headlines(part="test")[0].to_list()[:200]
    _, found = exported(model, tmp_path / "m.bin", texts)
    wanted = model.predict_proba(texts)
    # fastText looks the sigmoid up in a table of 512 steps, each taken at its lower end
    assert np.abs(found - wanted).max() < 0.008
    assert np.abs(found - wanted).mean() < 0.003
    sure = np.abs(wanted - 0.5).min(axis=1) > 0.008
    assert sure.mean() > 0.9
    assert np.array_equal(found[sure] >= 0.5, wanted[sure] >= 0.5)
    assert FastTextModel.from_file(tmp_path / "m.bin").multilabel


def test_labels_with_spaces_and_numbers(tmp_path):
    names = [f"{label} of the world\t" for label in LABELS]
    model = EmbeddingBag(epochs=2).fit(TEXTS, names)
    exported(model, tmp_path / "m.bin", TEXTS[:5])
    assert FastTextModel.from_file(tmp_path / "m.bin").predict(TEXTS[:1])[0].endswith(" of the world\t")
    with pytest.raises(SettingError, match="white space"):
        fasttext_lines(model, pl.Series(TEXTS[:2]), pl.Series(names[:2]))
    number = EmbeddingBag(epochs=2).fit(TEXTS, [len(label) for label in LABELS])
    exported(number, tmp_path / "m.bin", TEXTS[:5])


def test_lines(tmp_path):
    model = EmbeddingBag(epochs=1, tokenizer="basic_english").fit(TEXTS, LABELS)
    texts = pl.Series(["A  fine\nday!", "", "x </s> y", "Été"])
    assert fasttext_lines(model, texts).decode() == "a fine day !\n\nx y\nété\n"
    labels = pl.Series(["a", None, "b", "c"])
    expected = "__label__a a fine day !\n\n__label__b x y\n__label__c été\n"
    assert fasttext_lines(model, texts, labels).decode() == expected
    several = pl.Series([["a", "b"], [], None, ["c"]], dtype=pl.List(pl.String))
    expected = "__label__a __label__b a fine day !\n\nx y\n__label__c été\n"
    assert fasttext_lines(model, texts, several).decode() == expected
    small_bytes(tmp_path / "m.bin")
    own = FastTextModel.from_file(tmp_path / "m.bin")
    assert fasttext_lines(own, texts).decode() == "A fine day!\n\nx y\nÉté\n"
    assert fasttext_lines(own, texts[:0]) == b""


def test_the_official_package_tests_the_lines(tmp_path):
    model = EmbeddingBag(epochs=5).fit(TEXTS, LABELS)
    export_fasttext(model, tmp_path / "m.bin")
    texts, labels = headlines(part="test")
    (tmp_path / "m.txt").write_bytes(fasttext_lines(model, texts, labels))
    rows, precision, _ = official().load_model(str(tmp_path / "m.bin")).test(str(tmp_path / "m.txt"))
    assert rows == len(texts)
    assert precision == pytest.approx(model.score(texts, labels))


@pytest.mark.parametrize(
    ("settings", "texts", "reason"),
    [
        ({"tokenizer": "characters"}, ["a b", "c d"], "white space"),
        ({"tokenizer": "whitespace"}, ["__label__a b", "c d"], "would be a label"),
        ({"end": False}, ["a b", "c d"], "end=True"),
        ({"end": False, "longest": 1, "tokenizer": "whitespace"}, ["a </s>", "c d"], "end=True"),
    ],
)
def test_what_fasttext_cannot_have(settings, texts, reason, tmp_path):
    model = EmbeddingBag(epochs=1, **settings).fit(texts, ["x", "y"])
    with pytest.raises(SettingError, match=reason):
        export_fasttext(model, tmp_path / "m.bin")
    assert not (tmp_path / "m.bin").exists()


def test_other_rungs_and_labels_with_nul(tmp_path):
    with pytest.raises(SettingError, match="no form for the rung 'tfidf'"):
        export_fasttext(TfIdf().fit(TEXTS[:50], LABELS[:50]), tmp_path / "m.bin")
    model = EmbeddingBag(epochs=1).fit(TEXTS[:2], ["a\0b", "c"])
    with pytest.raises(SettingError, match="NUL"):
        export_fasttext(model, tmp_path / "m.bin")


def test_exports_are_deterministic(tmp_path):
    model = EmbeddingBag(epochs=1).fit(TEXTS, LABELS)
    model.save(tmp_path / "model")
    export_fasttext(model, tmp_path / "a")
    export_fasttext(sadari.load(tmp_path / "model"), tmp_path / "b")
    first, second = ((tmp_path / name).read_bytes() for name in "ab")
    assert first[64:] == second[64:]
    assert len(first) == len(second)


def test_the_manifest_says_what_it_is(tmp_path):
    small_bytes(tmp_path / "m.bin", pruned=True)
    FastTextModel.from_file(tmp_path / "m.bin").save(tmp_path / "model")
    manifest = json.loads((tmp_path / "model" / "sadari.json").read_text())
    assert (manifest["kind"], manifest["rung"], manifest["settings"]) == ("classifier", "fasttext", {})
    assert "quantised and pruned" in str(FastTextModel.load(tmp_path / "model").description())
    assert dense(FastTextModel.load(tmp_path / "model").file_.input).shape == (8, 4)
