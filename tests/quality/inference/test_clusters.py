from collections.abc import Sequence

import numpy as np
import pytest

from assay.core.errors import InputError
from assay.core.votes import Codes, Votes
from assay.quality.agreement import Asked, Resampling, agree
from assay.quality.guarantees.certificate import certify
from assay.quality.guarantees.promise import Promise
from assay.quality.inference.clusters import compared, one_each, only


def votes_of_rows(rows: Sequence[tuple[str, str, str]]) -> Votes:
    names = Codes(), Codes(), Codes()
    codes = np.array([[c[x] for c, x in zip(names, row, strict=True)] for row in rows], np.int32)
    records, annotators, labels = (tuple(each) for each in names)
    return Votes(records, ("",), annotators, labels, codes[:, 0],
                 np.zeros(len(rows), np.int32), codes[:, 1], codes[:, 2])  # fmt: skip


CLUSTER = {f"r{i:02}": f"a{i // 5}" for i in range(40)}


def test_one_record_of_each_cluster_is_drawn_whatever_the_order() -> None:
    found = one_each(CLUSTER, CLUSTER, "author", 3)
    assert len(found.records) == 8
    assert {CLUSTER[r] for r in found.records} == set(CLUSTER.values())
    assert one_each(reversed(CLUSTER), CLUSTER, "author", 3) == found
    assert one_each(CLUSTER, CLUSTER, "author", 4) != found
    assert "each of 8 clusters by 'author'" in found.statement
    assert "32 more records are left out" in found.statement


def test_each_record_of_a_cluster_is_drawn_as_often() -> None:
    drawn = [r for seed in range(500) for r in one_each(CLUSTER, CLUSTER, "a", seed).records]
    times = [drawn.count(r) for r in CLUSTER]
    assert min(times) > 60
    assert max(times) < 145


def test_records_without_a_cluster_stand_by_themselves_and_one_cluster_is_refused() -> None:
    some = {r: name for r, name in CLUSTER.items() if name == "a0"}
    assert len(one_each(CLUSTER, some, "author").records) == 36
    with pytest.raises(InputError, match="have one 'author'"):
        one_each(some, some, "author")


@pytest.mark.parametrize("seed", [1, 2])
def test_certificates_keep_their_promise_where_records_of_an_author_err_alike(seed: int) -> None:
    rng = np.random.default_rng(seed)
    broken, blind = 0, 0
    for _ in range(150):
        bad = rng.random(60) < 0.12  # of authors, all of whose labels are wrong
        records = {f"r{i}": f"a{i // 10}" for i in range(600)}
        right = {r: not bad[int(a[1:])] for r, a in records.items()}
        drawn = one_each(records, records, "author", int(rng.integers(1_000))).records
        sure = np.zeros(len(drawn))
        one = certify(sure, np.array([right[r] for r in drawn]), Promise(0.1, 0.1), "gold")
        every = certify(np.zeros(600), np.array(list(right.values())), Promise(0.1, 0.1), "gold")
        broken += one.coverage > 0  # the truth, .12 wrong, breaks the promise of .1
        blind += every.coverage > 0
    assert broken <= 0.1 * 150 + 3 * (150 * 0.09) ** 0.5
    assert blind > 2 * broken


def test_agreement_intervals_hold_where_records_of_an_author_agree_alike() -> None:
    rng = np.random.default_rng(5)
    held, blind = 0, 0
    for _ in range(60):
        hard = rng.random(40) < 0.5
        cluster = {f"r{i}": f"a{i // 6}" for i in range(240)}
        rows = []
        for i in range(240):
            first = int(rng.integers(2))
            second = int(rng.integers(2)) if hard[i // 6] else first
            rows += [(f"r{i}", "ann", "ny"[first]), (f"r{i}", "bob", "ny"[second])]
        votes = votes_of_rows(rows)
        assert len(compared(votes)) == 240
        own = only(votes, one_each(compared(votes), cluster, "author").records)
        for part, count in ((own, "held"), (votes, "blind")):
            found = agree(part, Asked("nominal", resampling=Resampling(200)))
            alpha = found.overall.coefficients["krippendorff"]
            assert alpha.low is not None
            assert alpha.high is not None
            holds = alpha.low <= 0.5 <= alpha.high
            held, blind = held + (holds and count == "held"), blind + (holds and count == "blind")
    assert held >= 0.95 * 60 - 3 * (60 * 0.05 * 0.95) ** 0.5
    assert blind < held - 6
