from assay.report.columns import columns


def test_words_stand_left_and_figures_right() -> None:
    head = ("set", "strategy", "right", "n")
    assert columns([head, ("tweets", "vote", "0.5", "–"), ("nyt", "one", "1", "12")]) == [
        "set     strategy  right   n",
        "tweets  vote        0.5   –",
        "nyt     one           1  12",
    ]
