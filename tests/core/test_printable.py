import io
import json
import os
import unicodedata
from typing import IO, cast

import click
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import InputError
from assay.core.printable import LONGEST_LINE, LONGEST_WORD, Printed, bounded, safe

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
HOSTILE = "\x1b[2J\x1b]8;;http://x\x07\x1b]52;c;aGk=\x07\x9b2J\u202e\u2066\r\x7f\b\u2028\U000e0041"


@given(TEXTS | st.just(HOSTILE))
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    kept = {c for c in safe(text) if unicodedata.category(c) == "Cc"}
    assert kept <= {"\n", "\t"}
    assert not any(unicodedata.bidirectional(c) in BIDI for c in safe(text))


BIDI = {"LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(TEXTS | st.just(HOSTILE))
def test_json_stays_the_same_data(text: str) -> None:
    assert json.loads(safe(json.dumps({"a": text}, ensure_ascii=False))) == {"a": text}


def test_letters_of_all_scripts_stay() -> None:
    text = "naïve 日本語 עברית عربي हिन्दी 👩‍👩‍👧 ½ — “x”\n\tnext"
    assert safe(text) == text


def test_a_stream_is_safe_for_whoever_writes_to_it() -> None:
    below = io.StringIO()
    stream: IO[str] = cast(IO[str], Printed(below))
    print(HOSTILE, file=stream)
    click.echo(HOSTILE, file=stream)
    assert "\x1b" not in below.getvalue()
    assert below.getvalue().count("]52;c;") == 2  # click strips some


def test_an_error_is_safe_to_print() -> None:
    assert str(InputError("label \x1b[2J")) == "label \\u001b[2J"


def test_each_sign_is_spelt_as_json_spells_it() -> None:
    assert safe("a\x1b\x7f\x9f\u2028\U000e0041b") == "a\\u001b\\u007f\\u009f\\u2028\\udb40\\udc41b"


def test_a_stream_is_like_the_one_below_it() -> None:
    raw = io.BytesIO()
    below = io.TextIOWrapper(raw, "latin-1", "backslashreplace")
    stream = Printed(below)
    assert stream.write("a\x1b") == 2
    assert raw.getvalue() == b""
    stream.flush()
    assert raw.getvalue() == b"a\\u001b"
    assert (stream.encoding, stream.errors) == ("latin-1", "backslashreplace")
    assert stream.writable()
    assert not stream.isatty()
    assert Printed(io.StringIO()).encoding == "utf-8"
    with open(os.devnull, "w") as file:
        assert Printed(file).fileno() == file.fileno()


def test_an_error_that_quotes_an_endless_value_names_both_ends_and_what_is_left_out() -> None:
    shown = str(InputError(f"prices.yaml: unknown price 'in{'f' * 5_000}put'; there are input"))
    assert shown.startswith("prices.yaml: unknown price 'inff")
    assert "…(4,708 characters)…" in shown
    assert shown.endswith("fput'; there are input")
    assert len(shown) < LONGEST_WORD + 100


@given(st.text(st.sampled_from("ab \n"), max_size=50), st.integers(0, 2_000))
def test_what_is_short_stays_and_what_is_long_is_bounded(text: str, times: int) -> None:
    assert bounded(text) == text
    lines = bounded(text + "x" * times + " y" * times).split("\n")
    assert max(map(len, lines)) < LONGEST_LINE + 50
