"""The rung `embed`: vectors as others make them, a head as scikit-learn's, and a model folder that stands alone."""

import json
import re
import shutil

import numpy as np
import polars as pl
import pytest
import torch

from bert_small import LABELS, TEXTS, save_encoder, wordpiece
from embedders_small import POOLING, TRANSFORMER, sentence_folder, static_folder
from sadari.errors import DataError, ModelError, SadariWarning, SettingError
from sadari.pretrained.embedders import cache
from sadari.pretrained.embedders.read import kind_of_weights, read_embedder
from sadari.rungs import EmbeddingClassifier, load
from sadari.vectors.formats.files import write_vectors
from sadari.vectors.keyed import WordVectors

pytest.importorskip("transformers")
MIXED = pl.Series([*TEXTS[:5], "a goal " * 60, "the  BANK, of the news!", "x"])


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return save_encoder(tmp_path_factory.mktemp("plain") / "w")


def states_of(folder, text, longest):
    """What `transformers` gives for one text: [length, width]."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        found = tokenizer(text, truncation=True, max_length=longest, return_tensors="pt")
        return model(**found).last_hidden_state[0].numpy()


BY_HAND = {
    "cls": lambda states: states[0],
    "max": lambda states: states.max(axis=0),
    "mean": lambda states: states.mean(axis=0),
    "mean_sqrt_len_tokens": lambda states: states.sum(axis=0) / np.sqrt(len(states)),
    "weightedmean": lambda states: np.average(states, axis=0, weights=np.arange(1, len(states) + 1)),
    "lasttoken": lambda states: states[-1],
}


# -- vectors --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert", "mpnet"])
def test_an_encoder_without_modules_is_averaged(family, tmp_path):
    folder = save_encoder(tmp_path / "w", family)
    vectors, known = read_embedder(folder, MIXED).embed(MIXED)
    wanted = np.stack([states_of(folder, text, 38).mean(axis=0) for text in MIXED])
    assert np.allclose(vectors, wanted, atol=1e-5)
    assert known.all()


@pytest.mark.parametrize("mode", list(BY_HAND))
@pytest.mark.parametrize("normalise", [False, True])
def test_a_sentence_transformers_folder(mode, normalise, plain, tmp_path):
    folder = sentence_folder(tmp_path / "w", plain, {"pooling_mode": mode}, normalise=normalise)
    vectors = read_embedder(folder, MIXED).embed(MIXED)[0]
    wanted = np.stack([BY_HAND[mode](states_of(folder, text, 16)) for text in MIXED])
    if normalise:
        wanted = wanted / np.linalg.norm(wanted, axis=1, keepdims=True)
    assert np.allclose(vectors, wanted, atol=1e-5)


def test_older_names_of_poolings_stand_side_by_side_in_their_own_order(plain, tmp_path):
    flags = {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True, "pooling_mode_max_tokens": False}
    vectors = read_embedder(sentence_folder(tmp_path / "w", plain, flags), MIXED).embed(MIXED)[0]
    states = [states_of(plain, text, 16) for text in MIXED]
    assert np.allclose(vectors, [np.concatenate([one[0], one.mean(axis=0)]) for one in states], atol=1e-5)


@pytest.mark.parametrize("mapped", [False, True])
def test_static_embeddings_as_model2vec_has_them(mapped, tmp_path):
    size = wordpiece().get_vocab_size()
    random = np.random.default_rng(1)
    more = {"weights": random.random(size).astype(np.float32), "mapping": random.integers(0, 9, size)} if mapped else {}
    folder, table, tokenizer = static_folder(tmp_path / "w", config={"max_length": 9}, **more)
    texts = pl.Series([*MIXED, "", "ꙮ the ꙮ match"])
    vectors, known = read_embedder(folder, texts).embed(texts)
    for text, vector, mark in zip(texts, vectors, known, strict=True):
        ids = np.array(tokenizer.encode(text, add_special_tokens=False).ids[:9], int)
        ids = ids[ids != 1]  # [UNK]
        rows = table[more["mapping"][ids]] * more["weights"][ids][:, None] if mapped else table[ids]
        mean = rows.mean(axis=0) if len(ids) else np.zeros(12)
        assert np.allclose(vector, mean / max(np.linalg.norm(mean), 1e-32), atol=1e-6)
        assert mark == (len(ids) > 0)


def test_word_vectors_are_averaged(tmp_path):
    vectors = WordVectors(["the", "match", "goal"], np.eye(3, dtype=np.float32), tokenizer="words")
    write_vectors(vectors, tmp_path / "v")
    found, known = read_embedder(tmp_path / "v", MIXED).embed(pl.Series(["the Match", "the the goal zzz", "zzz"]))
    assert np.allclose(found, [[0.5, 0.5, 0], [2 / 3, 0, 1 / 3], [0, 0, 0]])
    assert known.tolist() == [True, True, False]


def test_what_a_folder_is_is_seen_in_what_it_holds(plain, tmp_path):
    write_vectors(WordVectors(["a"], np.ones((1, 2), np.float32)), tmp_path / "v.txt")
    assert kind_of_weights(tmp_path / "v.txt") == "words"
    assert kind_of_weights(static_folder(tmp_path / "s")[0]) == "static"
    assert kind_of_weights(plain) == "encoder"
    assert kind_of_weights(sentence_folder(tmp_path / "w", plain, {})) == "sentences"


def test_a_text_has_the_same_vector_alone_and_in_a_batch(plain):
    embedder = read_embedder(plain, MIXED)
    with cache.without_cache():
        together = embedder.embed(MIXED)[0]
        alone = np.concatenate([embedder.embed(MIXED[i : i + 1])[0] for i in range(len(MIXED))])
    assert np.allclose(together, alone, atol=1e-5)


# -- the classifier ---------------------------------------------------------------------------------------


@pytest.fixture(params=["encoder", "static", "words"])
def weights(request, plain, tmp_path):
    if request.param == "encoder":
        return sentence_folder(tmp_path / "w", plain, {"pooling_mode": "mean"}, normalise=True)
    if request.param == "static":
        return static_folder(tmp_path / "w")[0]
    words = sorted({word for text in TEXTS for word in text.split()})
    write_vectors(
        WordVectors(words, np.random.default_rng(0).normal(size=(len(words), 9)).astype("f4")), tmp_path / "w"
    )
    return tmp_path / "w"


def test_it_learns_saves_and_predicts_without_its_weights(weights, tmp_path):
    model = EmbeddingClassifier(weights=weights).fit(TEXTS, LABELS)
    assert model.score(TEXTS, LABELS) > 0.9
    model.save(tmp_path / "m")
    shutil.rmtree(weights)
    again = load(tmp_path / "m")
    assert np.allclose(again.predict_proba([*MIXED, ""]), model.predict_proba([*MIXED, ""]), atol=1e-6)
    assert again.resolved_settings()["C"] == model.C_


def test_reasons_sum_to_the_logits(weights):
    model = EmbeddingClassifier(weights=weights).fit(TEXTS, LABELS)
    explained = model.explain(TEXTS[0])
    assert explained.complete
    assert np.allclose(explained.logits, model.logits([TEXTS[0]])[0] * model.inverse_temperature_, atol=0.05)
    assert "match" in explained.features


def test_several_labels_a_text(weights):
    labels = [[label, "all"] if place % 3 else [label] for place, label in enumerate(LABELS)]
    model = EmbeddingClassifier(weights=weights, C=10.0).fit(TEXTS, labels)
    assert model.multilabel
    assert model.predict_proba(TEXTS).shape == (len(TEXTS), 5)


def test_class_weights_move_it(weights):
    flat = EmbeddingClassifier(weights=weights, C=0.01).fit(TEXTS, LABELS)
    heavy = EmbeddingClassifier(weights=weights, C=0.01, class_weight={"World": 50.0}).fit(TEXTS, LABELS)
    world = list(flat.classes_).index("World")
    assert heavy.predict_proba(TEXTS)[:, world].mean() > flat.predict_proba(TEXTS)[:, world].mean() + 0.1


def test_the_head_is_scikit_learns():
    from sklearn.linear_model import Ridge

    from sadari.train.solvers.ridge import fit_ridge

    random = np.random.default_rng(0)
    vectors = random.normal(size=(300, 12)).astype(np.float32)
    targets = np.eye(3, dtype=bool)[(vectors[:, :3] + random.normal(size=(300, 3))).argmax(axis=1)]
    costs = random.uniform(0.5, 2, 300).astype(np.float32)
    strengths = (0.01, 1.0, 30.0)
    for strength, ours in zip(strengths, fit_ridge(vectors, targets, costs, strengths), strict=True):
        theirs = Ridge(alpha=costs.sum() / strength).fit(vectors, np.where(targets, 1, -1), sample_weight=costs)
        assert np.allclose(ours.weight.T, theirs.coef_, atol=1e-5)
        assert np.allclose(ours.bias, theirs.intercept_, atol=1e-5)


def test_the_strength_is_nearest_on_rows_that_are_held_out():
    from sadari.train.solvers.ridge import STRENGTHS, choose_strength

    random = np.random.default_rng(0)
    vectors, costs = random.normal(size=(200, 60)).astype(np.float32), random.uniform(0.5, 2, 200).astype(np.float32)
    chosen = []
    for noise in (0.1, 3.0, 30.0):
        targets = np.eye(3, dtype=bool)[(vectors[:, :3] + noise * random.normal(size=(200, 3))).argmax(axis=1)]
        found = choose_strength(vectors, targets, costs, seed=0)
        assert sorted(found.rows) == list(range(200))
        square = np.square(found.logits - np.where(targets[found.rows], 1, -1)).mean(axis=1)
        assert np.isclose(found.losses[found.strength], np.average(square, weights=costs[found.rows]), rtol=1e-5)
        assert found.strength == min(STRENGTHS, key=found.losses.__getitem__)
        chosen.append(found.strength)
    assert chosen[0] > chosen[1] >= chosen[2]


def test_beside_the_vector_stands_what_enters_the_lowest_layer(plain):
    import transformers

    both = read_embedder(plain, MIXED, lowest=True).embed(MIXED)[0]
    vectors = read_embedder(plain, MIXED).embed(MIXED)[0]
    assert np.allclose(both[:, : vectors.shape[1]], vectors, atol=1e-5)
    tokenizer = transformers.AutoTokenizer.from_pretrained(plain)
    model = transformers.AutoModel.from_pretrained(plain).eval()
    for text, found, vector in zip(MIXED, both[:, vectors.shape[1] :], vectors, strict=True):
        ids = tokenizer(text, truncation=True, max_length=38, return_tensors="pt")
        with torch.inference_mode():
            mean = model(**ids, output_hidden_states=True).hidden_states[0][0].numpy().mean(axis=0)
        assert np.allclose(found, mean / np.linalg.norm(mean) * np.linalg.norm(vector), atol=1e-5)


# -- the cache --------------------------------------------------------------------------------------------


def test_a_text_is_embedded_once(plain, monkeypatch):
    asked = []
    embedder = read_embedder(plain, MIXED)
    inner = embedder._embed
    monkeypatch.setattr(embedder, "_embed", lambda column: asked.extend(column) or inner(column))
    texts = pl.Series([*TEXTS, "one more", "", "a\x00b"])
    first = embedder.embed(texts)
    assert sorted(asked) == sorted(set(texts))
    again = embedder.embed(texts.reverse())
    assert len(asked) == len(set(texts))
    assert np.array_equal(again[0][::-1], first[0])
    assert np.array_equal(again[1][::-1], first[1])
    with cache.without_cache():
        embedder.embed(texts)
    assert len(asked) > len(texts)


def test_other_weights_or_settings_share_nothing(plain, tmp_path):
    other = save_encoder(tmp_path / "other", seed=1)
    made = [read_embedder(plain, MIXED), read_embedder(plain, MIXED, 8), read_embedder(other, MIXED)]
    assert len({one.fingerprint for one in made}) == 3
    assert read_embedder(plain, MIXED).fingerprint == made[0].fingerprint


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 100, None])
def test_a_damaged_cache_costs_nothing_but_time(damage, plain, own_cache):
    embedder, texts = read_embedder(plain, MIXED), pl.Series([*TEXTS[:12], *(f"{text} too" for text in TEXTS)])
    wanted = embedder.embed(texts)[0]
    (file,) = own_cache.glob("*.sqlite")
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2] if damage is None else damage)
    for _ in range(2):
        assert np.array_equal(embedder.embed(texts)[0], wanted)


def test_the_cache_is_bounded_and_the_oldest_goes(plain, own_cache, monkeypatch, tmp_path):
    texts = pl.Series([f"{text} {number}" for number in range(20) for text in TEXTS])
    old = read_embedder(plain, MIXED)
    old.embed(texts)
    (first,) = own_cache.glob("*.sqlite")
    monkeypatch.setattr(cache, "MOST_BYTES", first.stat().st_size + 20_000)
    new = read_embedder(save_encoder(tmp_path / "other", seed=1), MIXED)
    new.embed(texts)
    assert not first.exists()
    assert len(list(own_cache.glob("*.sqlite"))) == 1


def test_a_cache_that_cannot_be_written(plain, own_cache):
    own_cache.write_text("a file is in the way")
    assert len(read_embedder(plain, MIXED).embed(pl.Series(TEXTS))[0]) == len(TEXTS)


# -- bad weights --------------------------------------------------------------------------------------------


def refused(weights, match, kind=ModelError):
    with pytest.raises(kind, match=match) as error:
        EmbeddingClassifier(weights=weights).fit(TEXTS, LABELS)
    return str(error.value)


def test_no_weights():
    refused(None, "starts from pre-trained weights", SettingError)


@pytest.mark.parametrize(
    ("pooling", "match"),
    [
        ({"pooling_mode": "attention"}, "pooling_mode 'attention'"),
        ({"pooling_mode": []}, "pooling_mode"),
        ({"pooling_mode": 3}, "pooling_mode"),
        ({"pooling_mode_mean_tokens": "yes"}, "pooling_mode"),
        ({"include_prompt": False}, "include_prompt"),
        ({"pooling_mode_something": True}, "pooling_mode_something"),
    ],
)
def test_a_pooling_that_is_not_done_here(pooling, match, plain, tmp_path):
    refused(sentence_folder(tmp_path / "w", plain, pooling), match)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"max_seq_length": 10**18}, "max_seq_length"),
        ({"max_seq_length": "many"}, "max_seq_length"),
        ({"do_lower_case": 1}, "do_lower_case"),
        ({"model_args": {"trust_remote_code": True}}, "model_args"),
        ({"query_length": 32}, "query_length"),
    ],
)
def test_a_setting_that_is_not_done_here(settings, match, plain, tmp_path):
    refused(sentence_folder(tmp_path / "w", plain, {}, **settings), match)


@pytest.mark.parametrize(
    ("modules", "match"),
    [
        ("{", "cannot be read"),
        ("{}", "not a list of modules"),
        ("[1]", "not a list of modules"),
        ("[]", "not done here"),
        (json.dumps([{"path": "", "type": TRANSFORMER}]), "Transformer, which is not done here"),
        (json.dumps([{"path": "", "type": "mine.Evil"}]), "whose code is not run"),
        (json.dumps([{"path": "../x", "type": TRANSFORMER}, {"path": "", "type": POOLING}]), "outside the folder"),
        (json.dumps([{"path": "", "type": "sentence_transformers.models.Dense"}]), "Dense"),
    ],
)
def test_modules_that_are_none(modules, match, plain, tmp_path):
    folder = sentence_folder(tmp_path / "w", plain, {})
    (folder / "modules.json").write_text(modules)
    refused(folder, match)


def test_a_prompt_is_refused_by_name(plain, tmp_path):
    folder = sentence_folder(tmp_path / "w", plain, {})
    said = {"prompts": {"query": "query: "}, "default_prompt_name": "query"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(said))
    refused(folder, "default_prompt_name 'query'")


NUMBERS = np.zeros(3, np.float32)


@pytest.mark.parametrize(
    ("tensors", "match"),
    [
        ({"embeddings": np.full((200, 4), np.nan, np.float32)}, "NaN|finite|infinite"),
        ({"embeddings": np.full((200, 4), 1e30, np.float32)}, "too large"),
        ({"embeddings": np.zeros((3, 4), np.float32)}, "does not fit"),
        ({"embeddings": np.zeros(200, np.float32)}, "no table"),
        ({"embeddings": np.zeros((200, 4), np.int64)}, "no table"),
        ({"weights": NUMBERS}, "weights"),
        ({"mapping": np.full(200, 10**9)}, "mapping"),
        ({"mapping": NUMBERS}, "mapping"),
        ({"more": NUMBERS}, "no tensor 'more'"),
    ],
)
def test_static_embeddings_that_are_none(tensors, match, tmp_path):
    folder, table, _ = static_folder(tmp_path / "w")
    from safetensors.numpy import save_file

    save_file({"embeddings": table, **tensors}, folder / "model.safetensors")
    refused(folder, match)


@pytest.mark.parametrize(
    ("config", "match"),
    [({"normalize": "yes"}, "normalize"), ({"max_length": 10**18}, "max_length"), ({"max_length": True}, "max_length")],
)
def test_a_configuration_of_static_embeddings_that_is_none(config, match, tmp_path):
    refused(static_folder(tmp_path / "w", config=config)[0], match)


@pytest.mark.parametrize("name", ["tokenizer.json", "model.safetensors"])
def test_a_part_that_is_missing_or_is_no_file(name, tmp_path):
    folder = static_folder(tmp_path / "w")[0]
    (folder / name).unlink()
    refused(folder, "no weights|no tokenizer")
    (folder / name).symlink_to("/dev/zero")
    refused(folder, "not a plain file")
    (folder / name).unlink()
    (folder / name).write_bytes(b"\x80\x04pickled")
    refused(folder, "pickle|not UTF-8")


@pytest.mark.parametrize("content", ["", "{", "{}", "[1]", '{"model": 5}', '{"model": {"type": "WordPiece"}}'])
@pytest.mark.parametrize("kind", ["encoder", "static"])
def test_a_tokenizer_that_is_none_is_said_to_be(kind, content, plain, tmp_path):
    folder = static_folder(tmp_path / "w")[0] if kind == "static" else shutil.copytree(plain, tmp_path / "w")
    (folder / "tokenizer.json").write_text(content)
    said = refused(folder, "tokenizer").partition("\n")[0]
    assert not re.search(r": '\w+'$", said)  # the bare key of a KeyError says nothing


def _half(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _long_header(path):
    path.write_bytes((10**18).to_bytes(8, "little") + path.read_bytes()[8:])


def _huge_shape(path):
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    name = next(name for name in header if name != "__metadata__")
    header[name]["shape"] = [10**9, 10**9]
    said = json.dumps(header).encode()
    path.write_bytes(len(said).to_bytes(8, "little") + said + content[8 + length :])


def _not_a_number(path):
    content = bytearray(path.read_bytes())
    content[-4:] = np.float32(np.nan).tobytes()
    path.write_bytes(content)


def _pickled(path):
    path.rename(path.with_name("pytorch_model.bin"))


@pytest.mark.parametrize("damage", [_half, _long_header, _huge_shape, _not_a_number, _pickled])
@pytest.mark.parametrize("kind", ["sentences", "static", "static of sentence-transformers"])
def test_weights_that_are_torn_lie_or_are_pickled(damage, kind, plain, tmp_path):
    if kind == "sentences":
        folder = sentence_folder(tmp_path / "w", plain, {})
    else:
        folder = static_folder(tmp_path / "w")[0]
    if kind == "static of sentence-transformers":
        (folder / "config.json").unlink()
        module = {"path": "", "type": "sentence_transformers.models.StaticEmbedding"}
        (folder / "modules.json").write_text(json.dumps([module]))
    damage(folder / "model.safetensors")
    assert str(folder) in refused(folder, ".")


def test_a_pooling_that_is_missing(plain, tmp_path):
    folder = sentence_folder(tmp_path / "w", plain, {})
    shutil.rmtree(folder / "1_Pooling")
    refused(folder, "is missing; it says how tokens become one vector")


def test_texts_in_which_nothing_is_known(tmp_path):
    refused_texts = ["ꙮ", "ꙮꙮ"] * 8
    with pytest.raises(DataError, match="knows nothing in the texts"):
        EmbeddingClassifier(weights=static_folder(tmp_path / "w")[0]).fit(refused_texts, ["a", "b"] * 8)


@pytest.mark.parametrize(
    "change",
    [
        {"embedder": "evil"},
        {"pooling": ["evil"]},
        {"pooling": []},
        {"longest": 10**18},
        {"longest": -1},
        {"normalise": "yes"},
        {"pad_id": 10**9},
    ],
)
def test_a_model_folder_that_lies(change, plain, tmp_path):
    from sadari.artifact import read_model, write_model

    EmbeddingClassifier(weights=plain).fit(TEXTS, LABELS).save(tmp_path / "m")
    files = read_model(tmp_path / "m")
    manifest = {
        key: value
        for key, value in files.manifest.items()
        if key not in ("versions", "files", "sha256", "format_version", "weights_file")
    }
    manifest["model"] = {**manifest["model"], **change}
    write_model(
        tmp_path / "m", manifest=manifest, tensors=files.tensors, texts=files.texts, weights="model.safetensors"
    )
    with pytest.raises(ModelError):
        load(tmp_path / "m")


def test_bf16_is_near(plain):
    exact = read_embedder(plain, MIXED).embed(MIXED)[0]
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SadariWarning)  # a processor without it
        from sadari.pretrained.embedders.encoder import Running

        near = read_embedder(plain, MIXED, None, Running(precision="bf16")).embed(MIXED)[0]
    assert np.abs(near - exact).max() < 0.1


def test_the_temperature_is_that_of_the_strength_that_is_asked_for(plain):
    """A layer that is held down has small logits, and so a large factor: the same answers, if not so sure."""
    loose, close = (
        EmbeddingClassifier(weights=plain, C=strength, threads=1).fit(TEXTS, LABELS) for strength in (0.01, 1.0)
    )
    assert [model.C_ for model in (loose, close)] == [0.01, 1.0]
    assert loose.inverse_temperature_ > 2 * close.inverse_temperature_
    assert len(loose.history_) == 1
