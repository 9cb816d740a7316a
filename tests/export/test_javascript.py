"""The reader in JavaScript finds in every text what the one in Python finds, and what the model itself does."""

import importlib.resources
import random

import pytest

from rungs_headlines import headlines, some
from sadari.export.node import found_node
from sadari.export.onnx import export_onnx, reading_data
from sadari.export.proof import HOSTILE
from sadari.export.readers.sadari_reader import Reader
from sadari.rungs import RUNGS
from sadari.text.tokens.tokenize import TOKENIZERS

ALPHABET = [
    *"abzAZ019_.,!?'\"<>;:-/ \t\n\x1c",
    *"가각힣ㄱㅏ\u1100\u1161\u11a8e\u0301\u0327ΣσςİıßẞǅÅﬁ½Ⅷ²",
    *"ทดสอบเ你好こんにちはｱﾊﾟـكم\u05b8ש",
    *"\u200b\u200c\u200d\u00a0\u3000\u2028\ufeff\ufe0f🏽👩🇰🇷𝐀𠀀\U0010ffff\x00",
    "<br />",
    "<BR />",
    '<"br />',
    "</s>",
    "word ",
    "영화를 ",
]


def hostile_texts(count, seed=0):
    draw = random.Random(seed)
    return [*HOSTILE, *("".join(draw.choices(ALPHABET, k=draw.randrange(30))) for _ in range(count))]


@pytest.fixture(scope="module")
def node():
    found = found_node()
    if found is None:
        pytest.skip("there is no Node 18 or newer on this machine")
    return found


def in_node(node, reader, texts, what="reader.read(text)"):
    source = export_reader_address()
    script = (
        "const { Reader } = await import(given.source); const tables = Object.entries(given.arrays);"
        "const arrays = Object.fromEntries(tables.map(([name, list]) => [name, Int32Array.from(list)]));"
        f"const reader = new Reader(given.data, arrays); return given.texts.map((text) => {what});"
    )
    data, arrays = reader
    given = {"source": source, "data": data, "texts": texts, "arrays": {k: v.tolist() for k, v in arrays.items()}}
    return node.run(script, given)


def export_reader_address():
    import importlib.resources

    return importlib.resources.files("sadari.export.readers").joinpath("sadari_reader.mjs").as_uri()


@pytest.mark.parametrize("name", [name for name in TOKENIZERS if name != "morphemes"])
def test_texts_are_cut_as_by_the_tokenizer(name, node):
    model = RUNGS["bow"](tokenizer=name).fit(["a few words here", "and others there"], ["a", "b"])
    portable = model.portable()
    texts = hostile_texts(1000)
    found = in_node(
        node, (reading_data(model, portable), portable.reading.arrays), texts, "reader.steps[0].cutter.tokens(text)"
    )
    expected = TOKENIZERS[name]()(texts).to_lists()
    assert [text for text, one, other in zip(texts, found, expected, strict=True) if one != other] == []


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("tfidf", {"ngram_range": (1, 3), "min_df": 2}),
        ("char", {}),
        ("char", {"across_spaces": True}),
        ("word-char", {}),
        ("embedding-bag", {"subwords": (1, 4), "longest": 3}),
        ("embedding-bag", {"end": False}),
        ("bow", {"buckets": 512, "ngram_range": (1, 3)}),
    ],
)
def test_features_are_those_of_the_reader_in_python(name, settings, node):
    texts, labels = some(200, "ko")
    model = RUNGS[name](**settings).fit([*texts, *some(100)[0]], [*labels, *some(100)[1]])
    portable = model.portable()
    data, arrays = reading_data(model, portable), portable.reading.arrays
    asked = [*hostile_texts(400, 1), *headlines("en", "test")[0].to_list()[:100]]
    reader = Reader(data, arrays)
    expected = [
        dict(zip(("ids", "counts"), (part.tolist() for part in reader.read(text)), strict=True)) for text in asked
    ]
    assert in_node(node, (data, arrays), asked) == expected


def test_half_a_surrogate_pair_is_refused(node):
    model = RUNGS["bow"](tokenizer="words").fit(["some words here", "and others there"], ["a", "b"])
    portable = model.portable()
    script = "(() => { try { reader.read('a\\ud800'); } catch (error) { return error.message; } })()"
    [said] = in_node(node, (reading_data(model, portable), portable.reading.arrays), ["x"], script)
    assert "half a surrogate pair" in said


def test_the_export_says_who_has_read_it(node, tmp_path):
    model = RUNGS["bow"]().fit(*some(60))
    assert export_onnx(model, tmp_path / "out", texts=["one"]).readers == ("Python", node.name)


def test_who_hands_over_no_tokenizer_is_told(node, tmp_path):
    (tmp_path / "reading.json").write_text('{"labels": [], "tables": false, "subwords": true}', "utf-8")
    source = importlib.resources.files("sadari.export.readers").joinpath("sadari_reader.mjs")
    script = """
const { Classifier } = await import(given.reader);
return Classifier.open(given.folder, {}).catch((error) => error.message);
"""
    said = node.run(script, {"reader": source.absolute().as_uri(), "folder": str(tmp_path)})
    assert "@huggingface/tokenizers" in said
