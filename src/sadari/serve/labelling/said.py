"""What the page of labelling says, by the names that its template and scripts know."""

from __future__ import annotations

from sadari.messages import Message, message
from sadari.serve.page.said import SAID as PAGE

SHARED = (
    "language",
    "theme",
    "theme_system",
    "theme_light",
    "theme_dark",
    "no_script",
    "token",
    "token_use",
    "token_about",
    "gone",
    "wrong",
)
SAID: dict[str, Message] = {
    **{name: PAGE[name] for name in SHARED},
    "title": message("Which label?"),
    "where": message("Every answer is on the disk of the machine that serves this page before the next text is shown."),
    "text": message("Text"),
    "row": message("row {row}", row="{row}"),
    "drawn_random": message("drawn at random, to estimate how good the model is"),
    "drawn_chosen": message("chosen, because much is learned from it"),
    "drawn_shared": message("another person has labelled it, too"),
    "drawn_listed": message("people disagree about it"),
    "said": message("{name}: {label}", name="{name}", label="{label}"),
    "labels": message("Labels"),
    "none": message("Not in this list"),
    "skip": message("Skip"),
    "undo": message("Undo"),
    "new": message("New label"),
    "new_name": message("Name"),
    "new_meaning": message("When to give it (not needed)"),
    "add": message("Add"),
    "cancel": message("Cancel"),
    "no_labels": message("There is no label yet. Add the first one."),
    "done": message("All texts are answered."),
    "settled": message("Nobody disagrees any more."),
    "given": message("{label}. The next text:", label="{label}"),
    "taken_back": message("Taken back:"),
    "progress": message("Answers"),
    "as": message("You are {name}.", name="{name}"),
    "tally": message(
        "{label} labelled, {none} not in the list, {skip} skipped, of {texts} texts",
        label="{label}",
        none="{none}",
        skip="{skip}",
        texts="{texts}",
    ),
    "download": message("Download the labels (CSV)"),
    "model": message("What the labels are worth"),
    "waiting": message("The model behind this page learns from about 20 labels on."),
    "reading": message("Reading the texts: {share}", share="{share}"),
    "few_drawn": message(
        "Texts drawn at random so far: {drawn}. From {needed} on the model's accuracy is estimated.",
        drawn="{drawn}",
        needed="{needed}",
    ),
    "accuracy": message(
        "A model of these {labels} labels gets {share} of the texts right (95 % interval: {low} to {high}).",
        labels="{labels}",
        share="{share}",
        low="{low}",
        high="{high}",
    ),
    "changed": message("The second half of the labels changed {changed} of the model's answers.", changed="{changed}"),
    "enough": message("More labels no longer pay: twice as many would change few answers."),
    "curve": message("Learning curve: accuracy by number of labels"),
    "curve_labels": message("labels"),
    "agreement": message("Agreement"),
    "agrees": message(
        "With {name}: {texts} texts, {share} the same; Cohen's kappa {kappa} ({low} to {high})",
        name="{name}",
        texts="{texts}",
        share="{share}",
        kappa="{kappa}",
        low="{low}",
        high="{high}",
    ),
    "agrees_bare": message(
        "With {name}: {texts} texts, {share} the same", name="{name}", texts="{texts}", share="{share}"
    ),
    "disagree": message("Texts that people disagree about: {count}", count="{count}"),
    "resolve": message("Decide them"),
    "go_on": message("Back to new texts"),
    "guidelines": message("Guidelines"),
    "keys": message("Keys"),
    "keys_about": message(
        "Each label has the key that stands before it. U takes back, S skips, N: not in the list, L: a new label."
    ),
    "behind": message("Behind the page: {fault}", fault="{fault}"),
}
