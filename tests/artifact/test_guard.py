"""One guard round other people's packages: what they raise is one error, panics included; and no call is outside it."""

import ast
import json
from pathlib import Path

import pytest

import sadari
from sadari.artifact import guarded
from sadari.errors import DataError, ModelError, SadariError, SettingError
from sadari.text.subword.pretrained import SubwordTokenizer

SOURCE = Path(sadari.__file__).parent
PLAIN = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [],
    "normalizer": None,
    "pre_tokenizer": None,
    "post_processor": None,
    "decoder": None,
    "model": {"type": "WordLevel", "vocab": {"a": 0, "[UNK]": 1}, "unk_token": "[UNK]"},
}
TEXT = [{"Sequence": {"id": "A", "type_id": 0}}]
MISSING = {
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "[X]", "type_id": 0}}, *TEXT],
    "pair": TEXT,
    "special_tokens": {},
}
UNIGRAM = {"type": "Unigram", "vocab": [["a", -1.0]], "unk_id": None}
LONGER = {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 20}


def described(**parts):
    return json.dumps({**PLAIN, **parts})


def test_a_sound_tokenizer_is_read():
    assert SubwordTokenizer.read(described(), 0, 1).largest_id == 1


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}}, "charsmap"),  # panics when read
        ({"post_processor": MISSING}, "no entry found"),  # panics when a text is read
        ({"model": UNIGRAM}, "unk_id"),
        (
            {
                "model": {
                    **PLAIN["model"],
                    "vocab": {"a": 0},
                    "type": "WordPiece",
                    "continuing_subword_prefix": "##",
                    "max_input_chars_per_word": 100,
                }
            },
            "UNK",
        ),
        *(
            ({"model": {**PLAIN["model"], "vocab": {"a": number, "[UNK]": 1}}}, "the id")
            for number in (-1, 10**7, 2**31, 10**12, 10**18, 0.5, "0", None, True)
        ),
        ({"added_tokens": [{"id": 10**9, "content": "x"}]}, "the number"),
        ({"normalizer": {"type": "Sequence", "normalizers": [LONGER] * 9}}, "times as long"),
    ],
)
def test_a_tokenizer_that_fails_is_one_error(parts, says):
    with pytest.raises((ModelError, ValueError), match=says) as caught:
        SubwordTokenizer.read(described(**parts), 0, 1)
    assert "\n" not in str(caught.value)


def test_what_the_guard_lets_through_and_what_it_turns():
    class PanicException(BaseException):
        pass

    for ours in (SettingError("x"), KeyboardInterrupt(), SystemExit(3)):
        with pytest.raises(type(ours)) as caught, guarded("it fails"):
            raise ours
        assert caught.value is ours
    for theirs, says in (
        (PanicException("one\ntwo"), "it fails: one"),
        (KeyError("k"), "it fails: 'k'"),
        (ValueError(), "ValueError"),
        (MemoryError(), "more memory than there is"),
        (ValueError("\ud800"), r"it fails: \?"),
    ):
        with pytest.raises(DataError, match=says) as caught, guarded("it fails", where="f", hint="h", kind=DataError):
            raise theirs
        assert (caught.value.where, caught.value.hint, caught.value.__cause__) == ("f", "h", theirs)
    assert issubclass(DataError, SadariError)


# -- the house: no call is outside -------------------------------------------------------------------------------

PACKAGES = {"tokenizers", "transformers", "kiwipiepy", "sacrebleu", "safetensors", "huggingface_hub"}
# what is called on their objects, or reads a stranger's file
METHODS = {
    "encode_batch_fast",
    "encode_batch",
    "from_pretrained",
    "from_config",
    "for_model",
    "from_str",
    "get_vocab",
    "get_vocab_size",
    "train_from_iterator",
    "save_pretrained",
    "add_special_tokens",
    "scan_parquet",
    "read_parquet",
    "collect_batches",
    "corpus_score",
    "to_str",
}
GUARDED_OTHERWISE = {
    ("data/formats/parquet_probe.py", "_look"),  # in a process of its own, which may end as it likes
    ("nets/bag.py", "sharing"),  # torch's, on memory of ours
    ("pretrained/encoders.py", "unfilled"),  # reads nothing
    ("pretrained/find.py", "_from_hub"),  # the cache's answer that it has nothing is looked at
}


def of_packages(tree):
    """Names that are imported from one of `PACKAGES`, at whatever depth."""
    return {
        (alias.asname or alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        if (node.module or "").split(".")[0] in PACKAGES
        for alias in node.names
    }


def calls_outside(node, names, inside=False, function=""):
    """The calls of such names and methods that do not stand within a ``with guarded(…)``."""
    if isinstance(node, ast.FunctionDef):
        function = node.name
    if isinstance(node, ast.With):
        inside = inside or any(
            isinstance(item.context_expr, ast.Call) and getattr(item.context_expr.func, "id", "") == "guarded"
            for item in node.items
        )
    if isinstance(node, ast.Call) and not inside:
        root = node.func
        while isinstance(root, ast.Attribute):
            root = root.value
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if method in METHODS or (isinstance(root, ast.Name) and root.id in names):
            yield function, node.lineno
    for child in ast.iter_child_nodes(node):
        yield from calls_outside(child, names, inside, function)


def test_the_search_finds_a_call_outside():
    tree = ast.parse("from tokenizers import Tokenizer as T\ndef f():\n    T()\n    with guarded('x'):\n        T()\n")
    assert list(calls_outside(tree, of_packages(tree))) == [("f", 3)]


def test_every_call_of_those_packages_is_guarded():
    outside = []
    for path in sorted(SOURCE.rglob("*.py")):
        tree, name = ast.parse(path.read_text(encoding="utf-8")), str(path.relative_to(SOURCE))
        found = calls_outside(tree, of_packages(tree))
        outside += [
            f"{name}:{line} in {function}" for function, line in found if (name, function) not in GUARDED_OTHERWISE
        ]
    assert not outside
