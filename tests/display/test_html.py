"""What a notebook shows of results: small, escaped, without scripts, and true."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

import sadari
from rungs_headlines import some
from sadari.data.datasets import find
from sadari.data.read import open_source
from sadari.display.history import History
from sadari.errors import SettingError
from sadari.messages import speaking
from sadari.metrics.evaluate import evaluate

HOSTILE = "<script>alert(1)</script> & \"quoted\" 'it' <b>bold</b>"


class Elements(HTMLParser):
    """The names of the elements, and that each is closed."""

    def __init__(self):
        super().__init__()
        self.names, self.open, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.names.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def shown(value):
    html = value._repr_html_()
    elements = Elements()
    elements.feed(html)
    elements.close()
    assert not elements.open
    assert set(elements.names) <= {"div", "table", "tr", "th", "td", "span", "b", "br", "pre", "svg", "polyline"}
    assert len(html) < 40_000
    return "".join(elements.text)


@pytest.fixture(scope="module")
def model():
    texts, labels = some(200)
    return sadari.TfIdf().fit([*texts, HOSTILE], [*labels, "<i>odd</i>"])


def test_an_explanation_has_the_words_and_the_labels(model):
    found = model.explain(HOSTILE + " stocks fall")
    text = shown(found)
    assert all(label in text for label in found.labels)
    assert "script" in text
    first = found.places[0]
    strongest = int(np.abs(found.contributions[:, first]).argmax())
    assert f'title="{found.contributions[strongest, first]:+.2f}"' in found._repr_html_()


def test_an_explanation_by_characters_is_the_text():
    texts, labels = some(60)
    found = sadari.Char().fit(texts, labels).explain("a <b> & c")
    assert "a <b> & c" in shown(found)


def test_an_evaluation_has_each_label_and_the_confusions(model):
    scores = evaluate(model, open_source(find("headlines").test).read().take(np.arange(50)))
    text = shown(scores)
    assert f"{100 * scores.accuracy.value:.1f}" in text
    assert all(one["label"] in text for one in scores.per_class)


def test_an_audit_and_a_climb_say_what_they_say_in_words():
    data = find("headlines")
    train, test = (open_source(path).read() for path in (data.train, data.test))
    train = train.take(np.arange(120))
    audit = sadari.audit(train, test)
    assert all(str(section.about) in shown(audit) for section in audit.sections())
    result = sadari.climb(train, test.take(np.arange(40)), rungs=["bow", "tfidf"], curves=False, refit=False)
    text = shown(result)
    assert "bow" in text
    assert str(result.verdict.sentences[0]) in text
    assert re.search(rf"<tr style=[^>]*><td[^>]*>{result.verdict.rung}<", result._repr_html_())


def test_tokens_ids_and_vectors_show_the_first_ones():
    texts = [HOSTILE, "one two", *(f"text {number}" for number in range(50))]
    tokens = sadari.tokenizer("whitespace")(texts)
    assert "<script>alert(1)</script>" in shown(tokens)
    ids = sadari.Vocab.learn(tokens).encode(tokens)
    assert str(int(ids.values[0])) in shown(ids)
    assert "44 more" in shown(ids)
    assert "44 more" in shown(tokens)
    vectors = sadari.WordVectors(["<b>", "two"], np.eye(2, 3, dtype=np.float32))
    assert "<b>1.000.000.00" in shown(vectors)


def test_counts_and_weights_are_tables_with_names(model):
    texts = ["banana, banana, mango", HOSTILE]
    bag = sadari.BagOfWords(tokenizer="basic_english").fit([*texts, "x"], ["a", "b", "b"])
    table = bag.feature_table(texts, counts=True)
    assert table.row(0) == {"banana": 2, ",": 2, "mango": 1}
    assert "banana" in shown(table)
    theirs = CountVectorizer(tokenizer=str.split, token_pattern=None, lowercase=False)
    ours = sadari.BagOfWords(tokenizer="whitespace").fit(["a b a", "c b"], ["x", "y"])
    found = ours.feature_table(["a b a", "c b"], counts=True)
    order = [found.names.index(name) for name in sorted(found.names)]
    wanted = theirs.fit_transform(["a b a", "c b"]).toarray()
    np.testing.assert_array_equal(found.matrix.toarray()[:, order], wanted)
    weights = model.feature_table([HOSTILE, "stocks fall"])
    assert np.linalg.norm(weights.matrix.toarray(), axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert "script" in shown(weights)
    hashed = sadari.Ngrams(buckets=64).fit(*some(40))
    with pytest.raises(SettingError, match="hashed"):
        hashed.feature_table(["a"])


def test_a_history_is_a_list_with_a_curve(model, tmp_path):
    assert isinstance(model.history_, History)
    assert model.history_ == list(model.history_)
    assert "<polyline" in model.history_._repr_html_()
    shown(model.history_)
    model.save(tmp_path / "m")
    loaded = sadari.load(tmp_path / "m")
    assert isinstance(loaded.history_, History)
    assert loaded.history_ == model.history_


def test_models_are_one_line(model):
    assert model._repr_html_() is None
    assert model._repr_mimebundle_() == {"text/plain": "TfIdf()"}
    assert repr(sadari.Generator(steps=3)) == "Generator(steps=3)"
    assert repr(sadari.Bert(size="tiny", epochs=2)) == "Bert(epochs=2, size='tiny')"
    assert repr(sadari.Translator(net="gru")) == "Translator(net='gru')"


def test_korean_is_spoken(model):
    with speaking("ko"):
        assert "손실" in shown(model.history_)
