"""What ``sadari export --to`` can write: where each may lie, how it is written, and what is said behind it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sadari.errors import SettingError
from sadari.messages import Message, beside, counted, current_language, message

if TYPE_CHECKING:
    from sadari.display.terminal import Progress
    from sadari.export.page.html import Page
    from sadari.export.proof import Proof
    from sadari.rungs import Rung

INDENT = 10
Finish = Callable[[], None]


@dataclass(frozen=True)
class Target:
    """A program that models are written for.

    Attributes:
        check: raises an error where the output cannot lie, before anything is done, or for options of another target.
        write: writes the model, and gives what prints the rest.
    """

    check: Callable[[str, dict[str, Any]], None]
    write: Callable[[Any, str, dict[str, Any], Any], Finish]


def print_headed(head: str, *texts: Message | str) -> None:
    """A headed line of these commands, and more below it."""
    from sadari.cli.terminal.printing import headed

    headed(head, *texts, indent=INDENT)


def _refuse(asked: dict[str, Any], target: str, *names: str) -> None:
    for name in names:
        if asked[name] is not None:
            raise SettingError(
                message("{option} is not for --to {target}", option=f"--{name.replace('_', '-')}", target=target)
            )


def _check_fasttext(output: str, asked: dict[str, Any]) -> None:
    from sadari.cli.arguments.outputs import check_file

    _refuse(asked, "fasttext", "texts", "max_size")
    check_file(Path(output))


def _to_fasttext(rung: Rung, output: str, asked: dict[str, Any], progress: Progress) -> Finish:
    """Write a ``.bin``, and lines beside it: what prints the rest."""
    from sadari.rungs.fasttext.export import export_fasttext, line_content, thresholds_left_out

    lines = None if asked["lines"] is None else _lines_path(output, asked["lines"])
    export_fasttext(rung, output)
    rows = None if lines is None else _write_lines(rung, lines, asked, progress)

    def finish() -> None:
        if rows is not None:
            print_headed("", beside([str(lines), counted(rows, "line")]))
        if (left_out := thresholds_left_out(rung)) is not None:
            print_headed("Labels", left_out)
        if rows is None:
            holds = message("FILE holds {lines}: see --lines", lines=line_content(rung))
            print_headed("Next", f"fasttext predict-prob {shlex.quote(output)} FILE; {holds}")
            return
        print_headed("Next", f"fasttext test {shlex.quote(output)} {shlex.quote(str(lines))}")

    return finish


def _lines_path(output: str, data: str) -> Path:
    """``m.txt`` for ``m.bin``."""
    from sadari.cli.arguments.outputs import check_file

    lines = Path(output).with_suffix(".txt")
    taken = ((message("the model's"), Path(output)), (message("that of --lines"), Path(data)))
    for whose, path in taken:
        if lines.resolve() == path.resolve():
            raise SettingError(
                message("the lines would lie in {lines}, and that name is {whose}", lines=lines, whose=whose),
                hint=message("choose another name with -o"),
            )
    check_file(lines)
    return lines


def _write_lines(rung: Rung, path: Path, asked: dict[str, Any], progress: Progress) -> int:
    """A file's texts as lines: how many."""
    from sadari.artifact import atomic_file
    from sadari.cli.arguments.models import open_for_model
    from sadari.cli.terminal.printing import note
    from sadari.rungs.fasttext.export import fasttext_lines

    source = open_for_model(asked["lines"], _reading(asked), rung, need_label=bool(asked["label"]))
    done = 0
    with atomic_file(path) as stream:
        for batch in source.batches():
            stream.write(fasttext_lines(rung, batch.texts, batch.labels))
            done += len(batch.texts)
            progress(counted(done, "line"))
    note(*source.notes)
    return done


def _reading(asked: dict[str, Any]) -> dict[str, Any]:
    """How a file is to be read."""
    return {name: value for name, value in asked.items() if name not in ("lines", "texts", "max_size")}


