"""Exact p-values of small permutation tests by scipy and by plain enumeration, for the tests of sources and permutation."""
import itertools
import json
import math

import numpy
import scipy
from scipy.stats import permutation_test, rankdata

random = numpy.random.default_rng(20261121)


def rounded(values, digits=1):
    return [round(float(v), digits) for v in values]


def spearman_case(n, digits, slope):
    x = rounded(random.normal(size=n), digits)
    y = rounded(slope * numpy.array(x) + random.normal(size=n), digits)
    case = {"share": [round(1 / (1 + math.exp(-v)), 3) for v in x], "outcome": y}
    ranks = rankdata(case["share"]), rankdata(y)
    case["rho"] = float(numpy.corrcoef(*ranks)[0, 1])
    for side in ("greater", "less"):
        found = permutation_test((ranks[0],), lambda a: float(numpy.sum(a * ranks[1])), permutation_type="pairings",
                                 n_resamples=math.inf, alternative=side, vectorized=False)
        case["p_" + side] = float(found.pvalue)
    return case


def stratified_case(sizes):
    """Aligned ranks of logit shares and of the outcome; lots change places within their source."""
    shares, outcomes, sources, cells = [], [], [], []
    for s, n in enumerate(sizes):
        latent = random.normal(size=n)
        size = [200 + 40 * int(v) for v in random.integers(0, 8, size=n)]
        count = [round(c / (1 + math.exp(1.5 - s - v))) for c, v in zip(size, latent)]
        shares += [c / k for c, k in zip(count, size)]
        cells += size
        outcomes += rounded(10 * s + latent + 0.7 * random.normal(size=n), 2)
        sources += [s] * n
    source, size = numpy.array(sources), numpy.array(cells)
    count = numpy.array(shares) * size
    x, y = numpy.log((count + 0.5) / (size - count + 0.5)), numpy.array(outcomes)
    for values in (x, y):
        for s in set(sources):
            values[source == s] = (values[source == s] - values[source == s].mean()).round(9)  # ties but for rounding
    x, y = 2 * rankdata(x) - len(x) - 1, 2 * rankdata(y) - len(y) - 1
    observed, reaching, total = int(x @ y), 0, 0
    places = [numpy.flatnonzero(source == s) for s in range(len(sizes))]
    for orders in itertools.product(*[itertools.permutations(p) for p in places]):
        total += 1
        reaching += int(x[numpy.concatenate(places)] @ y[numpy.concatenate(orders)]) >= observed
    return {"share": shares, "cells": cells, "outcome": outcomes, "source": sources,
            "rho": observed / math.sqrt(float(x @ x) * float(y @ y)), "p_greater": reaching / total, "n_perm": total}


def paired_case(n, digits, shift):
    d = numpy.array(rounded(random.normal(size=n) + shift, digits))
    case = {"difference": d.tolist(), "mean": float(d.mean())}
    for side in ("two-sided", "greater", "less"):
        found = permutation_test((d,), numpy.mean, permutation_type="samples", n_resamples=math.inf, alternative=side)
        case["p_" + side] = float(found.pvalue)
    return case


def two_sample_case(n, m, digits, shift):
    x, y = rounded(random.normal(size=n) + shift, digits), rounded(random.normal(size=m), digits)
    both = numpy.array(x + y)

    def apart(chosen):
        return abs(both[list(chosen)].mean() - numpy.delete(both, list(chosen)).mean())

    choices = [apart(c) for c in itertools.combinations(range(n + m), n)]
    observed = apart(range(n))
    return {"source": x, "reference": y, "difference": float(numpy.mean(x) - numpy.mean(y)),
            "p": sum(c >= observed - 1e-9 for c in choices) / len(choices),
            "p_min": sum(c >= max(choices) - 1e-9 for c in choices) / len(choices)}


golden = {
    "scipy": scipy.__version__,
    "spearman": [spearman_case(n, digits, slope) for n in (4, 5, 6, 7) for digits in (1, 3) for slope in (0.0, 2.0)],
    "stratified": [stratified_case(sizes) for sizes in ((4, 5), (3, 4), (2, 3, 4), (1, 5))],
    "paired": [paired_case(n, digits, shift) for n in (4, 5, 8) for digits in (0, 2) for shift in (0.0, 1.5)],
    "two_sample": [two_sample_case(n, m, digits, shift)
                   for n, m in ((2, 3), (4, 4), (5, 8), (4, 11)) for digits in (0, 2) for shift in (0.0, -2.0)],
}
with open("golden.json", "w") as file:
    json.dump(golden, file, indent=1)
    file.write("\n")
