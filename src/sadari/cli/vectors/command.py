"""``sadari vectors``: train, search, compare, picture and convert word vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sadari.cli.arguments import options
from sadari.cli.vectors import input as vectors_input
from sadari.cli.vectors.convert import convert, info
from sadari.cli.vectors.options import reading
from sadari.cli.vectors.train import train
from sadari.errors import SettingError
from sadari.messages import message

if TYPE_CHECKING:
    from sadari.display.terminal import Progress
    from sadari.vectors.evaluation import AnalogyScores, SimilarityScore

EXAMPLES = """\b
Examples:
  sadari vectors train news.csv -o models/news
  sadari vectors nearest models/news oil
  sadari vectors analogy glove.6B.300d.txt king - man + woman
  sadari vectors evaluate models/news wordsim353.tsv

\b
Each command has its own --help, with more.
"""
NEAREST_EXAMPLES = """\b
Examples:
  sadari vectors nearest glove.6B.300d.txt neural network
  sadari vectors nearest models/vectors 서울 --count 5 --json
  sadari vectors nearest GoogleNews-vectors-negative300.bin < words.txt

\b
Without words, they are read from standard input, one a line, and answered as
they come: the vectors are read once. A word that was never seen has
neighbours too, if the vectors have subwords.
"""
ANALOGY_EXAMPLES = """\b
Examples:
  sadari vectors analogy glove.6B.300d.txt king - man + woman
  sadari vectors analogy models/vectors "파리 - 프랑스 + 한국"
  sadari vectors analogy glove.txt "king - man + 1.3*woman" -n 1
  sadari vectors analogy models/vectors --json < analogies.txt

\b
Each word's vector is made 1 long, then added or taken away, with its weight
if it has one; with --metric euclidean it is added as it is. The words of the
analogy are no answer to it. + and - stand between spaces: e-mail is one word.
Without an analogy, they are read from standard input, one a line.
"""
EVALUATE_EXAMPLES = """\b
Examples:
  sadari vectors evaluate models/vectors wordsim353.tsv
  sadari vectors evaluate glove.6B.300d.txt wordsim353.tsv questions-words.txt
  sadari vectors evaluate glove.txt questions-words.txt --most-frequent 300000

\b
Two kinds of files are told apart by their first line:
  word pairs with people's scores: tiger, cat, 7.35 (tabs, commas or spaces)
  analogies, four words a line: Athens Greece Oslo Norway (sections ": name")
"""
PLOT_EXAMPLES = """\b
Examples:
  sadari vectors plot glove.6B.300d.txt king queen man woman -o words.svg
  sadari vectors plot models/vectors --nearest 서울 --count 20 -o seoul.png

