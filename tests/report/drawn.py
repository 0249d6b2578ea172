"""A picture as lines to compare: each shape with its class, where it is, and its words."""

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

CORNERS = ("x", "y", "width", "height")
PLACES = {
    "rect": CORNERS, "text": ("x", "y", "text-anchor"), "line": ("x1", "y1", "x2", "y2"),
    "circle": ("cx", "cy", "r"), "polygon": ("points",), "polyline": ("points",),
}  # fmt: skip


def pictures(drawn: str) -> list[Element]:
    """The picture itself, or its forms for wide and for narrow screens."""
    root = ElementTree.fromstring(drawn)
    return [root] if root.tag == "svg" else root.findall("svg")


def frame(picture: Element) -> tuple[str, ...]:
    return tuple(picture.attrib[name] for name in ("class", "viewBox", "width", "height"))


def shapes(picture: Element) -> list[str]:
    return [_shape(e) for e in picture.iter() if e.tag in PLACES]


def _shape(element: Element) -> str:
    """Like `text.n 10.0 20.0 end: words`."""
    name = f"{element.tag}.{element.get('class', '')}".rstrip(".")
    where = " ".join(
        element.attrib[place] for place in PLACES[element.tag] if place in element.attrib
    )
    words = "".join(element.itertext())
    return f"{name} {where}" + (f": {words}" if words else "")


def scale(picture: Element) -> list[str]:
    """The words along the axis."""
    return [t.text or "" for t in picture.iter("text") if t.get("text-anchor") == "middle"]


def marks(picture: Element) -> list[str]:
    """What is drawn for the rows, without the axis and its grid."""
    drawn = shapes(picture)
    return [s for s in drawn if not s.startswith(("line.gr", "line.gu")) and " middle:" not in s]
