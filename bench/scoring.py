"""Label scoring by the embedded model against free generation without a kept prefix.

Same model, same prompts (a shared prefix of 300 tokens, records of 40), one thread, CPU seconds a
record, methods interleaved, medians. Prints the ratio to free generation and the largest
difference of a score from a full pass over prompt and label.

    python bench/scoring.py [--records 16] [--rounds 3] [--labels 2,10,40]
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence

from assay.models.base import Options
from assay.models.cache import model_file
from assay.models.llama_context import LlamaContext, Row
from assay.models.llama_generate import generate
from assay.models.llama_scores import all_scores, best_labels, logsumexp
from assay.models.trie import Trie

PREFIX, RECORD, SLOW = 300, 40, 2  # tokens, tokens, records for the slow methods
THINGS = ("card", "transfer", "account", "payment", "refund", "exchange rate", "cash", "top up")
STATES = ("lost", "pending", "declined", "charged twice", "limit")
LABELS = [f"{thing} {state}" for state in STATES for thing in THINGS]
SENTENCE = (
    "i was trying to use my card at the shop yesterday but it was refused and now there is a "
    "charge on the account that i do not know what should i do about it please help me soon"
)
WORDS = [*SENTENCE.split()]

Prompts = list[list[int]]


def prompts(context: LlamaContext, labels: Sequence[str], records: int) -> Prompts:
    draw = random.Random(0)
    text = "Read the message of a bank's customer. Answer with exactly one of these labels.\n"
    text += ", ".join(labels) + "\n"
    prefix = list(context.tokenise(text, False))
    while len(prefix) < PREFIX:
        shown = f"Message: {' '.join(draw.choices(WORDS, k=18))}\nLabel: {draw.choice(labels)}\n"
        prefix += context.tokenise(shown, False)
    made = []
    for _ in range(records):
        message = list(context.tokenise(" ".join(draw.choices(WORDS, k=60)), False))
        lead, tail = context.tokenise("Message: ", False), context.tokenise("\nLabel: ", False)
        made.append([*prefix, *lead, *message[: RECORD - len(lead) - len(tail)], *tail])
    return made


def free(context: LlamaContext, given: Prompts, kept: bool) -> None:
    for prompt in given:
        if not kept:
            context.forget()
        generate(context, prompt, Options(max_tokens=12))


def full_pass(context: LlamaContext, prompt: list[int], label: Sequence[int]) -> float:
    """The peer: everything again for one label."""
    context.forget()
    tokens, start = [*prompt, *label], len(prompt) - 1
    rows = [Row(t, i, (1,), start <= i < len(tokens) - 1) for i, t in enumerate(tokens)]
    context.decode(rows)
    score = 0.0
    for i, token in enumerate(label):
        logits = context.logits(start + i)
        score += float(logits[token]) - logsumexp(logits)
    context.forget()
    return score


def measure(context: LlamaContext, count: int, records: int, rounds: int) -> dict[str, object]:
    labels = LABELS[:count]
    given = prompts(context, labels, records)
    trie = Trie([context.tokenise(label, False) for label in labels], context.end)
    codes = Trie([context.tokenise(chr(65 + i), False) for i in range(min(count, 26))], context.end)
    methods: dict[str, tuple[Callable[[], object], int]] = {
        "free generation": (lambda: free(context, given[:SLOW], False), SLOW),
        "free generation, prefix kept": (lambda: free(context, given, True), records),
        "all label scores": (lambda: all_scores(context, given, trie), records),
        "exact best label": (lambda: best_labels(context, given, trie), records),
        "one-token codes": (lambda: all_scores(context, given, codes), records),
    }
    spent: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(rounds):
        for name, (method, n) in methods.items():
            context.keep(given)  # the prefix is evaluated once for a whole run, not for each
            began = time.process_time()
            method()
            spent[name].append((time.process_time() - began) / n)
    seconds = {name: statistics.median(times) for name, times in spent.items()}
    scores = all_scores(context, given, trie)
    best = best_labels(context, given, trie)
    some = range(0, count, max(1, count // 4))
    apart = [
        abs(full_pass(context, given[r], trie.labels[i]) - scores[r][i])
        for r in range(2)
        for i in some
    ]
    base = seconds["free generation"]
    return {
        "labels": count,
        "prefix_tokens": context.keep(given),
        "rows_of_logits": len(trie.inner) + 1,
        "cpu_seconds": {name: round(s, 4) for name, s in seconds.items()},
        "times_cheaper": {name: round(base / s, 2) for name, s in seconds.items()},
        "best_equals_argmax": sum(
            s.index(max(s)) == found for s, (found, _) in zip(scores, best, strict=True)
        )
        / records,
        "largest_score_difference": round(max(apart), 4),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", default="smollm2-135m-instruct")
    options.add_argument("--records", type=int, default=16)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--labels", default="2,10,40")
    given = options.parse_args()
    context = LlamaContext(str(model_file(given.model)), threads=1)
    for count in map(int, given.labels.split(",")):
        print(json.dumps(measure(context, count, given.records, given.rounds)), flush=True)


if __name__ == "__main__":
    main()
