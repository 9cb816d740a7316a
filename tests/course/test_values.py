"""What the 2021 course prints, by the calls that the notebooks teach; and where else each of its values is tested."""

import ast
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

import sadari
from real_data import data_file
from sadari.text.ngrams import ngrams
from sadari.text.vectorize import CountVectors
from sadari.text.weigh import weigh
from sadari.vectors.initialise import fill

TESTS = Path(__file__).parent.parent
LOVE = "I love to play with my words"

# value, or mistake, of the course → the test that holds it
ELSEWHERE = {
    "95,812 entries; 283 2321 5 337 19 1301 2357": "text/test_vocab.py::test_vocabulary_of_the_official_training_file",
    "1,308,844 words and pairs": "text/test_ngrams.py::test_one_and_two_grams_of_the_official_training_file",
    "0.8724 running accuracy of bag of words": "rungs/test_ag_news.py::test_the_courses_recipe_in_one_pass",
    "0.7596 and 0.7541 of embeddings": "rungs/test_ag_news.py::test_the_courses_embeddings_after_25_000_records",
    "king - man + woman → queen": "vectors/test_search.py::test_king_minus_man_plus_woman_is_queen",
    "found and missing": "vectors/test_initialise.py::test_found_and_missing_are_counted_right",
    "84 characters, 'a' → 4, code 13 → 'h'": "generation/test_generator.py::test_the_courses_characters",
    "43,860 parameters, first loss ln 84": "generation/test_generator.py::test_the_courses_model_is_one_setting",
    "15 % of tokens, 80/10/10": "train/test_bert_objective.py::test_masks_have_their_shares",
    "109,482,240, 335,141,888 and 109,485,316 parameters": "rungs/test_bert.py::test_the_parameters_of_base_and_large",
    "fine-tuning: batch 8, lr 2e-5, 500 steps": "rungs/test_bert.py::test_the_courses_setting_is_one_of_ours",
    "mistake: nothing is loaded": "vectors/test_initialise.py::test_every_found_row_is_its_source_vector_to_the_bit",
    "mistake: the answer depends on batch-mates": "rungs/test_vectors.py::test_a_text_alone_and_in_a_batch",
    "mistake: no attention mask": "rungs/test_bert.py::test_padding_counts_for_nothing_and_the_mask_is_why",
    "mistake: pads with <unk>": "rungs/test_neural.py::test_the_pad_embedding_is_zero_and_no_text_can_name_it",
    "mistake: a loss that is no mean": "train/test_loop.py::test_a_loss_is_the_mean_over_texts",
    "mistake: one batch too many": "train/test_loop.py::test_epochs_and_steps_are_exact",
    "mistake: every graph is kept": "train/test_language_modelling.py::test_no_graph_is_kept_between_windows",
    "mistake: fed 58 times": "train/test_language_modelling.py::test_windows_are_views_of_one_array_and_not_copies",
    "mistake: always the likeliest": "generation/test_sampling.py::test_it_is_not_always_the_likeliest",
    "mistake: a tokenizer that knows nothing": "pretrained/test_bad_folders.py::test_a_tokenizer_that_knows_nothing",
}


@pytest.mark.parametrize("what", ELSEWHERE)
def test_what_is_tested_elsewhere_is_there(what):
    file, _, name = ELSEWHERE[what].partition("::")
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_hello_is_five_by_c():
    characters = sadari.tokenizer("characters")
    vocab = sadari.Vocab.learn(characters(["HELLO"]), specials=())
    rows = vocab.one_hot(vocab.encode(characters(["HELLO"]))[0])
    assert rows.shape == (5, len(vocab)) == (5, 4)
    assert np.array_equal(rows[2], rows[3])


def test_nine_words_are_the_identity():
    cut = sadari.tokenizer("basic_english")
    text = f"{LOVE} every day"
    vocab = sadari.Vocab(cut.tokenize(text))
    assert np.array_equal(vocab.one_hot(vocab.encode(cut([text]))[0]), np.eye(9))


