"""Tensors as safetensors: written in a stream, and read from bytes that nobody vouches for.

The layout (https://github.com/huggingface/safetensors#format): 8 bytes, little-endian, give the length of a
JSON header ``{name: {"dtype", "shape", "data_offsets": [begin, end]}}``; the tensors' bytes follow,
row-major, without holes. The library itself opens a path on its own, after our checks would have looked at
it, copies every tensor, and takes headers of 100 MB; here header and bytes come from one open file that is
read once. Tests hold the two to the same bytes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from sadari.artifact.strict_json import parse_object
from sadari.errors import DataError, ModelError, reason_of
from sadari.messages import message

WEIGHTS = "weights.safetensors"
TRANSFORMERS_WEIGHTS = "model.safetensors"  # what `transformers` looks for
# the other files of such a folder
CONFIG, TOKENIZER, TOKENIZER_SETTINGS, WORDS = "config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"
MAX_HEADER = 2**20  # bytes; a BERT's is 25 kB
MAX_RANK = 8
MAX_COUNT = 2**48  # of bytes or items: far from where a product of NumPy's overflows
_CHUNK = 2**22  # bytes looked at together: small enough to stay in a cache

# safetensors' name, and what the bytes are; NumPy has no bfloat16, whose bits travel as uint16.
_DTYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype("|b1"),
    "U8": np.dtype("|u1"),
    "I8": np.dtype("|i1"),
    "U16": np.dtype("<u2"),
    "I16": np.dtype("<i2"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "F32": np.dtype("<f4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
    "F64": np.dtype("<f8"),
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items() if name != "BF16"}
# A float is NaN or infinite where all bits of its exponent are set.
_EXPONENT = {"F16": 0x7C00, "BF16": 0x7F80, "F32": 0x7F80_0000, "F64": 0x7FF0_0000_0000_0000}


def encode_weights(
    tensors: Mapping[str, Any], metadata: Mapping[str, str] | None = None
) -> Iterator[bytes | memoryview]:
    """The pieces of a safetensors file, to be written one after the other; no tensor is copied that lies in
    order.

    Args:
        tensors: name → NumPy array or torch tensor (any device), of a real, integer or boolean dtype.
        metadata: what the header says besides; readers of ours pass over it.

    Raises:
        ModelError: a dtype that a model cannot hold, or a NaN or infinite weight.
    """
    if "__metadata__" in tensors:
        raise ModelError(message("no tensor of a safetensors file can be called '__metadata__'"))
    flat = {name: _flatten(name, tensor) for name, tensor in tensors.items()}
    # Widest items first, so that every tensor lies at a multiple of its item's size and needs no copy to be
    # read.
    order = sorted(flat, key=lambda name: (-_DTYPES[flat[name][0]].itemsize, name))
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    at = 0
    for name in order:
        dtype, shape, values = flat[name]
        _check_values(name, dtype, values)
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + values.nbytes]}
        at += values.nbytes
    text = _encode_header(header, at)
    yield len(text).to_bytes(8, "little") + text
    for name in order:
        values = flat[name][2]
        if values.size:
            yield values.view(np.uint8).data


def _encode_header(header: dict[str, Any], data_size: int) -> bytes:
    """The header's bytes, once the reader's own checks have passed them."""
    try:
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        decode_header(text, data_size)
    except ValueError as error:  # half a surrogate pair, nine dimensions
        raise ModelError(message("the tensors cannot be written: {reason}", reason=reason_of(error))) from None
    text += b" " * (-len(text) % 8)  # so that the data begins at a multiple of every item's size
    if len(text) > MAX_HEADER:
        raise ModelError(
            message(
                "{number_of_header:,} tensors need a header of {number_of_text:,} bytes ({max_header:,} is the limit)",
                number_of_header=len(header),
                number_of_text=len(text),
                max_header=MAX_HEADER,
            )
        )
    return text


def _flatten(name: str, tensor: Any) -> tuple[str, tuple[int, ...], np.ndarray]:
    """A tensor's safetensors dtype, its shape, and its values as one contiguous vector."""
    if not isinstance(tensor, np.ndarray | np.generic) and hasattr(tensor, "detach"):
        import torch

        tensor = tensor.detach().cpu().contiguous()
        if tensor.dtype == torch.bfloat16:
            return "BF16", tuple(tensor.shape), tensor.reshape(-1).view(torch.uint16).numpy()
        tensor = tensor.numpy()
    array = np.asarray(tensor)
    little = array.dtype.newbyteorder("<") if array.dtype.kind in "iuf" else array.dtype
    if little not in _NAMES:
        raise ModelError(
            message("tensor {name!r} has dtype {dtype}, which a model folder cannot hold", name=name, dtype=array.dtype)
        )
    return _NAMES[little], array.shape, np.ascontiguousarray(array, dtype=little).reshape(-1)


