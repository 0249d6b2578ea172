import numpy as np
import pytest

from assay.core.errors import InputError
from assay.core.record import ImagePart, Record, text_record
from assay.quality.golden.disguise import disguise
from assay.studies.golden.study import CHECK, assign


def test_gold_at_random_among_alike_records_is_hidden() -> None:
    found = disguise(*assign(seed=0))
    assert found.verdict == "hidden"
    assert all(0.4 < look.auc < 0.6 for look in found.looks)


def test_attention_checks_are_seen_at_once() -> None:
    found = disguise(*assign(seed=1, check=CHECK))
    assert found.verdict == "visible"
    assert found.worst.auc > 0.99
    assert "committed there alone" in found.statement


def test_every_tenth_record_is_seen_by_its_order_alone() -> None:
    records, _ = assign(seed=2)
    found = disguise(records, {r.id for r in records[9::10]})
    assert (found.worst.features, found.verdict) == ("order", "visible")


def test_repeated_questions_are_seen() -> None:
    records, _ = assign(seed=3)
    rng = np.random.default_rng(0)
    again = [text_record(f"again{i}", r.text) for i, r in enumerate(records[:50])]
    assigned = [*records[:500], *again]
    rng.shuffle(assigned)
    found = disguise(assigned, {r.id for r in again} | {r.id for r in records[:50]})
    assert next(look for look in found.looks if look.features == "repeats").auc > 0.99


def test_pictures_are_compared_by_their_form_and_repeats() -> None:
    def picture(i: int, gold: bool) -> Record:
        end = "png" if gold else "jpg"
        return Record(f"r{i}", (ImagePart(f"p/{i}.{end}", f"hash{i}"),))

    records = [picture(i, i * 37 % 100 < 20) for i in range(200)]
    gold = {r.id for r in records if r.images[0].uri.endswith("png")}
    found = disguise(records, gold)
    assert found.verdict == "visible"
    assert "wording" not in {look.features for look in found.looks}


def test_chance_is_seldom_called_visible() -> None:
    records, _ = assign(seed=5)
    rng = np.random.default_rng(5)
    seen = 0
    for _ in range(30):
        part = [records[i] for i in rng.choice(len(records), 120, replace=False)]
        gold = {part[i].id for i in rng.choice(120, 20, replace=False)}
        seen += disguise(part, gold).verdict == "visible"
    assert seen <= 2  # of 30 at 1 %: more than 2 come about once in 300 times


def test_too_little_gold_is_refused() -> None:
    records, _ = assign(seed=1)
    with pytest.raises(InputError, match="at least 10"):
        disguise(records, {records[0].id})
