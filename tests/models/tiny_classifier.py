"""A tiny BERT classifier with random weights, saved as the hub would hold it."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.models.tiny_vlms import hub

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "lovely", "fine", "dreadful", "poor", "the", "film"]


def saved(folder: Path, labels: Mapping[int, str] | None = None, **more: Any) -> Path:
    """A BERT of 2 layers and 32 numbers with its tokenizer."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing

    made = Tokenizer(WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = Whitespace()
    made.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer = hub().PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", model_max_length=32
    )
    names = {} if labels is None else {"id2label": dict(labels), "num_labels": len(labels)}
    config = hub().BertConfig(
        vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=48, max_position_embeddings=40, **names, **more,
    )  # fmt: skip
    importlib.import_module("torch").manual_seed(0)
    model = hub().BertForSequenceClassification(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
