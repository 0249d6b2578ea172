"""JSON that others wrote: whatever is wrong with it, how deep it is included, is a ValueError."""

import json
from collections.abc import Callable
from typing import Any

DEEPEST = 100  # levels; what walks or writes the content afterwards goes down by function calls
_NO_SIGN = bytes(set(range(256)) - set(b'[]{}"'))

Pairs = Callable[[list[tuple[str, Any]]], Any]


def loads(raw: str | bytes, pairs: Pairs | None = None) -> Any:
    """As `json.loads`; ValueError also for what is nested more than `DEEPEST` levels deep."""
    try:
        content = json.loads(raw, object_pairs_hook=pairs)
    except RecursionError:
        raise ValueError(_too_deep()) from None
    if depth(raw) > DEEPEST:
        raise ValueError(_too_deep())
    return content


def _too_deep() -> str:
    return f"nested more than {DEEPEST} levels deep"


def depth(raw: str | bytes) -> int:
    """How deep well-formed JSON is nested; at most `DEEPEST` where few brackets say so at once."""
    if isinstance(raw, bytes):
        opened = raw.count(b"[") + raw.count(b"{")
    else:
        opened = raw.count("[") + raw.count("{")
    if opened <= DEEPEST:
        return opened
    content = raw if isinstance(raw, bytes) else raw.encode("utf-8", "replace")
    plain = content.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in content else content
    import numpy as np  # noqa: PLC0415 - slow to import, and most JSON has few brackets

    codes = np.frombuffer(plain.translate(None, _NO_SIGN), np.uint8)
    outside = np.bitwise_xor.accumulate((codes == ord('"')).view(np.uint8)) == 0
    opens = ((codes == ord("[")) | (codes == ord("{"))) & outside
    closes = ((codes == ord("]")) | (codes == ord("}"))) & outside
    level = np.cumsum(opens.view(np.int8) - closes.view(np.int8), dtype=np.int32)
    return int(level.max(initial=0))
