"""How often the replacement test passes a model that is behind people by just the allowance.

    python bench/replacement.py

People always agree, and the model differs from them on a share of the records that is the
allowance: passing is a mistake. Chances are exact, by counting outcomes; at most 0.05 is right.
Beside it, one comparison at its worst share of wins, for tests at levels 0.05 and 0.0167.
"""

import numpy as np
from scipy.stats import binom, multinomial

from assay.quality.replacement.alt_test import Rules, alt_test
from assay.quality.replacement.rejections import one_sided
from assay.quality.replacement.trinomial import p_values

ALLOWANCES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2)
RECORDS = (30, 50, 100, 200)


def at_boundary(n: int, epsilon: float, test: str) -> float:
    passes = []
    for lost in range(n + 1):
        model = {f"r{i}": "b" if i < lost else "a" for i in range(n)}
        people = {f"p{k}": dict.fromkeys(model, "a") for k in range(3)}
        passes.append(alt_test("m", model, people, Rules(epsilon, test=test)).won)
        if not passes[-1]:
            break
    return float(binom.pmf(np.arange(len(passes)), n, epsilon) @ np.array(passes, float))


def one_comparison(n: int, epsilon: float, level: float) -> tuple[float, float]:
    """The largest chance of a false rejection: published, exact."""
    plus, minus = np.nonzero(np.add.outer(np.arange(n + 1), np.arange(n + 1)) <= n)
    total, squares = (plus - minus).astype(float), (plus + minus).astype(float)
    n_each = np.full(len(plus), n)
    of = (one_sided(n_each, total, squares, epsilon), p_values(n_each, plus, minus, epsilon, n))
    worst = [0.0, 0.0]
    for share in np.linspace(0, (1 - epsilon) / 2, 200):
        law = [share + epsilon, share, max(1 - 2 * share - epsilon, 0.0)]
        chance = multinomial.pmf(np.c_[plus, minus, n - plus - minus], n, law)
        worst = [max(w, float(chance[p <= level].sum())) for w, p in zip(worst, of, strict=True)]
    return worst[0], worst[1]


def main() -> None:
    print("three people who always agree; chance of passing at the boundary (limit 0.05)")
    print("allowance  " + "  ".join(f"n={n:<4} published exact" for n in RECORDS))
    for epsilon in ALLOWANCES:
        described = (
            f"{at_boundary(n, epsilon, t):.3f}" for n in RECORDS for t in ("published", "exact")
        )
        print(f"{epsilon:<9}", *described)
    print("one comparison at its worst; published and exact, over the level")
    for n in (30, 50, 100):
        for epsilon in (0.02, 0.1, 0.2):
            for level in (0.05, 0.0167):
                published, exact = one_comparison(n, epsilon, level)
                print(f"n={n} allowance={epsilon} level={level}: {published:.4f} {exact:.4f}")


if __name__ == "__main__":
    main()
