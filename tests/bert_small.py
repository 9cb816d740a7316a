"""Small encoders of every family, with random weights and a tokenizer of their own, as `transformers` saves them."""

import json

TEXTS = [
    "the match was won in the last minute",
    "a goal and a cup for the team",
    "the players train hard for the game",
    "stocks fell as the market closed",
    "the bank raised its profit and sales",
    "shares of the company rose today",
    "a new chip makes the computer faster",
    "the software runs on every phone",
    "they found a new planet in space",
    "the president met the minister",
    "a treaty was signed after the war",
    "voters went to the polls in the country",
] * 4
LABELS = (["Sports"] * 3 + ["Business"] * 3 + ["Sci/Tech"] * 3 + ["World"] * 3) * 4
FAMILIES = ("bert", "roberta", "distilbert", "electra", "albert", "deberta-v2", "mpnet")
SIZE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
}


def wordpiece(unknown="[UNK]"):
    """A WordPiece tokenizer of the texts' words and letters, between [CLS] and [SEP]."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    words = sorted({word for text in TEXTS for word in text.split()})
    pieces = ["[PAD]", unknown, "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    pieces += [word for word in words if len(word) > 1]
    made = Tokenizer(models.WordPiece({piece: place for place, piece in enumerate(pieces)}, unk_token=unknown))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return made


def byte_pairs():
    """A byte-level tokenizer as RoBERTa's, between <s> and </s>."""
    from tokenizers import ByteLevelBPETokenizer, processors

    made = ByteLevelBPETokenizer()
    made.train_from_iterator(
        TEXTS,
        vocab_size=400,
        min_frequency=1,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        show_progress=False,
    )
    inner = made._tokenizer
    inner.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return inner


def save_encoder(folder, family="bert", *, tokenizer=None, seed=0, head=False, labels=2, **config):
    """Write a folder of weights: an encoder alone, or with a head.

    Returns:
        the folder.
    """
    import torch
    import transformers

    bpe = family == "roberta"
    inner = tokenizer or (byte_pairs() if bpe else wordpiece())
    names = ("<s>", "</s>", "<pad>", "<unk>", "<mask>") if bpe else ("[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]")
    wrapped = transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        model_max_length=38,
        **dict(zip(("cls_token", "sep_token", "pad_token", "unk_token", "mask_token"), names, strict=True)),
    )
    settings = {**SIZE, "vocab_size": inner.get_vocab_size(), "pad_token_id": wrapped.pad_token_id, **config}
    if family == "distilbert":
        renamed = {
            "hidden_size": "dim",
            "num_hidden_layers": "n_layers",
            "num_attention_heads": "n_heads",
            "intermediate_size": "hidden_dim",
        }
        settings = {renamed.get(name, name): value for name, value in settings.items()}
    if family == "electra":
        settings["embedding_size"] = 16
    torch.manual_seed(seed)
    made = transformers.AutoConfig.for_model(family, num_labels=labels, **settings)
    kind = transformers.AutoModelForSequenceClassification if head else transformers.AutoModel
    model = kind.from_config(made)
    for parameter in model.parameters():  # larger than they are made, so that a text's words matter
        if parameter.dim() > 1:
            parameter.data.mul_(6)
    model.save_pretrained(folder)
    wrapped.save_pretrained(folder)
    return folder


def rewrite(path, **changes):
    """Change a JSON file; a value of None takes a key out."""
    said = json.loads(path.read_text(encoding="utf-8"))
    said = {name: value for name, value in {**said, **changes}.items() if value is not None}
    path.write_text(json.dumps(said), encoding="utf-8")
