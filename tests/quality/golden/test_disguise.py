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
    assert "committed only there" in found.statement


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


PLAIN = "the model of it was for this and that in the end"
FORMS = {
    "digits": PLAIN.replace("this", "1234"),
    "capitals": PLAIN.replace("this", "THIS"),
    "signs": PLAIN.replace("this", "(-,-"),
    "other letters": PLAIN.replace("this", "дрої"),
    "length": PLAIN.replace("this", "thisthat"),
    "words": PLAIN.replace("this", "t is"),
    "lines": PLAIN.replace(" this ", "\nthis "),
    "a question": f"{PLAIN[:-1]}?",
    "a full stop": f"{PLAIN[:-1]}.",
    "an exclamation": f"{PLAIN[:-1]}!",
    "an address": f"{PLAIN} www.a.b",
}


@pytest.mark.parametrize("form", FORMS)
def test_each_trait_of_form_gives_gold_away(form: str) -> None:
    rng = np.random.default_rng(0)
    gold = {f"r{i}" for i in rng.choice(80, 20, replace=False)}
    records = [text_record(f"r{i}", FORMS[form] if f"r{i}" in gold else PLAIN) for i in range(80)]
    look = next(look for look in disguise(records, gold).looks if look.features == "form")
    assert look.auc == 1.0


@pytest.mark.parametrize("end", ["png", "webp"])
def test_kinds_and_numbers_of_pictures_give_gold_away(end: str) -> None:
    rng = np.random.default_rng(1)
    gold = {f"r{i}" for i in rng.choice(80, 20, replace=False)}

    def record(i: int, many: bool) -> Record:
        kind = end if f"r{i}" in gold and not many else "jpg"
        count = 2 if f"r{i}" in gold and many else 1
        return Record(
            f"r{i}", tuple(ImagePart(f"p/{i}{k}.{kind}", f"h{i}{k}") for k in range(count))
        )

    for many in (False, True):
        found = disguise([record(i, many) for i in range(80)], gold)
        assert next(look for look in found.looks if look.features == "form").auc == 1.0


@pytest.mark.parametrize("period", [2, 7, 12])
def test_gold_at_every_nth_place_is_given_away_by_its_order(period: int) -> None:
    rng = np.random.default_rng(period)
    records = [text_record(f"r{i}", f"{rng.random()}") for i in range(period * 12)]
    found = disguise(records, {r.id for r in records[period - 1 :: period]})
    assert next(look for look in found.looks if look.features == "order").auc > 0.95
