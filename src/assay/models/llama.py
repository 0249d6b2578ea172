"""An embedded model: llama.cpp in this process, any GGUF file, no server."""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from assay.core.cost import Usage
from assay.core.errors import ModelError
from assay.models.base import Completion, Message, Options
from assay.models.lane import Lane
from assay.models.llama_context import LlamaContext
from assay.models.llama_generate import generate
from assay.models.llama_scores import all_scores, best_labels
from assay.models.trie import Trie

NO_IMAGES = "an embedded text model takes no images"


@dataclass(frozen=True, slots=True)
class LlamaSettings:
    """`size` is the context in tokens, for the prefix and the records of a decode together."""

    size: int = 4096
    threads: int | None = None  # None: every core this program may use


class Llama:
    """Implements `Model` and `Scorer`. The file is opened at the first call.

    One context behind a lock, in a thread of its own: the event loop and the shared threads stay
    free. The prompt prefix that calls share is evaluated once and kept.
    """

    takes_images = False

    def __init__(self, path: Path | str, settings: LlamaSettings | None = None) -> None:
        self.path = Path(path)
        self.settings = settings or LlamaSettings()
        self._lock = threading.Lock()
        # not the pool that all share: calls that wait here would keep the ledger from its commits
        self._thread = Lane("llama")
        self._context: LlamaContext | None = None
        self._tries: dict[tuple[str, ...], Trie] = {}

    @property
    def id(self) -> str:
        return f"{self.path.stem}@{fingerprint(self.path)}"

    @property
    def context(self) -> LlamaContext:
        """Opened when first asked for; whoever uses it directly must be alone."""
        if self._context is None:
            if not self.path.is_file():
                raise ModelError(f"no model file {self.path}; `assay models` shows what there is")
            threads = self.settings.threads or len(os.sched_getaffinity(0))
            self._context = LlamaContext(str(self.path), self.settings.size, threads)
        return self._context

    def __repr__(self) -> str:
        return f"Llama({self.path.name!r})"

    async def aclose(self) -> None:
        if self._context is not None:
            await self._thread.run(self._close)
        self._thread.close()

    def _close(self) -> None:
        with self._lock:
            if self._context is not None:
                self._context.close()
            self._context = None

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        return await self._thread.run(self._complete, messages, options)

    async def score(
        self, prompts: Sequence[Sequence[Message]], labels: Sequence[str]
    ) -> list[Completion]:
        """Log-likelihood of every label after every prompt, many prompts a decode."""
        return await self._thread.run(self._score, prompts, labels, self._all)

    async def best(
        self, prompts: Sequence[Sequence[Message]], labels: Sequence[str]
    ) -> list[Completion]:
        """The exact best label alone: `text` is the label, `scores` holds its log-likelihood.
        Cheaper than `score` from about ten labels on.
        """
        return await self._thread.run(self._score, prompts, labels, self._best)

    def _complete(self, messages: Sequence[Message], options: Options) -> Completion:
        began = time.perf_counter()
        if has_images(messages):
            return Completion("", error=NO_IMAGES)
        with self._lock:
            context = self.context
            tokens = context.prompt(messages)
            too_long = self._too_long(tokens, options.max_tokens)
            if too_long is not None:
                return Completion("", error=too_long)
            made = generate(context, tokens, options)
        return replace(made, seconds=time.perf_counter() - began)

    def _too_long(self, tokens: Sequence[int], more: int) -> str | None:
        if len(tokens) + more <= self.settings.size:
            return None
        return (
            f"the prompt has {len(tokens)} tokens and the answer up to {more}, "
            f"the context holds {self.settings.size}"
        )

    def _score(
        self,
        prompts: Sequence[Sequence[Message]],
        labels: Sequence[str],
        scoring: Callable[[Sequence[Sequence[int]], Sequence[str], Trie], list[Completion]],
    ) -> list[Completion]:
        began = time.perf_counter()
        with self._lock:
            trie = self._trie(tuple(labels))
            refused: dict[int, Completion] = {}
            fitting: dict[int, list[int]] = {}
            for i, messages in enumerate(prompts):
                if has_images(messages):
                    refused[i] = Completion("", error=NO_IMAGES)
                    continue
                tokens = self.context.prompt(messages)
                too_long = self._too_long(tokens, len(trie.inner))
                if too_long is None:
                    fitting[i] = tokens
                else:
                    refused[i] = Completion("", error=too_long)
            made = scoring(list(fitting.values()), labels, trie) if fitting else []
        seconds = (time.perf_counter() - began) / max(1, len(made))
        scored = {
            i: replace(completion, seconds=seconds)
            for i, completion in zip(fitting, made, strict=True)
        }
        return [scored.get(i) or refused[i] for i in range(len(prompts))]

    def _trie(self, labels: tuple[str, ...]) -> Trie:
        if labels not in self._tries:
            # a model without a chat template reads on after "Answer:", so a space comes first
            lead = " " if self.context.template is None else ""
            tokens = [self.context.tokenise(lead + label, False) for label in labels]
            self._tries[labels] = Trie(tokens, self.context.end)
        return self._tries[labels]

    def _all(
        self, prompts: Sequence[Sequence[int]], labels: Sequence[str], trie: Trie
    ) -> list[Completion]:
        rows = all_scores(self.context, prompts, trie)
        usages = self._usages(prompts)
        return [
            Completion("", usage, scores=dict(zip(labels, row, strict=True)))
            for usage, row in zip(usages, rows, strict=True)
        ]

    def _best(
        self, prompts: Sequence[Sequence[int]], labels: Sequence[str], trie: Trie
    ) -> list[Completion]:
        found = best_labels(self.context, prompts, trie)
        usages = self._usages(prompts)
        return [
            Completion(labels[best], usage, scores={labels[best]: score})
            for usage, (best, score) in zip(usages, found, strict=True)
        ]

    def _usages(self, prompts: Sequence[Sequence[int]]) -> list[Usage]:
        """The first prompt pays for what of the prefix was new, the others find it kept."""
        kept = len(self.context.kept)
        cached = [self.context.reused] + [kept] * (len(prompts) - 1)
        return [
            Usage(len(prompt), min(found, len(prompt)), attempts=1)
            for prompt, found in zip(prompts, cached, strict=True)
        ]


def has_images(messages: Sequence[Message]) -> bool:
    return any(not isinstance(part, str) for m in messages for part in m.parts)


@lru_cache(maxsize=16)
def fingerprint(path: Path) -> str:
    """Names the weights: a digest of size and of both ends of the file, read in a moment."""
    if not path.is_file():
        raise ModelError(f"no model file {path}; `assay models` shows what there is")
    size = path.stat().st_size
    found = hashlib.blake2b(str(size).encode(), digest_size=6)
    with path.open("rb") as file:
        found.update(file.read(1 << 20))
        file.seek(max(0, size - (1 << 20)))
        found.update(file.read())
    return found.hexdigest()
