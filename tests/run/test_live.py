"""The picture on a terminal: how often it is drawn, and what it shows."""

import io

import pytest
from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from assay.run.live import _live, drawn, shown
from assay.run.progress import Progress
from tests.run.test_progress import Clock, one


class Drawn(Live):
    """Counts the pictures, and those that are shown at once."""

    def __init__(self) -> None:
        super().__init__(auto_refresh=False)
        self.refreshed: list[bool] = []

    def update(self, renderable: object, *, refresh: bool = False) -> None:
        self.refreshed.append(refresh)


def test_a_picture_is_drawn_at_most_ten_times_a_second_and_at_once() -> None:
    clock, picture = Clock(), Drawn()
    show = _live(picture, "EUR", clock)
    for now, pictures in ((0.09, 0), (0.1, 1), (0.19, 1), (0.2, 2), (5.0, 3), (5.09, 3)):
        clock.now = now
        show(one())
        assert len(picture.refreshed) == pictures
    assert all(picture.refreshed)


def test_it_is_seen_while_the_run_goes_on_and_gone_afterwards() -> None:
    out = io.StringIO()
    with shown("EUR", Console(file=out, force_terminal=True, width=120)) as show:
        show(one())
        assert "0 of 4 records · 1 answers" in out.getvalue()
    assert out.getvalue().endswith("\x1b[1A\x1b[2K")


def test_a_bar_stands_before_the_words_where_the_number_of_records_is_known() -> None:
    progress = one()
    progress.eta.ended = 3
    [bar], [line] = ([*column.cells] for column in drawn(progress, "EUR").columns)
    assert isinstance(bar, ProgressBar)
    assert (bar.total, bar.completed, bar.width) == (4, 3, 24)
    assert isinstance(line, Text)
    assert line.plain.startswith("3 of 4 records · 1 answers · ")
    [[alone]] = ([*column.cells] for column in drawn(Progress(), "EUR").columns)
    assert isinstance(alone, Text)
    assert alone.plain.startswith("0 records · 0 answers")


def test_words_of_a_server_are_safe_to_draw() -> None:
    progress = one()
    progress.paused = "paused: \x1b[2J"
    [_, [line]] = ([*column.cells] for column in drawn(progress, "EUR").columns)
    assert str(line) == "paused: \\u001b[2J"


def test_without_a_console_lines_go_to_the_error_stream(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with shown("EUR") as show:
        progress = one()
        progress.paused = "paused: busy"
        show(progress)
    assert capsys.readouterr().err == "paused: busy\n"