def decode_header(text: bytes, data_size: int) -> dict[str, tuple[str, tuple[int, ...], int]]:
    """Check a header against the number of bytes that follow it.

    Returns:
        name → (safetensors dtype, shape, first byte of its data), the tensors one after the other without
        holes.

    Raises:
        ValueError: with the reason.
    """
    header = parse_object(text, message("the header"), max_depth=4)
    header.pop("__metadata__", None)
    found = {name: _check_entry(name, entry) for name, entry in header.items()}
    at = 0
    for name in sorted(found, key=lambda name: found[name][2:]):
        _, _, begin, end = found[name]
        if begin != at:
            raise DataError(
                message("tensor {name!r:.80} begins at byte {begin}, where {at} is next", name=name, begin=begin, at=at)
            )
        at = end
    if at != data_size:
        raise DataError(message("the tensors take {at} bytes, the file holds {data_size}", at=at, data_size=data_size))
    return {name: (dtype, shape, begin) for name, (dtype, shape, begin, _) in found.items()}


def _check_entry(name: str, entry: Any) -> tuple[str, tuple[int, ...], int, int]:
    """One tensor's (dtype, shape, begin, end)."""
    about = message("tensor {name!r:.80}", name=name)
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise DataError(message("{about} is not given as dtype, shape and data_offsets", about=about))
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise DataError(message("{about} has the unknown dtype {dtype!r:.20}", about=about, dtype=str(dtype)))
    # The product without zeros is what NumPy counts with, even where the tensor is empty.
    if not _are_counts(shape) or len(shape) > MAX_RANK or math.prod(max(1, length) for length in shape) >= MAX_COUNT:
        raise DataError(message("{about} has no usable shape", about=about))
    if not _are_counts(offsets) or len(offsets) != 2:
        raise DataError(message("{about} has no usable data_offsets", about=about))
    size = math.prod(shape) * _DTYPES[dtype].itemsize
    if offsets[1] - offsets[0] != size:
        raise DataError(
            message(
                "{about} needs {size} bytes and is given {given}", about=about, size=size, given=offsets[1] - offsets[0]
            )
        )
    return dtype, tuple(shape), offsets[0], offsets[1]


def _are_counts(values: Any) -> bool:
    """Whether this is a list of whole numbers from 0 to what an index can hold."""
    return isinstance(values, list) and all(type(value) is int and 0 <= value < MAX_COUNT for value in values)


def decode_tensors(
    entries: Mapping[str, tuple[str, tuple[int, ...], int]], data: np.ndarray, *, as_torch: bool
) -> dict[str, Any]:
    """Views of `data` (uint8, one dimension), by the entries of `decode_header`; copied only where
    misaligned.

    Raises:
        ModelError: NaN or infinite weights, a boolean that is neither 0 nor 1, or bfloat16 without
            `as_torch`.
    """
    tensors: dict[str, Any] = {}
    for name, (dtype, shape, begin) in entries.items():
        count = math.prod(shape)
        values = data[begin : begin + count * _DTYPES[dtype].itemsize].view(_DTYPES[dtype])
        _check_values(name, dtype, values)
        array = np.require(values, requirements="A").reshape(shape)
        if as_torch:
            import torch

            tensor = torch.from_numpy(array)
            tensors[name] = tensor.view(torch.bfloat16) if dtype == "BF16" else tensor
        elif dtype == "BF16":
            raise ModelError(
                message("tensor {name!r} is bfloat16, which NumPy has not", name=name),
                hint=message("read it with as_torch=True"),
            )
        else:
            tensors[name] = array
    return tensors


def _check_values(name: str, dtype: str, values: np.ndarray) -> None:
    """Refuse NaN, infinity and odd booleans; `values` is one-dimensional."""
    if dtype == "BOOL":
        if values.size and values.view(np.uint8).max() > 1:
            raise ModelError(message("tensor {name!r} holds a boolean that is neither 0 nor 1", name=name[:80]))
        return
    if dtype not in _EXPONENT:
        return
    step = _CHUNK // values.itemsize
    mask = values.dtype.type(0).view(f"u{values.itemsize}").dtype.type(_EXPONENT[dtype])
    bits = values.view(mask.dtype)
    for at in range(0, bits.size, step):
        wrong = (bits[at : at + step] & mask) == mask
        if wrong.any():
            raise ModelError(
                message(
                    "tensor {name!r} holds NaN or infinity at place {at:,}", name=name[:80], at=at + int(wrong.argmax())
                )
            )
