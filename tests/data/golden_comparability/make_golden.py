"""Expected values of the comparability tests, by NumPy and scipy alone. Usage: make_golden.py GOLDEN_STATS.json"""
import json
import sys

import numpy as np
from scipy import optimize, special, stats

rng = np.random.default_rng(20)
given = json.load(open(sys.argv[1]))
golden = {name: given[name] for name in ("composition", "lot_deviation", "tost")}

a, b = (np.array(given["energy_mmd"][name]) for name in "AB")


def kernel(u, v):
    return np.exp(-((u[:, None] - v[None]) ** 2).sum(-1) / 2)


levels = (np.arange(20) + 0.5) / 20
steps = np.quantile(a[:, 0], levels) - np.quantile(b[:, 0], levels)
golden["cells"] = dict(A=a.tolist(), B=b.tolist(), w2_dim0=np.sqrt((steps**2).mean()),
                       mmd_h1=np.sqrt(kernel(a, a).mean() + kernel(b, b).mean() - 2 * kernel(a, b).mean()))

before = rng.normal(0.0, 0.5, 6).round(3)
after = (before + rng.normal(0.1, 0.2, 6)).round(3)
difference = after - before
n = len(difference)
se = difference.std(ddof=1) / np.sqrt(n)
t = stats.t(n - 1)
margin = 0.4
golden["paired"] = dict(
    before=before.tolist(), after=after.tolist(), margin=margin, diff=difference.mean(), se=se, df=n - 1,
    p_lower=stats.ttest_1samp(difference, -margin, alternative="greater").pvalue,
    p_upper=stats.ttest_1samp(difference, margin, alternative="less").pvalue,
    p_difference=stats.ttest_rel(after, before).pvalue,
    ci90=[difference.mean() - t.ppf(0.95) * se, difference.mean() + t.ppf(0.95) * se])
tost = given["tost"]
golden["tost"]["p_difference"] = stats.ttest_ind(tost["post"], tost["ref"], equal_var=False).pvalue


def declared(n1, n2, shift, margin, replicates=400_000):
    """Share of simulated studies that Welch's TOST at .05 declares equivalent."""
    m1, m2 = rng.normal(0, 1 / np.sqrt(n1), replicates), rng.normal(shift, 1 / np.sqrt(n2), replicates)
    v1, v2 = rng.chisquare(n1 - 1, replicates) / (n1 - 1) / n1, rng.chisquare(n2 - 1, replicates) / (n2 - 1) / n2
    df = (v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1))
    return float((np.abs(m2 - m1) + stats.t.ppf(0.95, df) * np.sqrt(v1 + v2) <= margin).mean())


def declared_paired(n, shift, margin, replicates=400_000):
    m, v = rng.normal(shift, 1 / np.sqrt(n), replicates), rng.chisquare(n - 1, replicates) / (n - 1) / n
    return float((np.abs(m) + stats.t.ppf(0.95, n - 1) * np.sqrt(v) <= margin).mean())


golden["error_rates"] = [
    dict(n1=a, n2=b, margin=1.5, false_accept=declared(a, b, 1.5, 1.5), false_reject=1 - declared(a, b, 0.0, 1.5))
    for a, b in ((11, 3), (11, 5), (11, 8), (11, 12), (20, 12), (3, 3))]
golden["paired_error_rates"] = [
    dict(n=k, margin=1.5, false_accept=declared_paired(k, 1.5, 1.5), false_reject=1 - declared_paired(k, 0.0, 1.5))
    for k in (3, 5, 8)]

x = rng.normal(-1.5, 0.6, 12).round(3)
y = (100 + 40 * x + rng.normal(0, 25, 12)).round(1)


