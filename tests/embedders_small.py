"""Small folders of what makes one vector of a text, as sentence-transformers and model2vec write them."""

import json
import shutil

import numpy as np

from bert_small import wordpiece

TRANSFORMER, POOLING, NORMALISE = (f"sentence_transformers.models.{n}" for n in ("Transformer", "Pooling", "Normalize"))


def sentence_folder(folder, plain, pooling, *, normalise=False, **settings):
    """A folder as sentence-transformers writes it."""
    shutil.copytree(plain, folder)
    kinds = [TRANSFORMER, POOLING, *([NORMALISE] if normalise else [])]
    places = ["", "1_Pooling", "2_Normalize"]
    modules = [{"idx": i, "name": str(i), "path": places[i], "type": kind} for i, kind in enumerate(kinds)]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 32, **pooling}))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 16, **settings}))
    return folder


def static_folder(folder, *, config=None, **tensors):
    """A folder as model2vec writes it; the tokenizer is WordPiece."""
    from safetensors.numpy import save_file

    folder.mkdir()
    made = wordpiece()
    made.save(str(folder / "tokenizer.json"))
    size = made.get_vocab_size()
    table = np.random.default_rng(0).normal(size=(size, 12)).astype(np.float32)
    save_file({"embeddings": table, **tensors}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "model2vec", "normalize": True, **(config or {})}))
    return folder, table, made
