"""Tiny, randomly initialised models of the real classes, saved as the hub would hold them."""

import importlib
from pathlib import Path
from typing import Any

SPOKEN = (
    "<pad> <s> </s> <unk> <image> <video> <vision> </vision> user assistant What is it ? red blue "
    "cat dog big not hateful Answer : yes no"
)
WORDS = SPOKEN.split(" ")
TEXT = {
    "vocab_size": len(WORDS), "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512,
    "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
SEEN = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "image_size": 28, "patch_size": 14, "projection_dim": 32,
}  # fmt: skip
QFORMER = {
    "vocab_size": len(WORDS), "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 4, "encoder_hidden_size": 32, "cross_attention_frequency": 1,
    "max_position_embeddings": 64,
}  # fmt: skip
CHAT = (
    "{% for m in messages %}{{ m['role'] }} {% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}IMAGE {% else %}{{ c['text'] }} {% endif %}{% endfor %}"
    "{% endfor %}{% if add_generation_prompt %}assistant {% endif %}"
)
T5 = {
    "vocab_size": len(WORDS), "d_model": 32, "d_ff": 48, "d_kv": 8, "num_layers": 2, "num_heads": 4,
    "pad_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 0, "model_type": "t5",
}  # fmt: skip


def hub() -> Any:
    return importlib.import_module("transformers")


def tokenizer(**more: Any) -> Any:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    made = Tokenizer(WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="<unk>"))
    made.pre_tokenizer = WhitespaceSplit()
    return hub().PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", bos_token="<s>", eos_token="</s>",
        unk_token="<unk>", additional_special_tokens=WORDS[4:8], **more,
    )  # fmt: skip


def llava_next(folder: Path) -> None:
    side, grid = {"height": 28, "width": 28}, [[28, 56], [56, 28], [56, 56]]
    config = hub().LlavaNextConfig(
        vision_config={**SEEN, "model_type": "clip_vision_model"},
        text_config={**TEXT, "model_type": "llama"}, image_token_index=4,
        image_grid_pinpoints=grid,
    )  # fmt: skip
    pictures = hub().LlavaNextImageProcessorPil(
        size={"shortest_edge": 28}, crop_size=side, image_grid_pinpoints=grid
    )
    processor = hub().LlavaNextProcessor(
        image_processor=pictures, tokenizer=tokenizer(), patch_size=14,
        vision_feature_select_strategy="default", num_additional_image_tokens=1,
        chat_template=CHAT.replace("IMAGE", "<image>"),
    )  # fmt: skip
    save(folder, hub().LlavaNextForConditionalGeneration(config), processor)


def blip2(folder: Path) -> None:
    config = hub().Blip2Config(
        vision_config=SEEN, qformer_config=QFORMER,
        text_config={
            **TEXT, "model_type": "opt", "ffn_dim": 48, "word_embed_proj_dim": 32,
        },
        num_query_tokens=3, image_token_index=4,
    )  # fmt: skip
    pictures = hub().BlipImageProcessorPil(size={"height": 28, "width": 28})
    processor = hub().Blip2Processor(pictures, tokenizer(), num_query_tokens=3)
    save(folder, hub().Blip2ForConditionalGeneration(config), processor)


def instructblip(folder: Path, text: dict[str, Any] | None = None) -> None:
    config = hub().InstructBlipConfig(
        vision_config=SEEN, qformer_config=QFORMER,
        text_config=text or {**TEXT, "model_type": "llama"},
        num_query_tokens=3, image_token_index=4,
    )  # fmt: skip
    pictures = hub().BlipImageProcessorPil(size={"height": 28, "width": 28})
    processor = hub().InstructBlipProcessor(pictures, tokenizer(), tokenizer(), num_query_tokens=3)
    model = hub().InstructBlipForConditionalGeneration(config)
    for weight in model.parameters():
        if weight.dim() > 1:
            weight.data *= 5  # as made, what is seen is lost in the rounding of the scores
    save(folder, model, processor)


def instructblip_t5(folder: Path) -> None:
    instructblip(folder, T5)


def qwen_vl(folder: Path) -> None:
    config = hub().Qwen2_5_VLConfig(
        text_config={
            **TEXT, "model_type": "qwen2_5_vl_text",
            "rope_scaling": {"type": "mrope", "rope_type": "default", "mrope_section": [1, 1, 2]},
        },
        vision_config={
            "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 4,
            "out_hidden_size": 32, "patch_size": 14, "fullatt_block_indexes": [1],
        },
        image_token_id=4, video_token_id=5, vision_start_token_id=6, vision_end_token_id=7,
    )  # fmt: skip
    hub().Qwen2_5_VLForConditionalGeneration(config).save_pretrained(folder)
    chat = CHAT.replace("IMAGE", "<vision> <image> </vision>")
    extra = {"image_token": "<image>", "video_token": "<video>"}
    words = tokenizer(chat_template=chat, extra_special_tokens=extra)
    words.init_kwargs["processor_class"] = "Qwen2_5_VLProcessor"
    words.save_pretrained(folder)
    hub().Qwen2VLImageProcessorPil(
        size={"shortest_edge": 28 * 28, "longest_edge": 112 * 112}
    ).save_pretrained(folder)


def save(folder: Path, model: Any, processor: Any) -> None:
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILIES = {
    "llava-next": llava_next,
    "blip-2": blip2,
    "instructblip": instructblip,
    "instructblip-t5": instructblip_t5,
    "qwen-vl": qwen_vl,
}
