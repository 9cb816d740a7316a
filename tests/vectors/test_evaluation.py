"""Similarity and analogy files, against SciPy and gensim."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from sadari.errors import DataError, SettingError
from sadari.vectors.evaluation import evaluate_analogies, evaluate_similarity
from sadari.vectors.evaluation_files import holds_analogies
from sadari.vectors.keyed import WordVectors
from sadari.vectors.subwords import Subwords


def vectors_of(words, width=20, seed=0, **more):
    rng = np.random.default_rng(seed)
    return WordVectors(words, rng.standard_normal((len(words), width), dtype=np.float32), **more)


def gensims(vectors):
    theirs = pytest.importorskip("gensim.models").KeyedVectors(vectors.width)
    theirs.add_vectors(vectors.words, vectors.matrix.copy())
    return theirs


def write(folder, text, name="file.txt", **how):
    path = folder / name
    path.write_bytes(text.encode(**how))
    return path


# -- word pairs -----------------------------------------------------------------------------------------------

PAIRS = [("love", "sex", 6.77), ("tiger", "cat", 7.35), ("tiger", "tiger", 10.0), ("book", "paper", 7.35)]
PAIRS += [("king", "cabbage", 0.23), ("drink", "ear", 1.31)]
WORDS = sorted({word for first, second, _ in PAIRS for word in (first, second)})


def test_the_figures_are_scipys_with_ties(tmp_path):
    vectors = vectors_of(WORDS)
    path = write(tmp_path, "".join(f"{a}\t{b}\t{score}\n" for a, b, score in PAIRS))
    found = evaluate_similarity(vectors, path)
    cosines = [vectors.similarity(a, b) for a, b, _ in PAIRS]
    scores = [score for *_, score in PAIRS]
    assert np.allclose([pair.cosine for pair in found.pairs], cosines, atol=1e-12)
    assert found.spearman == pytest.approx(spearmanr(scores, cosines).statistic, abs=1e-12)
    assert found.p_value == pytest.approx(spearmanr(scores, cosines).pvalue, abs=1e-12)
    assert found.pearson == pytest.approx(pearsonr(scores, cosines).statistic, abs=1e-12)
    assert (found.scored, found.lowered, found.from_subwords, found.missing) == (6, 0, 0, [])


@pytest.mark.parametrize(
    "line",
    [
        "{0}\t{1}\t{2}",
        "{0},{1},{2}",
        '"{0}","{1}","{2}"',
        "{0};{1};{2}",
        "{0} {1}   {2}",
        "{0} , {1} , {2}",
        "{0}\t{1}\tN\t{2}\t9\t3",
        "{0}\t{1}\t{2}\r",
    ],
)
@pytest.mark.parametrize(
    "head", ["", "# a comment, 1 2\n\n#b\t1\t2\n", "Word 1\tWord 2\tHuman (mean)\n", "word1,word2,score\n", "\ufeff"]
)
def test_columns_are_found(tmp_path, line, head):
    vectors = vectors_of(WORDS)
    path = write(tmp_path, head + "\n".join(line.format(*pair) for pair in PAIRS))
    found = evaluate_similarity(vectors, path)
    assert [(pair.first, pair.second, pair.human) for pair in found.pairs] == PAIRS


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16"])
def test_korean_pairs(tmp_path, encoding):
    path = write(tmp_path, "호랑이,고양이,7.35\n사랑,미움,3\n왕,여왕,8\n", encoding=encoding)
    found = evaluate_similarity(vectors_of(["왕", "여왕", "사랑", "미움"]), path)
    assert (len(found.pairs), found.scored, found.missing) == (3, 2, ["호랑이", "고양이"])


def test_a_word_is_taken_as_it_stands_then_in_lower_case_then_from_its_subwords(tmp_path):
    rng = np.random.default_rng(1)
    vectors = vectors_of(["Cat", "cat", "dog"], subwords=Subwords(rng.standard_normal((100, 20), dtype=np.float32)))
    path = write(tmp_path, "Cat dog 1\nDog cat 2\ncats dog 3\n고양이 Dog 4\n")
    found = evaluate_similarity(vectors, path)
    wanted = [("Cat", "dog"), ("dog", "cat"), ("cats", "dog"), ("고양이", "dog")]
    assert np.allclose([pair.cosine for pair in found.pairs], [vectors.similarity(*pair) for pair in wanted])
    assert (found.scored, found.lowered, found.from_subwords, found.missing) == (4, 2, 2, [])
    known = evaluate_similarity(vectors, path, known_only=True)
    assert (known.scored, known.from_subwords, known.missing) == (2, 0, ["cats", "고양이"])
    assert [pair.cosine for pair in known.pairs[2:]] == [None, None]


def test_equal_scores_have_no_correlation(tmp_path):
    found = evaluate_similarity(vectors_of(WORDS), write(tmp_path, "love sex 5\ntiger cat 5\n"))
    assert math.isnan(found.spearman)
    assert math.isnan(found.pearson)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "holds no pair"),
        ("# nothing\n", "holds no pair"),
        ("word1\tword2\tscore\n", "holds no pair"),
        ("tiger\tcat\t7.35\ntiger\tcat\n", "line 2: is no pair"),
        ("tiger\tcat\t7.35\n\ntiger\tcat\tmuch\n", "line 3: is no pair"),
        ("tiger,cat,7.35\ntiger,cat,nan\n", "line 2: is no pair"),
        ("tiger,cat,7.35\n,cat,3\n", "line 2: is no pair"),
        ("header\nanother\n", "line 2: is no pair"),
        ("tiger cat 7\nhaus hund 3\n", "of 2 pairs 1 have vectors"),
        ('tiger,cat,7\n"' + "x" * 200_000 + '",b,1\n', "line 2: is no pair"),
    ],
)
def test_what_is_no_file_of_pairs_is_said(tmp_path, text, what):
    with pytest.raises(DataError, match=what):
        evaluate_similarity(vectors_of(WORDS), write(tmp_path, text))


@pytest.mark.data
@pytest.mark.parametrize("seed", range(3))
def test_wordsim_gives_gensims_figures(seed):
    path = Path(os.environ.get("SADARI_DATA", "/nonexistent")) / "wordsim" / "wordsim353.tsv"
    if not path.is_file():
        pytest.skip("needs wordsim/wordsim353.tsv in $SADARI_DATA")
    rows = [line.split("\t")[:2] for line in path.read_text().splitlines() if not line.startswith("#")]
    words = sorted({word.lower() for row in rows for word in row})
    rng = np.random.default_rng(seed)
    vectors = vectors_of(list(rng.permutation(words)[:-40]), 10, seed)
    pearson, spearman, missing = gensims(vectors).evaluate_word_pairs(str(path), case_insensitive=True)
    found = evaluate_similarity(vectors, path)
    assert len(found.pairs) == 353
    assert 100 * (1 - found.scored / 353) == pytest.approx(missing)
    assert found.spearman == pytest.approx(spearman.statistic, abs=1e-9)
    assert found.p_value == pytest.approx(spearman.pvalue, abs=1e-9)
    assert found.pearson == pytest.approx(pearson.statistic, abs=1e-6)
    assert found.lowered > 0


# -- analogies ------------------------------------------------------------------------------------------------


def grid(countries=12, seed=0, noise=0.35):
    """Words of four kinds whose differences are alike: some questions are answered right, some not."""
    rng = np.random.default_rng(seed)
    base, kinds = rng.standard_normal((countries, 8)), rng.standard_normal((4, 8))
    words, rows = [], []
    for i in range(countries):
        for kind, offset in zip(("City", "Land", "run", "ran"), kinds, strict=True):
            words.append(f"{kind}{i}")
            rows.append(base[i] + offset + noise * rng.standard_normal(8))
    return WordVectors(words, np.array(rows, np.float32))


def questions(countries=12):
    lines = [": capital-common"]
    lines += [f"City{i} Land{i} City{j} Land{j}" for i in range(countries) for j in range(countries) if i != j]
    lines += [": gram1-past", *[f"run{i} ran{i} run{i + 1} ran{i + 1}" for i in range(countries)]]
    return "\n".join([*lines, ""])


@pytest.mark.parametrize("fold_case", [True, False])
@pytest.mark.parametrize("most_frequent", [None, 30])
def test_accuracy_is_gensims(tmp_path, fold_case, most_frequent):
    vectors = grid()
    path = write(tmp_path, questions().replace("City3", "CITY3"))
    _, theirs = gensims(vectors).evaluate_word_analogies(
        str(path), restrict_vocab=most_frequent or 300_000, case_insensitive=fold_case
    )
    found = evaluate_analogies(vectors, path, most_frequent=most_frequent, fold_case=fold_case)
    wanted = {part["section"]: (len(part["correct"]), len(part["correct"]) + len(part["incorrect"])) for part in theirs}
    assert {part.name: (part.correct, part.asked) for part in found.sections} == {
        name: counts for name, counts in wanted.items() if name != "Total accuracy"
    }
    total = wanted["Total accuracy"]
    assert (found.total.correct, found.total.asked, found.total.questions) == (*total, 144)
    assert 0 < total[0] < total[1] <= 143


def test_words_that_differ_in_capitals_alone_are_one_word_as_gensim_has_it(tmp_path):
    plain = grid(6)
    words = [*plain.words, *(word.lower() for word in plain.words), *(word.upper() for word in plain.words)]
    words = list(dict.fromkeys(words))
    rng = np.random.default_rng(0)
    rows = [plain[w] if w in plain else rng.standard_normal(8) * 0.3 for w in words]
    for order in (1, -1):
        vectors = WordVectors(words[::order], np.array(rows, np.float32)[::order].copy())
        path = write(tmp_path, questions(6).replace("City3", "cITY3"))
        total, theirs = gensims(vectors).evaluate_word_analogies(str(path))
        found = evaluate_analogies(vectors, path)
        assert [part.correct for part in found.sections] == [len(part["correct"]) for part in theirs[:-1]]
        assert found.total.accuracy == pytest.approx(total)


def test_each_answer_is_that_of_analogy(tmp_path, monkeypatch):
    monkeypatch.setattr("sadari.vectors.evaluation.QUESTIONS_AT_ONCE", 7)
    vectors, said = grid(5), []
    found = evaluate_analogies(
        vectors, write(tmp_path, questions(5)), fold_case=False, progress=lambda *now: said.append(now)
    )
    lines = [line.split() for line in questions(5).splitlines() if line[0] != ":"]
    right = [vectors.analogy({b: 1, c: 1, a: -1}, 1)[0][0] == d for a, b, c, d in lines if d in vectors]
    assert found.total.correct == sum(right)
    assert [share for _, share in said] == sorted(share for _, share in said)
    assert len(said) == 4


def test_kinds_shares_and_missing_words(tmp_path):
    found = evaluate_analogies(grid(3), write(tmp_path, "//Copyright\n" + questions(3)))
    assert [(part.name, part.questions, part.asked) for part in found.kinds] == [
        ("semantic", 6, 6),
        ("syntactic", 3, 2),
    ]
    assert found.missing == ["run3", "ran3"]
    nothing = evaluate_analogies(vectors_of(["a"]), write(tmp_path, "b c d e\n"))
    assert (nothing.total.questions, nothing.total.asked) == (1, 0)
    assert math.isnan(nothing.total.accuracy)
    assert nothing.kinds == []
    assert nothing.to_dict()["total"]["questions"] == 1


def test_a_question_whose_sum_is_zero_is_wrong(tmp_path):
    vectors = WordVectors(["d", "a", "b", "c"], np.array([[1, 1], [1, 0], [0, 0], [1, 0]], np.float32))
    assert evaluate_analogies(vectors, write(tmp_path, "a b c d\n")).total.correct == 0


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "holds no question"),
        (": capitals\n", "holds no question"),
        (": capitals\nAthens Greece Oslo Norway\nAthens Greece Oslo\n", "line 3: has 3 words, not 4"),
        (": capitals\n\nAthens Greece Oslo Norway Bern\n", "line 3: has 5 words, not 4"),
    ],
)
def test_what_is_no_file_of_analogies_is_said(tmp_path, text, what):
    with pytest.raises(DataError, match=what):
        evaluate_analogies(grid(2), write(tmp_path, text))


def test_settings_out_of_range_and_missing_files_are_said(tmp_path):
    with pytest.raises(SettingError, match="most_frequent"):
        evaluate_analogies(grid(2), write(tmp_path, questions(2)), most_frequent=0)
    with pytest.raises(DataError, match="no such file"):
        evaluate_similarity(grid(2), tmp_path / "no.tsv")


@pytest.mark.parametrize(
    ("text", "is_analogies"),
    [
        ("//Copyright\n" + questions(), True),
        ("a b c d\n", True),
        ("a b c 3\n", False),
        ("# x\na\tb\t3\n", False),
        ("Word 1,Word 2,Human\n", False),
    ],
)
def test_the_two_kinds_of_files_are_told_apart(tmp_path, text, is_analogies):
    assert holds_analogies(write(tmp_path, text)) is is_analogies
