"""What readers see in place of names of the code, and figures that say something."""

import re
from html import escape

from markupsafe import Markup

from assay.core.annotation import Source

SOURCES = {
    Source.LIKELIHOOD: "label likelihood",
    Source.MARGIN: "margin between labels",
    Source.VOTE_SHARE: "share of votes",
    Source.STATED: "stated by the annotator",
    Source.JUDGE: "score of a judge",
    Source.PROBABILITY: "probability",
    Source.CALIBRATED: "calibrated probability",
    Source.RANK: "rank among records",
}
CODE = re.compile(r"`([^`]+)`")


def source_words(source: str) -> str:
    """Where a confidence comes from; what plugins bring is told by its own name."""
    known = SOURCES.get(Source(source)) if source in set(Source) else None
    return known or source.replace("_", " ")


def between(low: str, high: str) -> str:
    """An interval as printed; empty where both ends read the same, which says nothing."""
    return "" if low == high else f"{low} – {high}"


def coded(text: str) -> Markup:
    """Words between backticks as code, everything else as it is."""
    return Markup(CODE.sub(r"<code>\1</code>", escape(text)))
