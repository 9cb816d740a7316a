"""What the page says, by the names that its template and scripts know."""

from __future__ import annotations

from collections.abc import Mapping

from sadari.export.page.said import SHARED
from sadari.messages import LANGUAGES, Message, message, render

NAMES = {"en": "English", "ko": "한국어"}  # of languages, in themselves

SAID: dict[str, Message] = {
    **SHARED,
    "title": message("Which label does a text have?"),
    "where": message("What you type goes to this server and nowhere else."),
    "docs": message("For programs"),
    "language": message("Language"),
    "theme": message("Light or dark"),
    "theme_system": message("As the system"),
    "theme_light": message("Light"),
    "theme_dark": message("Dark"),
    "no_script": message("This page needs JavaScript."),
    "token": message("Token"),
    "token_use": message("Use this token"),
    "token_about": message("Whoever runs this server knows it. The page forgets it when you leave."),
    "text": message("Type or paste a text"),
    "compare": message("Models"),
    "colours": message(
        "Blue words speak for the chosen label, orange ones (dashed) against it; "
        "point at a word, or walk with the arrow keys, for its figures."
    ),
    "words": message("Words and what they speak for"),
    "cut": message("The text is longer than the model reads: it has read the beginning."),
    "summary": message("{model}: {label}, {share}", model="{model}", label="{label}", share="{share}"),
    "several": message("Each label is decided by itself: a text may have several, or none."),
    "care": message("Answers withheld"),
    "care_by": message("Leave a text to a person"),
    "care_none": message("never: each text gets a label"),
    "care_precision": message("so that this share of the labels given is right"),
    "care_coverage": message("so that this share of the texts gets a label"),
    "care_share": message("Share (%)"),
    "care_sets": message("Show the labels of which one is right in nine of ten texts"),
    "care_scope": message("Say which texts seem to have none of the labels"),
    "care_about": message("The thresholds were learned on rows that the model was not trained on."),
    "care_without": message(
        "Nothing is withheld, and there are no sets, where a model keeps no rows to learn that from: {models}",
        models="{models}",
    ),
    "many": message("Many texts at once"),
    "file": message("Drop a CSV, JSONL or Parquet file here, or choose one"),
    "model": message("Model"),
    "column": message("Column of the texts"),
    "column_own": message("as in training"),
    "skip_bad": message("Leave out rows that cannot be read"),
    "progress": message("rows done"),
    "stop": message("Stop"),
    "stopped": message("Stopped."),
    "sending": message("Sending {name} …", name="{name}"),
    "labelling": message("{rows} rows done …", rows="{rows}"),
    "broke_off": message(
        "The answer broke off (rows done: {rows}): the next row cannot be read, or the server is gone.", rows="{rows}"
    ),
    "too_large": message("The file has {size}; this server takes {most}.", size="{size}", most="{most}"),
    "least": message("Probability from (%)"),
    "most": message("to (%)"),
    "save": message("Download {rows} rows (CSV)", rows="{rows}"),
    "more": message("Show more rows"),
    "models": message("The models"),
    "rung": message("Rung"),
    "labels": message("Labels"),
    "data": message("Training data"),
    "scores": message("Scores"),
    "card": message("Model card"),
    "report": message("Report of the climb"),
    "gone": message("The server does not answer. The page asks again every few seconds."),
    "busy": message("The server is busy. The page asks again in a moment."),
    "wrong": message("The server answered with an error ({status}).", status="{status}"),
}


def said(language: str, sentences: Mapping[str, Message] = SAID) -> dict[str, str]:
    """All sentences of a page in a language.

    Args:
        language: one of `sadari.messages.LANGUAGES`.
        sentences: by name.
    """
    return {name: render(sentence, language) for name, sentence in sentences.items()}


def names_of_languages() -> dict[str, str]:
    """Code → name, of those that there is a catalogue of."""
    return {code: NAMES.get(code, code) for code in LANGUAGES}
