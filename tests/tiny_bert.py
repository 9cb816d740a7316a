"""A BERT small enough to be trained in a test: two layers of random weights, and words of the bundled headlines."""

import json
from functools import cache
from pathlib import Path

import numpy as np

from rungs_headlines import headlines
from sadari.data.corpus import Corpus
from sadari.data.datasets import find
from sadari.data.read import open_source


def few_titles() -> tuple[Corpus, Corpus]:
    """A few headlines to train on and to test on, for a climb that takes seconds."""
    data = find("headlines")
    train, test = (open_source(path, text="title", label="label").read() for path in (data.train, data.test))
    return train.take(np.arange(120)), test.take(np.arange(40))


@cache
def tiny_bert(folder: str) -> Path:
    """Weights, configuration and tokenizer in a folder, as `transformers` writes them."""
    import torch
    from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import WordPiece
    from tokenizers.trainers import WordPieceTrainer
    from transformers import BertConfig, BertModel

    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    words = Tokenizer(WordPiece(unk_token="[UNK]"))
    words.normalizer = normalizers.BertNormalizer()
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words.train_from_iterator(headlines()[0].to_list(), WordPieceTrainer(vocab_size=800, special_tokens=special))
    words.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    words.save(str(place / "tokenizer.json"))
    names = {
        "unk_token": "[UNK]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
        "tokenizer_class": "BertTokenizerFast",
        "model_max_length": 64,
    }
    (place / "tokenizer_config.json").write_text(json.dumps(names))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=words.get_vocab_size(),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
        )
        BertModel(config).save_pretrained(place)
    return place
