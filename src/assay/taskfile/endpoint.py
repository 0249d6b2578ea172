"""The part of a first task file that names a model behind an endpoint."""

import re
from dataclasses import dataclass

OPENAI, OPENAI_KEY = "https://api.openai.com/v1", "OPENAI_API_KEY"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model of an OpenAI-compatible server; without `key_env`, OpenAI alone is sent a key."""

    model: str
    base_url: str = OPENAI
    key_env: str | None = None

    @property
    def name(self) -> str:
        """What the annotator is called: the model, without the folders before its name."""
        last = self.model.rstrip("/").rpartition("/")[2]
        return re.sub(r"[^\w.-]+", "-", last).strip("-.") or "model"

    @property
    def lines(self) -> list[str]:
        key = self.key_env or (OPENAI_KEY if self.base_url == OPENAI else None)
        named = f"key_env: {quoted(key)}" if key else "# key_env: variable that holds the key"
        return [
            "annotators:",
            f"  {quoted(self.name)}:",
            "    kind: openai            # any OpenAI-compatible server",
            f"    model: {quoted(self.model)}",
            f"    base_url: {quoted(self.base_url)}",
            f"    {named}",
            "    # prices: {input: 0.15, output: 0.60}   # per million tokens; without them",
            "    #                                         `budget` cannot limit the money",
            "strategy:",
            "  kind: single              # or vote, chain, triage, review, retrieved",
            f"  annotators: [{quoted(self.name)}]",
        ]


def quoted(text: str) -> str:
    """YAML single quotes, where a bare word could be read as something else."""
    return "'" + text.replace("'", "''") + "'"