\b
The two axes are those along which these words vary most (PCA).
"""


@click.group(epilog=EXAMPLES)
def vectors() -> None:
    """Train, search, compare, picture and convert word vectors.

    VECTORS is a file of word2vec (binary or text), GloVe or fastText, or a folder of Sadari's own.
    """


_count = click.option(
    "-n", "--count", type=click.IntRange(1), default=10, show_default=True, metavar="N", help="How many words to show."
)
_metric = click.option(
    "--metric",
    type=click.Choice(["cosine", "euclidean"]),
    default="cosine",
    show_default=True,
    help="What is near: a large cosine, or a small distance.",
)


@vectors.command(epilog=NEAREST_EXAMPLES)
@click.argument("source", metavar="VECTORS")
@click.argument("words", nargs=-1, metavar="[WORD…]")
@_count
@_metric
@click.option("--exclude", metavar="WORDS", help="Words that are not wanted, with commas between.")
@reading
@options.as_json("As JSON; of standard input, one object a line.")
def nearest(source: str, words: tuple[str, ...], **asked: Any) -> None:
    """Show the words nearest to each WORD."""
    from sadari.cli.vectors.view import Answer, Answers
    from sadari.display.terminal import Progress

    lines = vectors_input.lines_unless(words, message("a word"))
    how = {"metric": asked["metric"], "exclude": options.parse_names(asked["exclude"]) or []}
    with Progress() as progress:
        loaded = vectors_input.load(source, asked, progress)
        found = loaded.nearest_many(words if lines is None else [], asked["count"], **how)
    answers = Answers(loaded, asked["metric"], as_json=asked["as_json"])
    if lines is None:
        answers.print_all(Answer(word, [word], near) for word, near in zip(words, found, strict=True))
        return

    def find(word: str) -> Answer:
        return Answer(word, [word], loaded.nearest(word, asked["count"], **how))

    answers.answer(lines, find)


@vectors.command(epilog=ANALOGY_EXAMPLES)
@click.argument("source", metavar="VECTORS")
@click.argument("words", nargs=-1, metavar="[WORD - WORD + WORD]")
@_count
@_metric
@reading
@options.as_json("As JSON; of standard input, one object a line.")
def analogy(source: str, words: tuple[str, ...], **asked: Any) -> None:
    """Show the words nearest to a sum of words.

    Such as king - man + woman.
    """
    from sadari.cli.vectors.view import Answer, Answers
    from sadari.display.terminal import Progress
    from sadari.vectors.analogy import parse_analogy

    def find(text: str) -> Answer:
        words = [*parse_analogy(text)]
        return Answer(text, words, loaded.analogy(text, asked["count"], metric=asked["metric"]))

    lines = vectors_input.lines_unless(words, message("an analogy"))
    text = " ".join(words)
    if lines is None:
        parse_analogy(text)  # before the vectors are read, which takes longer
    with Progress() as progress:
        loaded = vectors_input.load(source, asked, progress)
        found = [] if lines is not None else [find(text)]
    answers = Answers(loaded, asked["metric"], as_json=asked["as_json"])
    if lines is None:
        answers.print_all(found)
    else:
        answers.answer(lines, find)


@vectors.command(epilog=EVALUATE_EXAMPLES)
@click.argument("source", metavar="VECTORS")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--kind", type=click.Choice(["pairs", "analogies"]), help="Of the files.  [default: their first line's]")
@click.option("--known-only", is_flag=True, help="Word pairs: leave out words whose vector is made from subwords.")
@click.option("--most-frequent", type=click.IntRange(1), metavar="N", help="Analogies: keep to the first N words.")
@click.option("--match-case", is_flag=True, help="Analogies: words that differ in capitals are different words.")
@reading
@options.as_json("As JSON, with every pair and section.")
def evaluate(source: str, files: tuple[str, ...], **asked: Any) -> None:
    """Score vectors on word pairs and analogies."""
    from sadari.cli.terminal.printing import say_json
    from sadari.cli.vectors import view as vectors_view
    from sadari.display.terminal import Progress

    kinds = [vectors_input.check_test(path, asked["kind"]) for path in files]
    scores = []
    with Progress() as progress:
        loaded = vectors_input.load(source, asked, progress)
        for path, kind in zip(files, kinds, strict=True):
            scores.append(_score(loaded, path, kind, asked, progress))
    if asked["as_json"]:
        say_json([{"kind": kind, **score.to_dict()} for kind, score in zip(kinds, scores, strict=True)])
    else:
        vectors_view.print_scores(scores)


def _score(
    loaded: Any, path: str, kind: str, asked: dict[str, Any], progress: Progress
) -> SimilarityScore | AnalogyScores:
    from sadari.vectors.evaluation import evaluate_analogies, evaluate_similarity

    if kind == "pairs":
        return evaluate_similarity(loaded, path, known_only=asked["known_only"])
    return evaluate_analogies(
        loaded, path, most_frequent=asked["most_frequent"], fold_case=not asked["match_case"], progress=progress
    )


@vectors.command(epilog=PLOT_EXAMPLES)
@click.argument("source", metavar="VECTORS")
@click.argument("words", nargs=-1, metavar="[WORD…]")
@click.option("-o", "--output", metavar="FILE", help="The picture: .svg, .png or .pdf.")
@click.option("--nearest", "around", multiple=True, metavar="WORD", help="This word and its neighbours; repeatable.")
@click.option(
    "-n",
    "--count",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    metavar="N",
    help="So many neighbours, with --nearest.",
)
@reading
@options.as_json("The points as JSON; the picture may be left out then.")
def plot(source: str, words: tuple[str, ...], around: tuple[str, ...], **asked: Any) -> None:
    """Draw words as points on a plane."""
    from sadari.cli.arguments.outputs import check_file
    from sadari.cli.terminal.printing import say_json
    from sadari.cli.vectors import view as vectors_view
    from sadari.display.terminal import Progress
    from sadari.plots.picture import check_picture

    output = asked["output"]
    if not words and not around:
        raise SettingError(message("there are no words to draw"), hint=message("name some, or one after --nearest"))
    if output is None and not asked["as_json"]:
        raise SettingError(message("the picture has no name"), hint=message("give one with -o, such as words.svg"))
    if output is not None:
        check_file(check_picture(output))
    with Progress() as progress:
        loaded = vectors_input.load(source, asked, progress)
        from sadari.plots.vectors import draw_words
        from sadari.vectors.projection import project

        neighbours = loaded.nearest_many(around, asked["count"])
        near = [word for found in neighbours for word, _ in found]
        projection = project(loaded, [*words, *around, *near])
        if output is not None:
            progress(message("drawing"))
            draw_words(projection, output, marked=around)
    if asked["as_json"]:
        say_json({"source": source, "picture": output, **projection.to_dict()})
    else:
        vectors_view.print_projection(projection, Path(output))


vectors.add_command(train)
vectors.add_command(convert)
vectors.add_command(info)
