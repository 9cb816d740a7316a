"""What ``sadari translate`` prints: data, a trained model, scores, translations and their alignments."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click
from rich.cells import cell_len

from sadari import readable
from sadari.cli.arguments.settings import show_settings
from sadari.cli.terminal.printing import columns, json_line, note, pad, saved, say_json, wrap
from sadari.cli.train.view import INDENT, Line, parameters, print_headed
from sadari.cli.translate.input import Answers, Lost
from sadari.display.lines import cut, printable, sparkline
from sadari.messages import Message, beside, counted, message
from sadari.metrics.translation import TranslationScores
from sadari.translation.alignment import Alignment

if TYPE_CHECKING:
    from sadari.data.parallel.pairs import ParallelCorpus
    from sadari.train.objectives.translation import Pairs
    from sadari.translation.translator import Translation, Translator

SHADES = "·░▒▓█"
BOUNDS = (0.05, 0.25, 0.5, 0.75)  # shares of attention at which the next shade begins
WIDEST_WORD = 14
LONGEST = 150  # cells of a sample: a net that has not learned yet writes without end
SWAPPED = message("The texts look like what the model writes, not like what it reads: is this the right direction?")
NARROW = 3  # cells of a column where words do not fit above it


def print_data(pairs: ParallelCorpus, held_out: ParallelCorpus, asked: dict[str, Any]) -> None:
    """What was read, what was left out, and how it was split."""
    columns_read = f"{asked['source']} → {asked['target']}" if asked["source"] else None
    print_headed("Read", beside([pairs.source, columns_read]), *pairs.notes)
    how = message("drawn with seed {seed}; no source text stands in both", seed=asked["seed"])
    if asked["test"]:
        how = message("from {source}", source=held_out.source)
    split = message("train {train:,} · validation {validation:,} ({how})")
    print_headed("Split", split.filled(train=len(pairs), validation=len(held_out), how=how))


def described(model: Translator, pairs: Pairs, *, example: str) -> list[Line]:
    """The net before it learns, and those of its settings that nobody gave: headings, and what stands under them.

    Args:
        model: not trained yet.
        pairs: that it will learn.
        example: a source text, to show how it is read where that is not from its beginning.
    """
    weights = parameters(model.net_)
    read, written = len(model.source_subwords_), len(model.target_subwords_)
    subwords = message("{read:,} and {written:,} subwords", read=read, written=written)
    if model.shared_:
        subwords = message("{written:,} subwords, shared", written=written)
    attention = None
    if model.net != "transformer":
        attention = message("attention: {kind}", kind=model.attention)
    size = message("{millions} M weights", millions=readable.significant(weights / 1e6, 2))
    lines: list[Line] = [("Net", beside([model.net, attention, size, subwords]), *_size_notes(model))]
    if model.reverse:
        words = example.split()
        read_as = message("reads the source from its end: “{words}” as “{reversed}”")
        lines.append(("", read_as.filled(words=" ".join(words), reversed=" ".join(reversed(words)))))
    if model.chosen():
        chosen = message("for {pairs}: {settings}", pairs=counted(len(pairs), "pair"))
        lines.append(("Chosen", chosen.filled(settings=show_settings(model.chosen()))))
    if model.too_long_:
        long = message("{pairs} of more than {most} subwords left out", most=model.max_length)
        lines.append(("Long", long.filled(pairs=counted(model.too_long_, "pair"))))
    return lines


def _size_notes(model: Translator) -> list[Message]:
    """Why vocabularies have not the size that was asked for, where they have not."""
    source, target = (side.size_note(model.subwords) for side in (model.source_subwords_, model.target_subwords_))
    if model.shared_:
        return [source] if source else []
    sides = ((message("source: {note}"), source), (message("target: {note}"), target))
    return [side.filled(note=note) for side, note in sides if note]


def print_trained(model: Translator, output: str, samples: list[tuple[str, str, str]]) -> None:
    """How the training went, its scores, some translations, and what to do with the model."""
    losses = [record["validation_loss"] for record in model.history_ if "validation_loss" in record]
    epochs = counted(int(model.history_[-1]["epoch"]), "pass")
    weights = message("weights: {kind}", kind=model.weights_)
    print_headed("Trained", beside([readable.duration(model.train_seconds_, 2), epochs, weights]))
    if losses:
        fell = f"{losses[0]:.2f} {sparkline(losses)} {losses[-1]:.2f}"
        print_headed("Loss", message("{loss} on the validation pairs", loss=fell))
    scores = model.scores_
    exact = message("{share} word for word the reference", share=readable.in_percent(scores["validation exact"]))
    perplexity = None
    if "validation perplexity" in scores:
        perplexity = message("perplexity {value}", value=readable.significant(scores["validation perplexity"]))
    bleu = message("BLEU {bleu:.1f} (lower-cased tokens, beam 5)", bleu=scores["validation tokenised BLEU"])
    print_headed("Validation", beside([bleu, exact, perplexity]))
    for source, translation, reference in samples:
        said = f"{cut(source, LONGEST)} → {cut(translation, LONGEST)}"
        wrong = message("{translated}   (reference: {reference})", translated=said, reference=cut(reference, LONGEST))
        print_headed("", said if translation == reference else wrong)
    saved(output, indent=INDENT)
    see = "" if model.attention == "none" else " --show-alignment"
    print_headed("Next", f"sadari translate run {shlex.quote(output)} {shlex.quote(cut(samples[0][0], 40))}{see}")


def print_trained_json(model: Translator, output: str, pairs: ParallelCorpus, held_out: ParallelCorpus) -> None:
    """The same for programs."""
    say_json(
        {
            "model": output,
            "settings": model.resolved_.settings(),
            "chosen": list(model.chosen()),
            "scores": model.scores_,
            "pairs": {"train": len(pairs), "validation": len(held_out), "too_long": model.too_long_},
            "subwords": {
                "source": len(model.source_subwords_),
                "target": len(model.target_subwords_),
                "shared": model.shared_,
                "asked": model.subwords,
                "notes": _size_notes(model),
            },
            "weights": model.weights_,
            "seconds": model.train_seconds_,
            "history": model.history_,
            "notes": pairs.notes,
        }
    )


def print_scores(scores: TranslationScores, found: Answers, pairs: ParallelCorpus, asked: dict[str, Any]) -> None:
    """BLEU and chrF, and what to know of them."""
    search = message("beam {beam}", beam=asked["beam"]) if asked["beam"] > 1 else message("greedy")
    texts = message("{texts} of {source}", texts=counted(scores.texts, "text"), source=pairs.source)
    notes = [said for said in pairs.notes if said.id != "{count:,} pair"]  # what counts them stands above
    lost = _lost(int(found.sources.cut.sum()), int((found.sources.unknown > 0).sum()), scores.texts)
    print_headed("Translated", beside([texts, search]), *notes, *lost, SWAPPED if found.swapped else None)
    print_headed("BLEU", f"{scores.bleu:.2f}   {scores.bleu_signature}")
    print_headed("chrF", f"{scores.chrf:.2f}   {scores.chrf_signature}")
    print_headed("Tokens", message("BLEU {bleu:.2f} on lower-cased 13a tokens", bleu=scores.tokenised_bleu))
    print_headed("Exact", message("{share:.1f} % are the reference, letter by letter", share=scores.exact))
    print_headed("Length", message("{ratio:.3f} tokens for each of the references'", ratio=scores.length_ratio))
    print_headed("Saved", asked["output"])


def print_scores_json(scores: TranslationScores, found: Answers, pairs: ParallelCorpus, asked: dict[str, Any]) -> None:
    """The same for programs."""
    say_json(
        {
            **scores.to_dict(),
            "beam": asked["beam"],
            "length_penalty": asked["length_penalty"],
            "wrong_direction": found.swapped,
            "cut": int(found.sources.cut.sum()),
            "with_unknown": int((found.sources.unknown > 0).sum()),
            "source": str(pairs.source),
            "notes": pairs.notes,
        }
    )


def print_translation(
    write: Callable[[str], None],
    source: str,
    translation: Translation,
    seen: Alignment | None,
    model: Translator,
    asked: dict[str, Any],
) -> None:
    """One translation: a line; as JSON, or with its alignment, if that is asked for."""
    if asked["as_json"]:
        said: dict[str, Any] = {
            "source": source,
            "translation": translation.text,
            "log_probability": translation.log_probability,
        }
        if asked["show_alignment"]:
            said["alignment"] = None if seen is None else seen.to_dict()
        write(json_line(said))
        return
    # what a stranger's model writes could move a terminal's cursor
    write(printable(translation.text) if sys.stdout.isatty() else translation.text)
    if asked["show_alignment"] and seen is not None:
        if model.reverse:
            for line in _read_as(seen.sources[:-1], columns()):
                write(click.style(line, dim=True))
        for line in alignment_grid(seen, columns()):
            write(line)
        write("")


def _read_as(words: Sequence[str], width: int) -> list[str]:
    """The words of a source in the order in which a net read them that reads from the end."""
    head = f"  {message('read as:')} "
    first, *rest = wrap(printable(" ".join(reversed(words))), width - cell_len(head)) or [""]
    return [head + first, *(" " * cell_len(head) + line for line in rest)]


def alignment_grid(found: Alignment, width: int) -> list[str]:
    """An alignment as lines: source words across, target words down; the darker a cell, the more attention.

    Where the words do not fit above their columns, the columns are numbered, and each row ends with the word that it
    looked at most.
    """
    sources, rows = ([cut(printable(word), WIDEST_WORD) for word in words] for words in (found.sources, found.targets))
    side = max(map(cell_len, rows)) + 2
    across = sum(cell_len(word) + 1 for word in sources)
    if side + across <= width - 2:
        widths = [cell_len(word) for word in sources]
        lines = ["  " + " " * side + click.style(" ".join(sources), dim=True)]
        return lines + [_row(word, side, found.weights[row], widths) for row, word in enumerate(rows)]
    each = max(1, (width - side - WIDEST_WORD - 6) // NARROW)
    lines = []
    for start in range(0, len(sources), each):
        part = range(start, min(start + each, len(sources)))
        lines.append("  " + " " * side + click.style(" ".join(f"{i + 1:>2}" for i in part), dim=True))
        for row, word in enumerate(rows):
            best = int(found.weights[row].argmax())
            seen = f"  {best + 1} {sources[best]}" if best in part else ""
            lines.append(_row(word, side, found.weights[row, part], [NARROW - 1] * len(part)) + seen)
    return lines


def shade(weight: float) -> str:
    """The character for a share of attention."""
    return SHADES[sum(weight >= bound for bound in BOUNDS)]


def print_lost(lost: Lost, model: Translator, output: str | None) -> None:
    """What of the texts could not be read, on standard error."""
    note(*_lost(lost.cut, lost.unknown, lost.texts, model.max_length - 1))
    if lost.swapped:
        note(SWAPPED)
    if lost.undrawn:
        note(message("no picture is drawn: the translation is empty"))
    if output is not None:
        note(message("{texts} translated: {output}", texts=counted(lost.texts, "text"), output=output))


def _lost(cut_texts: int, unknown: int, texts: int, most: int | None = None) -> list[Message]:
    lines = []
    if cut_texts:
        said = (
            message("{count:,} of {texts} cut after {most:,} subwords") if most else message("{count:,} of {texts} cut")
        )
        lines.append(said.filled(count=cut_texts, most=most))
    if unknown:
        lines.append(message("{count:,} of {texts} with characters that training never saw", count=unknown))
    return [line.filled(texts=counted(texts, "text")) for line in lines]


def _row(word: str, side: int, weights: Any, widths: list[int]) -> str:
    cells = " ".join(shade(float(weight)) * width for weight, width in zip(weights, widths, strict=True))
    return "  " + pad(word, side) + cells
