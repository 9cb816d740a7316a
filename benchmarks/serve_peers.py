"""What `benchmarks/serve.py` asks: our server in several ways, and what people write with FastAPI. Each is a process.

``python benchmarks/serve_peers.py WHICH PORT MODEL``
"""

import sys
from typing import Any


def ours(port: int, model: str, *, constant: bool = False, batching: bool = True) -> None:
    """`sadari serve`; or the same with an answer that is worked out once, or without batches."""
    from sadari.serve.lifecycle.run import serve
    from sadari.serve.settings import ServeSettings

    if constant:
        from sadari.serve.core.answer import Answer, Loaded

        answers: dict[int, Answer] = {}
        answer = Loaded.answer

        def always(self: Loaded, texts: list[str]) -> Answer:
            if len(texts) not in answers:
                answers[len(texts)] = answer(self, texts)
            return answers[len(texts)]

        Loaded.answer = always  # type: ignore[method-assign]
    settings = ServeSettings((("m", model),), port=port, batching=batching)
    serve(settings, lambda url: None)


def sklearn_app() -> Any:
    """A FastAPI app that calls a pipeline of scikit-learn."""
    from fastapi import FastAPI
    from pydantic import BaseModel
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from sadari.data.datasets import find
    from sadari.data.read import open_source

    corpus = open_source(find("headlines").train).read()
    assert corpus.labels is not None
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1_000))
    model.fit(corpus.texts.to_list(), corpus.labels.to_list())
    app = FastAPI()

    class Asked(BaseModel):
        inputs: str

    @app.post("/predict")
    def predict(asked: Asked) -> list[dict[str, Any]]:
        scores = model.predict_proba([asked.inputs])[0]
        found = [{"label": label, "score": float(score)} for label, score in zip(model.classes_, scores, strict=True)]
        return sorted(found, key=lambda each: -each["score"])

    return app


def transformers_app(folder: str) -> Any:
    """A FastAPI app around transformers' pipeline."""
    from fastapi import FastAPI
    from pydantic import BaseModel
    from transformers import pipeline

    model = pipeline("text-classification", model=folder, top_k=None)
    app = FastAPI()

    class Asked(BaseModel):
        inputs: str

    @app.post("/predict")
    def predict(asked: Asked) -> Any:
        return model([asked.inputs])[0]

    return app


def main() -> None:
    which, port, model = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if which in ("ours", "constant", "alone"):
        ours(port, model, constant=which == "constant", batching=which != "alone")
        return
    import uvicorn

    app = sklearn_app() if which == "sklearn" else transformers_app(model)
    uvicorn.run(app, port=port, log_level="warning")


if __name__ == "__main__":
    main()
