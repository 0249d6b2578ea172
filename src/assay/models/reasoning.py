"""Parts a model's reasoning from its answer, where a server leaves both in one text."""

import re
from typing import NamedTuple

_TAGS = "think|thinking|thought|reasoning|reason|analysis|scratchpad|antthinking"
_OPEN = (
    rf"<(?:{_TAGS})>|\[THINK\]|◁think▷|<\|START_THINKING\|>|<\|begin_of_thought\|>"
    r"|<seed:think>|<\|channel>thought"
)
_CLOSE = (
    rf"</(?:{_TAGS})>|\[/THINK\]|◁/think▷|<\|END_THINKING\|>|<\|end_of_thought\|>"
    r"|</seed:think>|<channel\|>"
)
_MARK = re.compile(f"(?P<open>{_OPEN})|(?P<close>{_CLOSE})", re.IGNORECASE)
_CHANNEL = re.compile(
    r"(?:<\|start\|>\s*assistant)?\s*<\|channel\|>\s*(\w+)[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>",
    re.IGNORECASE,
)
_END = re.compile(r"<\|(?:end|return|call|start)\|>", re.IGNORECASE)
_JSON = re.compile(r'\s*(?:\{|\[\s*[\[{"\]])')
_SOLUTION = re.compile(
    r"<\|(?:begin_of_solution|end_of_solution|START_RESPONSE|END_RESPONSE)\|>", re.IGNORECASE
)


class Parted(NamedTuple):
    reasoning: str
    answer: str


def parted(text: str) -> Parted:
    """The answer without the reasoning around it; empty where the text is reasoning to its end.

    JSON is an answer throughout, whatever its values quote. A closing tag with no opening one ends
    reasoning that the prompt's template began.
    """
    if "<" not in text and "[" not in text and "◁" not in text:
        return Parted("", text)
    if _CHANNEL.search(text):
        return _channels(text)
    if _JSON.match(text) or not _MARK.search(text):
        return Parted("", text)
    return _tags(text)


def _tags(text: str) -> Parted:
    thoughts, kept = list[str](), list[str]()
    thinking, place = False, 0
    for mark in _MARK.finditer(text):
        if mark["close"] is None and thinking:
            continue
        before = text[place : mark.start()]
        if mark["close"] is not None and not thinking:
            thoughts += [*kept, before]
            kept.clear()
        else:
            (thoughts if thinking else kept).append(before)
            thinking = not thinking
        place = mark.end()
    (thoughts if thinking else kept).append(text[place:])
    answer = _SOLUTION.sub("", "".join(kept))
    return Parted("".join(thoughts).strip(), answer.strip())


def _channels(text: str) -> Parted:
    """Of the harmony format: the last final channel, or nothing where there is none."""
    thoughts, answer = list[str](), ""
    found = list(_CHANNEL.finditer(text))
    ends = [later.start() for later in found[1:]] + [len(text)]
    for channel, end in zip(found, ends, strict=True):
        said = _END.split(text[channel.end() : end], maxsplit=1)[0].strip()
        if channel[1].casefold() == "final":
            answer = said
        else:
            thoughts.append(said)
    return Parted("\n".join(thoughts), answer)
