"""A model folder comes back as it was written, and takes the place of nothing but a model."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sadari.artifact import FORMAT_VERSION, read_model, write_model
from sadari.errors import ModelError, OutputError

MANIFEST: dict[str, Any] = {
    "kind": "classifier",
    "rung": "bow",
    "settings": {"lr": 0.1, "lower": True, "max_features": None},
    "label_names": ["01", "1", "스포츠", "Sci/Tech"],
    "tokenizer": {"name": "basic_english"},
    "scores": {"accuracy": 0.911},
    "data": {"sha256": "ab", "rows": 12},
}
TENSORS = {"weight": np.arange(12, dtype=np.float32).reshape(3, 4), "bias": np.zeros(4, np.float64)}
TEXTS = {"vocabulary.txt": "<unk>\nthe\n가\u2028나\r\n", "README.md": "# A model\n"}


def save(folder: Path, **changes: Any) -> Path:
    write_model(folder, **{"manifest": MANIFEST, "tensors": TENSORS, "texts": TEXTS, **changes})
    return folder


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Every name below a folder, and what the files hold."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    model = read_model(save(tmp_path / "model"))
    assert {key: model.manifest[key] for key in MANIFEST} == MANIFEST
    assert model.manifest["format_version"] == FORMAT_VERSION
    assert model.manifest["versions"]["numpy"] == np.__version__
    assert model.texts == TEXTS
    assert set(model.tensors) == set(TENSORS)
    for name, tensor in TENSORS.items():
        np.testing.assert_array_equal(model.tensors[name], tensor)
        assert model.tensors[name].dtype == tensor.dtype
        model.tensors[name][...] = 1  # a copy of one's own, to be trained on
    np.testing.assert_array_equal(read_model(tmp_path / "model").tensors["weight"], TENSORS["weight"])
    assert os.listdir(tmp_path) == ["model"]  # noqa: PTH208


@given(
    tensors=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
            lambda name: name != "__metadata__"
        ),
        st.one_of(
            hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
            for dtype in ("?", "u1", "i1", "<u2", ">i2", "<u4", "<i4", ">u8", "<i8")
        )
        | st.one_of(
            hnp.arrays(
                dtype,
                hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
                elements={"allow_nan": False, "allow_infinity": False},
            )
            for dtype in ("<f2", ">f4", "<f4", "<f8")
        ),
        max_size=5,
    )
)
def test_any_tensors_come_back_and_the_safetensors_library_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, tensors: dict[str, np.ndarray]
) -> None:
    from safetensors.numpy import load_file

    folder = save(tmp_path_factory.mktemp("any") / "model", tensors=tensors)
    ours, theirs = read_model(folder).tensors, load_file(folder / "weights.safetensors")
    assert set(ours) == set(theirs) == set(tensors)
    for name, tensor in tensors.items():
        for got in (ours[name], theirs[name]):
            assert got.shape == tensor.shape
            assert got.dtype == tensor.dtype.newbyteorder("=")
            np.testing.assert_array_equal(got, tensor)
        assert ours[name].flags.aligned
        assert ours[name].flags.writeable


def test_views_that_do_not_lie_in_order_come_back(tmp_path: Path) -> None:
    base = np.arange(24, dtype=np.int64).reshape(4, 6)
    views = {"turned": base.T, "stepped": base[::2, ::-3], "scalar": np.float32(2.5), "empty": base[:0]}
    model = read_model(save(tmp_path / "model", tensors=views))
    for name, view in views.items():
        np.testing.assert_array_equal(model.tensors[name], view)
        assert model.tensors[name].shape == np.shape(view)


def test_reading_copies_nothing_where_it_was_written_in_order(tmp_path: Path) -> None:
    mixed = {"a": np.ones(1, np.int8), "b": np.ones(3, np.float16), "c": np.ones((2, 3)), "d": np.ones(1, np.float32)}
    found = read_model(save(tmp_path / "model", tensors=mixed)).tensors
    owners = set()
    for tensor in found.values():
        assert tensor.flags.aligned
        while isinstance(tensor.base, np.ndarray):
            tensor = tensor.base
        owners.add(id(tensor))
    assert len(owners) == 1, "all are views of what was read"


def test_torch_tensors_go_in_and_come_out(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    weight = torch.randn(5, 3)
    tensors = {
        "turned": torch.nn.Parameter(weight).t(),
        "half": weight.half(),
        "brain": weight.bfloat16()[::2],
        "scalar": torch.tensor(1.5, dtype=torch.bfloat16),
        "flags": weight > 0,
        "ids": torch.arange(4),
    }
    folder = save(tmp_path / "model", tensors=tensors)
    found = read_model(folder, as_torch=True).tensors
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor.detach())
    with pytest.raises(ModelError, match="as_torch=True"):
        read_model(folder)


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    save(tmp_path / "one")
    save(
        tmp_path / "two",
        tensors=dict(reversed(TENSORS.items())),
        texts={name: text.encode() for name, text in reversed(TEXTS.items())},
    )
    assert snapshot(tmp_path / "one") == snapshot(tmp_path / "two")


def test_neither_writing_nor_reading_imports_torch(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np; from sadari.artifact import read_model, write_model\n"
        "write_model(sys.argv[1], manifest={'kind': 'x'}, tensors={'w': np.ones(2)}, texts={})\n"
        "read_model(sys.argv[1]); sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "model")], check=True)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"manifest": {}}, "'kind'"),
        ({"manifest": {**MANIFEST, "files": {}}}, "'files'"),
        ({"manifest": {**MANIFEST, "scores": {"loss": float("nan")}}}, "JSON"),
        ({"manifest": {**MANIFEST, "settings": {"f": print}}}, "JSON"),
        ({"manifest": {**MANIFEST, "settings": {"\ud800": 1}}}, "JSON"),
        ({"manifest": {**MANIFEST, "label_names": ["a", "a"]}}, "twice"),
        ({"manifest": {**MANIFEST, "label_names": [1, 2]}}, "label_names"),
        ({"manifest": {**MANIFEST, "settings": {1: "a", "1": "b"}}}, "twice"),
        ({"tensors": {"w": np.array([1.0, np.nan])}}, "NaN or infinity at place 1"),
        ({"tensors": {"w": np.array([-np.inf], np.float16)}}, "NaN or infinity"),
        ({"tensors": {"w": np.array(["a"], object)}}, "dtype object"),
        ({"tensors": {"w": np.array([1j])}}, "dtype complex128"),
        ({"tensors": {"w": np.zeros([1] * 9)}}, "shape"),
        ({"tensors": {"__metadata__": np.zeros(1)}}, "__metadata__"),
        ({"tensors": {"\ud800": np.zeros(1)}}, "surrogates"),
        ({"tensors": {str(n): np.zeros(1) for n in range(30_000)}}, "30,000 tensors need a header"),
        ({"manifest": {**MANIFEST, "settings": {"x": "x" * 2**22}}}, "4,194,304 is the limit"),
        ({"texts": {f"{n}.txt": "" for n in range(64)}}, "65 files"),
        ({"texts": {"../x": ""}}, "name"),
        ({"texts": {"sadari.json": ""}}, "name"),
        ({"texts": {"weights.safetensors": ""}}, "name"),
        ({"texts": {"a/b": ""}}, "name"),
        ({"texts": {"a\0": ""}}, "name"),
        ({"texts": {"vocabulary.txt": b"\xff"}}, "UTF-8"),
        ({"texts": {"vocabulary.txt": "\udc80"}}, "UTF-8"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    save(tmp_path / "model")
    before = snapshot(tmp_path)
    for name in ("model", "new"):
        with pytest.raises(ModelError, match=reason):
            save(tmp_path / name, **changes)
    assert snapshot(tmp_path) == before


def test_a_model_is_replaced_whole(tmp_path: Path) -> None:
    save(tmp_path / "model", texts={"old.txt": "old"})
    (tmp_path / "model" / ".DS_Store").write_bytes(b"clutter")
    save(tmp_path / "model")
    model = read_model(tmp_path / "model")
    assert model.texts == TEXTS
    assert not (tmp_path / "model" / "old.txt").exists()
    assert os.listdir(tmp_path) == ["model"]  # noqa: PTH208


def test_missing_parents_are_made_and_an_empty_folder_is_taken(tmp_path: Path) -> None:
    save(tmp_path / "runs" / "뉴스" / "bow")
    (tmp_path / "empty").mkdir()
    save(tmp_path / "empty")
    for folder in ("runs/뉴스/bow", "empty"):
        assert read_model(tmp_path / folder).texts == TEXTS


def test_a_link_stays_and_the_model_that_it_leads_to_is_replaced(tmp_path: Path) -> None:
    save(tmp_path / "elsewhere" / "first", texts={})
    (tmp_path / "latest").symlink_to("elsewhere/first")
    save(tmp_path / "latest")
    assert (tmp_path / "latest").is_symlink()
    assert read_model(tmp_path / "elsewhere" / "first").texts == TEXTS
    assert os.listdir(tmp_path / "elsewhere") == ["first"]  # noqa: PTH208


def test_a_name_as_long_as_a_name_can_be(tmp_path: Path) -> None:
    folder = tmp_path / ("가" * 85)  # 255 bytes
    save(folder, texts={})
    save(folder)
    assert read_model(folder).texts == TEXTS
    with pytest.raises(OutputError, match="shorter name"):
        save(tmp_path / ("가" * 86))
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("kind", ["notes", "json", "torn", "extra", "file"])
def test_what_is_not_a_model_is_never_replaced(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "mine"
    if kind == "file":
        folder.write_text("my thesis")
    else:
        folder.mkdir()
        (folder / "thesis.txt").write_text("my thesis")
    if kind == "json":
        (folder / "sadari.json").write_text(json.dumps({"format": 1}))
    elif kind == "torn":
        (folder / "sadari.json").write_text('{"format_version": 1, "fil')
    elif kind == "extra":
        (folder / "thesis.txt").unlink()
        save(folder)
        (folder / "thesis.txt").write_text("my thesis")
    before = snapshot(tmp_path)
    with pytest.raises(OutputError, match="mine"):
        save(folder)
    assert snapshot(tmp_path) == before


def test_a_damaged_model_may_be_replaced(tmp_path: Path) -> None:
    folder = save(tmp_path / "model")
    (folder / "weights.safetensors").unlink()
    (folder / "vocabulary.txt").write_text("torn")
    save(folder)
    assert read_model(folder).texts == TEXTS


def test_errors_of_the_system_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for bad in (tmp_path / "file" / "model", Path("/proc/model"), Path("/"), tmp_path / "a\0b"):
        with pytest.raises(OutputError) as caught:
            save(bad)
        assert "\n" not in str(caught.value).split("\n  → ")[0]
    assert snapshot(tmp_path) == {"file": b""}


def test_a_model_is_found_where_a_killed_save_has_put_it_aside(tmp_path: Path) -> None:
    """What two renames in the place of one exchange leave when the process dies between them."""
    folder = save(tmp_path / "elsewhere" / "model")
    (tmp_path / "latest").symlink_to("elsewhere/model")
    folder.rename(folder.with_name(".model.sadari-old"))
    for path in (folder, tmp_path / "latest"):
        assert read_model(path).texts == TEXTS
    with pytest.raises(ModelError, match="'kind'"):
        save(folder, manifest={})
    assert os.listdir(folder.parent) == ["model"]  # noqa: PTH208 – put back, though the save that did it failed
    save(folder, texts={})
    assert read_model(folder).texts == {}


def test_no_right_to_read_or_to_write_is_one_line(tmp_path: Path) -> None:
    save(tmp_path / "shut" / "model")
    (tmp_path / "shut").chmod(0)
    code = (
        "import os, sys; from sadari.artifact import atomic_write, read_model, write_model\n"
        "from sadari.errors import ModelError, OutputError\n"
        "if os.geteuid() == 0: os.seteuid(65534)  # root may read and write anything\n"
        "for work in (lambda: read_model(sys.argv[1]), lambda: atomic_write(sys.argv[1], ''),\n"
        "             lambda: write_model(sys.argv[1], manifest={'kind': 'x'}, tensors={}, texts={})):\n"
        "    try: work()\n"
        "    except (ModelError, OutputError) as error: print(type(error).__name__, error)"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "shut" / "model")],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        (tmp_path / "shut").chmod(0o700)
    place = str(tmp_path / "shut" / "model")
    refused = f"OutputError {place}: cannot be written: Permission denied\n  → choose a place that you may write to\n"
    assert done.stdout == f"ModelError {place}: cannot be read: Permission denied\n" + 2 * refused, done.stderr
    assert read_model(place).texts == TEXTS


def test_the_parts_of_a_model_are_asked_for_by_what_is_needed(tmp_path: Path) -> None:
    model = read_model(save(tmp_path / "model"))
    assert model.tensor("weight", shape=(3, None), dtype="float32") is model.tensors["weight"]
    assert model.text("README.md") == TEXTS["README.md"]
    for refuse, reason in [
        (lambda: model.tensor("wait"), "no tensor 'wait'"),
        (lambda: model.tensor("weight", shape=(3, 5)), r"\[3, 4\].*\[3, 5\]"),
        (lambda: model.tensor("weight", shape=(3,)), "shape"),
        (lambda: model.tensor("weight", dtype="int32"), "float32"),
        (lambda: model.text("merges.txt"), "merges.txt.*missing"),
    ]:
        with pytest.raises(ModelError, match=reason):
            refuse()


def test_a_reader_sees_the_old_model_or_the_new_while_it_is_replaced(tmp_path: Path) -> None:
    folder = save(tmp_path / "model", texts={"n.txt": "0"}, tensors={"n": np.zeros(9)})
    code = (
        "import sys, numpy as np; from sadari.artifact import write_model\n"
        "for n in range(1, 60): write_model(sys.argv[1], manifest={'kind': 'x'},"
        " tensors={'n': np.full(9, n, float)}, texts={'n.txt': str(n)})"
    )
    seen = []
    with subprocess.Popen([sys.executable, "-c", code, str(folder)]) as saver:
        while saver.poll() is None:
            model = read_model(folder)
            seen.append(int(model.texts["n.txt"]))
            assert (model.tensors["n"] == seen[-1]).all()
    assert saver.returncode == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 3


def test_savers_at_the_same_time_leave_one_model_whole(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np; from sadari.artifact import write_model\n"
        "for n in range(40): write_model(sys.argv[1], manifest={'kind': 'x'},"
        " tensors={'n': np.full(9, int(sys.argv[2]), float)}, texts={'n.txt': sys.argv[2]})"
    )
    folder = tmp_path / "model"
    savers = [subprocess.Popen([sys.executable, "-c", code, str(folder), str(n)]) for n in range(3)]
    assert [saver.wait() for saver in savers] == [0, 0, 0]
    model = read_model(folder)
    assert (model.tensors["n"] == int(model.texts["n.txt"])).all()
    save(folder)
    assert os.listdir(tmp_path) == ["model"]  # noqa: PTH208


def test_the_first_format_loads_for_ever() -> None:
    """A folder written once, by the first version of the format, and kept."""
    torch = pytest.importorskip("torch")
    model = read_model(Path(__file__).parent / "formats" / "1", as_torch=True)
    assert {key: model.manifest[key] for key in MANIFEST} == MANIFEST
    assert model.texts == {"vocabulary.txt": "<unk>\n가\u2028나\n", "README.md": "# A model\n"}
    wanted = {
        "weight": torch.tensor([[0.5, -1.25], [3.0, 1e-30]]),
        "brain": torch.tensor([0.5, -2.0, 3.0], dtype=torch.bfloat16),
        "half": torch.tensor(1.5, dtype=torch.float16),
        "double": torch.tensor([1e300], dtype=torch.float64),
        "ids": torch.tensor([2**40, -1]),
        "small": torch.tensor([[-128], [127]], dtype=torch.int8),
        "flags": torch.tensor([True, False, True]),
        "none": torch.zeros(0, 3),
    }
    assert set(model.tensors) == set(wanted)
    for name, tensor in wanted.items():
        assert model.tensors[name].dtype == tensor.dtype
        assert torch.equal(model.tensors[name], tensor)


def test_a_header_whose_length_looks_like_a_pickle_is_read(tmp_path):
    """A header of 640 bytes (80 02 in hexadecimal, little-endian) begins as pickles of protocol 2 do."""
    lengths = set()
    for count, pad in itertools.product(range(5, 13), range(1, 80, 4)):
        tensors = {f"tensor-{i}": np.ones(1, np.float32) for i in range(count)} | {"x" * pad: np.ones(1, np.float32)}
        write_model(tmp_path / "model", manifest={"kind": "test"}, tensors=tensors, texts={})
        lengths.add((tmp_path / "model" / "weights.safetensors").read_bytes()[:2])
        assert set(read_model(tmp_path / "model").tensors) == set(tensors)
    assert b"\x80\x02" in lengths


def test_the_weights_may_have_the_name_that_transformers_looks_for(tmp_path):
    from safetensors import safe_open

    from sadari.artifact import TRANSFORMERS_WEIGHTS, read_model, write_model

    write_model(
        tmp_path / "m", manifest={"kind": "bert"}, tensors={"w": np.arange(3.0)}, texts={}, weights=TRANSFORMERS_WEIGHTS
    )
    assert {path.name for path in (tmp_path / "m").iterdir()} == {"sadari.json", "model.safetensors"}
    assert read_model(tmp_path / "m").tensor("w").tolist() == [0.0, 1.0, 2.0]
    with safe_open(tmp_path / "m" / "model.safetensors", "np") as file:
        assert file.metadata() == {"format": "pt"}
        assert file.get_tensor("w").tolist() == [0.0, 1.0, 2.0]