def _check_onnx(output: str, asked: dict[str, Any]) -> None:
    from sadari.cli.arguments.outputs import check_folder
    from sadari.export.onnx import check_is_export

    _refuse(asked, "onnx", "lines", "max_size")
    check_folder(Path(output), check_is_export)


def _to_onnx(rung: Rung, output: str, asked: dict[str, Any], progress: Progress) -> Finish:
    """Write a folder with ONNX, and what reads it: what prints the rest."""
    from sadari.export.onnx import export_onnx

    proof = export_onnx(rung, output, texts=_texts(rung, asked)[0])
    return lambda: _proved(proof)


def _texts(rung: Rung, asked: dict[str, Any]) -> tuple[list[str] | None, list[Any] | None]:
    """The first texts of --texts, and their labels with --label; None without."""
    from sadari.cli.arguments.models import open_for_model
    from sadari.export.proof import MOST_TEXTS

    if asked["texts"] is None:
        return None, None
    labelled = bool(asked["label"])
    source = open_for_model(asked["texts"], _reading(asked), rung, need_label=labelled)
    texts: list[str] = []
    labels: list[Any] = []
    for batch in source.batches():
        rows = MOST_TEXTS - len(texts)
        texts += batch.texts.head(rows).to_list()
        labels += [] if batch.labels is None else batch.labels.head(rows).to_list()
        if len(texts) == MOST_TEXTS:
            break
    return texts, labels if labelled else None


def _check_html(output: str, asked: dict[str, Any]) -> None:
    from sadari.cli.arguments.outputs import check_file

    _refuse(asked, "html", "lines")
    check_file(Path(output))


def _to_html(rung: Rung, output: str, asked: dict[str, Any], progress: Progress) -> Finish:
    """Write one file with a page: what prints the rest."""
    from sadari.export.page.html import MAX_SIZE, export_html

    texts, labels = _texts(rung, asked)
    size = asked["max_size"] or MAX_SIZE
    page = export_html(rung, output, texts=texts, labels=labels, max_size=size, lang=current_language())

    def finish() -> None:
        _weights(page)
        _proved(page.proof)
        print_headed("Next", message("open {file} in a browser", file=output))

    return finish


def _weights(page: Page) -> None:
    """What was done to the weights, and what that changes."""
    if page.bits == 32:
        print_headed("Weights", message("all of them, as they are: {features:,} features", features=page.features))
        return
    done = message(
        "{bits} bits, {features:,} of {all:,} features", bits=page.bits, features=page.features, all=page.all_features
    )
    changed = _changed(page.changed, page.proof.texts, page.off)
    scores = page.accuracy and message(
        "accuracy {before:.3f} → {after:.3f}", before=page.accuracy[0], after=page.accuracy[1]
    )
    decided = message("care decides up to {decided:,} of them otherwise", decided=page.decided)
    print_headed("Weights", beside([done, changed, decided if page.decided else None, scores]))


def _changed(changed: int, texts: int, off: float) -> Message:
    return message(
        "{changed:,} of {texts:,} texts get another label, probabilities are up to {off:.3f} off",
        changed=changed,
        texts=texts,
        off=off,
    )


def _proved(proof: Proof) -> None:
    same = message(
        "{texts:,} texts have the same labels there, probabilities to {off:.0e} ({readers})",
        texts=proof.texts,
        off=proof.off,
        readers=", ".join(map(str, proof.readers)),
    )
    print_headed("Proved", beside([same, proof.unrun]))
    if proof.care is not None:
        print_headed("Care", proof.care)
    if proof.int8 is not None:
        changed, off = proof.int8
        print_headed("int8", _changed(changed, proof.texts, off))


TARGETS = {
    "fasttext": Target(_check_fasttext, _to_fasttext),
    "onnx": Target(_check_onnx, _to_onnx),
    "html": Target(_check_html, _to_html),
}