def test_he_said_hello():
    assert sadari.tokenizer("basic_english").tokenize("He said: hello") == ["he", "said", "hello"]


@pytest.mark.data
def test_ids_and_labels_of_the_news(monkeypatch):
    """From test.csv alone: 266 2744 5 333 19 1018 1983; labels 1 to 4 have the names of the data."""
    monkeypatch.setenv("SADARI_DATA", str(data_file("ag_news/test.csv").parent.parent))
    news = sadari.open_source("ag_news", part="test").read()
    cut = sadari.tokenizer("basic_english")
    vocab = sadari.Vocab.learn(cut(news.texts))
    ids = vocab.encode(cut([LOVE]))[0]
    assert ids.tolist() == [266, 2744, 5, 333, 19, 1018, 1983]
    assert vocab.decode(ids) == LOVE.lower().split()
    assert news.label_names == ["World", "Sports", "Business", "Sci/Tech"]
    assert set(news.counts.values()) == {1900}


def test_banana_banana_mango():
    texts = ["banana, banana, mango", "mango and apple"]
    theirs = CountVectorizer()
    counted = theirs.fit_transform(texts).toarray()
    ours = CountVectors("words")
    counts = ours.fit(texts)
    rows = weigh(counts, idf=False, norm=None).matrix(counts).toarray()
    names = ours.feature_names()
    assert np.array_equal(rows[:, [names.index(name) for name in theirs.get_feature_names_out()]], counted)
    assert dict(zip(names, rows[0].tolist(), strict=True)) == {"banana": 2, "mango": 1, "and": 0, "apple": 0}
    assert sadari.Ragged.from_lists([[0, 0, 1]]).counts(4).toarray().tolist() == [[2, 1, 0, 0]]


def test_an_adorable_little_boy():
    tokens = sadari.tokenizer("basic_english").tokenize("An adorable little boy is spreading smiles")
    assert [len(ngrams(tokens, n)) for n in (1, 2, 3, 4)] == [7, 6, 5, 4]


def test_tfidf_of_hot_dogs():
    corpus = ["I like hot dogs.", "The dog ran fast.", "Its hot outside."]
    asked = ["My dog likes hot dogs on a hot day."]
    ours = CountVectors("words", ngram_range=(1, 2))
    row = weigh(ours.fit(corpus), idf=True, norm="l2").matrix(ours.transform(pl.Series(asked))).toarray()[0]
    assert sorted(row[row > 0]) == pytest.approx([0.43381609, 0.43381609, 0.43381609, 0.65985664], abs=1e-7)
    theirs = TfidfVectorizer(ngram_range=(1, 2)).fit(corpus).transform(asked)
    assert sorted(row[row > 0]) == pytest.approx(sorted(theirs.data), abs=1e-7)


def test_a_bag_is_the_masked_mean_and_not_the_mean_of_padding():
    ids = sadari.Ragged.from_lists([[2, 3, 4], [5]])
    table = torch.nn.Embedding(6, 4)
    padded, mask = ids.padded(1)
    bag = torch.nn.EmbeddingBag.from_pretrained(table.weight.detach(), mode="mean")(*ids.bag())
    rows = table(padded).detach()
    assert torch.allclose(bag, (rows * mask[:, :, None]).sum(1) / mask.sum(1)[:, None])
    assert not torch.allclose(bag, rows.mean(1))


def test_the_courses_way_to_fill_an_embedding_loads_nothing():
    source = sadari.WordVectors(["oil", "team"], np.array([[1, 2], [3, 4]], np.float32))
    embedding = torch.nn.Embedding(2, 2)
    before = embedding.weight.detach().clone()
    for row, word in enumerate(source.words):
        embedding.weight[row].data = torch.tensor(source[word])
    assert torch.equal(embedding.weight, before)
    filled = fill(source, ["team", "oil"])
    embedding = torch.nn.Embedding.from_pretrained(torch.from_numpy(filled.matrix), freeze=False)
    assert embedding.weight.tolist() == [[3, 4], [1, 2]]
    with torch.no_grad():
        embedding.weight += 1
    assert source["oil"].tolist() == [1, 2]
