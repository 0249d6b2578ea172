from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import InputError
from assay.core.schema import Spans
from assay.core.value import Span
from assay.data.conll import labels_of, read_conll, read_spans, sentences, spans_of, tags_of
from assay.data.gold import read_labels
from assay.data.read import read_rows


def written(folder: Path, text: str, name: str = "a.conll") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def marks(*tags: str) -> list[tuple[int, int, str]]:
    tokens = list("abcdefgh")[: len(tags)]
    return [(s.start // 2, s.end // 2, s.label) for s in spans_of(tokens, tags)]


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (("O", "B-x", "I-x", "O"), [(1, 2, "x")]),
        (("B-x", "B-x", "I-x"), [(0, 0, "x"), (1, 2, "x")]),
        (("I-x", "I-x", "O", "I-x"), [(0, 1, "x"), (3, 3, "x")]),  # IOB1: no B needed
        (("B-x", "I-y", "I-y"), [(0, 0, "x"), (1, 2, "y")]),
        (("S-x", "S-x", "B-y", "I-y", "E-y", "I-y"),
         [(0, 0, "x"), (1, 1, "x"), (2, 4, "y"), (5, 5, "y")]),
        (("U-x", "B-y", "L-y", "I-y"), [(0, 0, "x"), (1, 2, "y"), (3, 3, "y")]),
        (("O", "O"), []),
    ],
)  # fmt: skip
def test_tags_decode_as_conlleval_does(
    tags: tuple[str, ...], found: list[tuple[int, int, str]]
) -> None:
    assert marks(*tags) == found


def test_a_sentence_is_a_row_with_characters_of_its_joined_tokens(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "\ufeff-DOCSTART- -X- O\r\n\r\n# a comment\r\n😀\tNN\tO\r\nNew\tNN\tB-LOC\r\nYork\tNN\t"
        "I-LOC\r\n\t\r\n#\tO\r\n#Zoë\tB-PER",
    )
    rows = [row for _, row in read_conll(path)]
    assert [row["text"] for row in rows] == ["😀 New York", "# #Zoë"]
    records, gold = read_spans(path)
    assert [r.id for r in records] == [row["id"] for row in rows] == ["a-1", "a-2"]
    assert gold == {"a-1": (Span(2, 10, "LOC"),), "a-2": (Span(2, 6, "PER"),)}
    assert labels_of(gold.values()) == ["LOC", "PER"]


def test_separators_of_unicode_stay_inside_a_token(tmp_path: Path) -> None:
    path = written(tmp_path, "a\u2028b\tO\n\u00a0c\tB-x\n")
    [sentence] = sentences(path)
    assert sentence.tokens == ["a\u2028b", "c"]


@pytest.mark.parametrize(
    ("text", "line"), [("a O\nb\n", 2), ("a\tX\n", 1), ("a O\n\nb\tB-\n", 3), ("\tO\n", 1)]
)
def test_a_line_without_token_or_tag_is_named(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(InputError, match=rf"a\.conll:{line}: .* is not a token and a tag"):
        list(read_conll(written(tmp_path, text)))


def test_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_bytes(b"a O\n\xe9 O\n")
    with pytest.raises(InputError, match=r"a\.conll:2: not UTF-8"):
        list(read_conll(path))


def test_no_sentences_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no sentences"):
        read_spans(written(tmp_path, "\n\n"))


@pytest.mark.parametrize("name", ["a.conll", "a.bio", "a.iob2", "a.annotated"])
def test_the_ending_of_the_name_tells_the_format(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, "Ana\tB-PER\nran\tO\n", name)
    assert [row["text"] for _, row in read_rows(path)] == ["Ana ran"]
    assert read_labels(path, "id", "spans", Spans(["PER"])) == {"a-1": (Span(0, 3, "PER"),)}


words = st.text(st.characters(codec="utf-8"), min_size=1).filter(
    lambda w: not any(c.isspace() for c in w)
)
labelled = st.tuples(words, st.sampled_from(["x", "y"]), st.integers(0, 3))


@given(st.lists(labelled, min_size=1, max_size=12))
def test_tags_and_spans_are_inverse(drawn: list[tuple[str, str, int]]) -> None:
    tokens = [word for word, _, _ in drawn]
    tags: list[str] = []
    for _, label, kind in drawn:
        continues = bool(tags) and tags[-1][2:] == label
        tags.append("O" if kind == 0 else f"{'I' if kind == 3 and continues else 'B'}-{label}")
    spans = spans_of(tokens, tags)
    at, places = 0, []
    for token in tokens:
        places.append((at, at + len(token)))
        at += len(token) + 1
    assert tags_of(places, spans) == tags
    text = " ".join(tokens)
    assert all(text[s.start : s.end].strip() for s in spans)


def test_of_overlapping_spans_the_longest_keeps_its_tokens() -> None:
    places = [(0, 3), (4, 8), (9, 13)]
    spans = [Span(0, 3, "x"), Span(0, 8, "y"), Span(4, 13, "z")]
    assert tags_of(places, spans) == ["B-x", "B-z", "I-z"]


def test_the_counts_of_wnut17_come_out(shared_data: Path) -> None:
    sizes = {"wnut17train.conll": (3394, 1975), "emerging.dev.conll": (1009, 836),
             "emerging.test.annotated": (1287, 1079)}  # fmt: skip
    for name, (records, spans) in sizes.items():
        read, gold = read_spans(shared_data / "wnut17" / name)
        assert len(read) == records
        assert sum(len(s) for s in gold.values()) == spans
