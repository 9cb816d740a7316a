"""One model folder in and out: safetensors and JSON, never pickle; whole or absent; untrusted when read.

Models: whatever is trained here is a `Model`, which has one `save` and one `load`. Writing: `write_model` builds the
folder beside its place and swaps it in; `atomic_write`, `atomic_file` and `atomic_folder` do the same for any other
result. Reading: `read_model` believes nothing that the folder says until it has checked it. `guarded` stands round
every call of another package on such data.
"""

from sadari.artifact.atomic import atomic_file, atomic_folder, atomic_write, remove_folder
from sadari.artifact.guard import guarded
from sadari.artifact.kinds import KINDS, check_kind
from sadari.artifact.manifest import FORMAT_VERSION, MANIFEST
from sadari.artifact.model import CALIBRATION, Model, State, own_texts, save_model
from sadari.artifact.plain_file import kind_of, megabytes, open_plain
from sadari.artifact.read import ModelFiles, read_model, read_shapes, read_tensors
from sadari.artifact.strict_json import parse_json
from sadari.artifact.weights import TRANSFORMERS_WEIGHTS, WEIGHTS
from sadari.artifact.write import check_is_model, write_model

__all__ = [
    "CALIBRATION",
    "FORMAT_VERSION",
    "KINDS",
    "MANIFEST",
    "TRANSFORMERS_WEIGHTS",
    "WEIGHTS",
    "Model",
    "ModelFiles",
    "State",
    "atomic_file",
    "atomic_folder",
    "atomic_write",
    "check_is_model",
    "check_kind",
    "guarded",
    "kind_of",
    "megabytes",
    "open_plain",
    "own_texts",
    "parse_json",
    "read_model",
    "read_shapes",
    "read_tensors",
    "remove_folder",
    "save_model",
    "write_model",
]
