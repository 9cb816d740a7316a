"""setfit's own package on draws of texts, in a process (and an environment) of its own: see `setfit.py`.

    PEER/bin/python benchmarks/setfit_peer.py < DRAWS      one line of JSON for each draw

It imports nothing of this project's.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time


def main() -> None:
    sys.path.pop(0)  # this folder, which has a `setfit` of its own
    os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    from datasets import Dataset

    from setfit import SetFitModel, Trainer, TrainingArguments

    asked = json.load(sys.stdin)
    answers, sys.stdout = sys.stdout, sys.stderr  # where its own reports go, too
    for draw in asked["draws"]:
        rows = Dataset.from_dict({"text": draw["texts"], "label": draw["labels"]})
        model = SetFitModel.from_pretrained(asked["weights"], local_files_only=True)
        start = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            settings = TrainingArguments(
                output_dir=folder,
                batch_size=16,
                num_epochs=1,
                num_iterations=asked["iterations"],
                seed=draw["seed"],
                report_to="none",
                save_strategy="no",
            )
            Trainer(model=model, args=settings, train_dataset=rows).train()
        trained = time.process_time()
        predicted = [str(label) for label in model.predict(asked["test"], show_progress_bar=False)]
        said = {
            "size": draw["size"],
            "seed": draw["seed"],
            "predicted": predicted,
            "train": trained - start,
            "predict": time.process_time() - trained,
        }
        print(json.dumps(said), file=answers, flush=True)


if __name__ == "__main__":
    main()
