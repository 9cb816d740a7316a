"""What Sadari's pages say while they work, by the names that their scripts know: the server's page says it too."""

from __future__ import annotations

from sadari.messages import Message, message

SHARED: dict[str, Message] = {
    "empty": message("Without a text, the model gives the shares of the labels in its training."),
    "unknown": message("The model knows nothing in this text: these are the shares of the labels in its training."),
    "unsure": message("Unsure: a person should decide."),
    "outside": message("Out of scope: the text seems to have none of the labels."),
    "certain": message("That the label is right: {share}.", share="{share}"),
    "set": message("In nine of ten texts one of these is right: {labels}", labels="{labels}"),
    "set_several": message("In nine of ten texts all that are right are among these: {labels}", labels="{labels}"),
    "set_none": message("For a set of nine in ten no label is likely enough."),
    "set_column": message("One of these is right"),
    "certainty": message("Certainty"),
    "note_empty": message("empty"),
    "note_unknown": message("nothing known"),
    "note_cut": message("cut"),
    "note_outside": message("out of scope"),
    "note_unsure": message("unsure"),
    "note_none": message("without a note"),
    "no_rows": message("The file has no rows below its head."),
    "rows": message("{kept} of {all} rows", kept="{kept}", all="{all}"),
    "label": message("Label"),
    "probability": message("Probability"),
    "note": message("Note"),
    "all": message("all"),
    "none": message("none"),
}
SAID = SHARED | {"old": message("This browser is too old for this page."), "text": message("Text")}