def rule(x, y, requirement):
    """Threshold and side with the largest Youden index; the middle one of several."""
    high = stats.spearmanr(x, y).statistic >= 0
    good = y >= requirement
    s = np.sort(x)
    found = []
    for t in (s[1:] + s[:-1]) / 2:
        accepted = x >= t if high else x <= t
        found.append((round(accepted[good].mean() + (~accepted[~good]).mean(), 9), t))
    best = [t for j, t in found if j == max(found)[0]]
    return best[len(best) // 2], high


def jackknife_plus(x, y, at, level):
    n = len(x)
    level = min(level, n / (n + 1))
    low, high = [], []
    for i in range(n):
        keep = np.arange(n) != i
        slope, intercept = np.polyfit(x[keep], y[keep], 1)
        r = abs(y[i] - slope * x[i] - intercept)
        low.append(slope * at + intercept - r)
        high.append(slope * at + intercept + r)
    k = int(np.ceil(level * (n + 1) - 1e-9))
    return sorted(low)[n - k], sorted(high)[k - 1], level


requirement = float(np.median(y))
threshold, high = rule(x, y, requirement)
low, up, level = jackknife_plus(x, y, threshold, 0.9)
slope, intercept = np.polyfit(x, y, 1)
folds, accepted, rejected, covered = [], 0, 0, 0
for i in range(len(x)):
    keep = np.arange(len(x)) != i
    t, h = rule(x[keep], y[keep], requirement)
    folds.append(t)
    accepts = x[i] >= t if h else x[i] <= t
    accepted += int(accepts and y[i] >= requirement)
    rejected += int(not accepts and y[i] < requirement)
    a, b, _ = jackknife_plus(x[keep], y[keep], x[i], 0.9)
    covered += int(a <= y[i] <= b)
golden["specification"] = dict(
    x=x.tolist(), y=y.tolist(), requirement=requirement, rho=stats.spearmanr(x, y).statistic, threshold=threshold,
    threshold_low=min(folds + [threshold]), threshold_high=max(folds + [threshold]),
    predicted=slope * threshold + intercept, predicted_low=low, predicted_high=up, level=level, covered=covered / len(x), suitable=int((y >= requirement).sum()),
    suitable_accepted=accepted, unsuitable_rejected=rejected)


def noncentral_f_cdf(f, p, degrees, noncentrality):
    """By its definition: a Poisson mixture of beta distributions."""
    j = np.arange(400)
    return float((stats.poisson.pmf(j, noncentrality / 2) * special.betainc(p / 2 + j, degrees / 2, p * f / (p * f + degrees))).sum())


draw = np.random.default_rng(19)
vectors = draw.normal(size=(30, 6)) @ np.diag([3, 2, 1.5, 1, .5, .2]) @ np.linalg.qr(draw.normal(size=(6, 6)))[0]
n1, n2, others = 9, 6, 15
axes = np.linalg.svd(vectors[n1 + n2:] - vectors[n1 + n2:].mean(0))[2]
golden["distance"] = dict(vectors=vectors.ravel().tolist(), n1=n1, n2=n2, margin=1.5, tests=[])
for p in (1, 2, 3):
    scores = (vectors - vectors[n1 + n2:].mean(0)) @ axes[:p].T
    a, b = scores[:n1], scores[n1:n1 + n2]
    pooled = np.atleast_2d((n1 - 1) * np.cov(a.T) + (n2 - 1) * np.cov(b.T)) / (n1 + n2 - 2)
    d = b.mean(0) - a.mean(0)
    square = float(d @ np.linalg.solve(pooled, d))
    n = n1 + n2
    f = (n - 1 - p) / (p * (n - 2)) * n1 * n2 / n * square
    at = lambda distance: noncentral_f_cdf(f, p, n - 1 - p, n1 * n2 / n * distance ** 2)
    reach = lambda level: optimize.brentq(lambda x: at(x) - level, 0, 20) if at(0) > level else 0.0
    golden["distance"]["tests"].append(dict(
        p=p, distance=square ** .5, p_margin=at(1.5), p_difference=float(stats.f.sf(f, p, n - 1 - p)), ci_low=reach(.95), ci_high=reach(.05),
        abs_scores=np.abs(scores).ravel().tolist()))
json.dump(golden, open("golden.json", "w"), indent=1)
