"""Writes golden.tsv: fits of skmisc.loess (scikit-misc 0.5.3) with its defaults but span, degree 2. Run: python make.py"""

import numpy as np
from skmisc.loess import loess

rng = np.random.default_rng(7)
cases = {}
x = rng.uniform(-3, 2, 300)
cases["smooth"] = (x, np.sin(2 * x) + rng.normal(0, 0.2, x.size), 0.3)
cases["wide_span"] = (x[:150], np.cos(x[:150]) + rng.normal(0, 0.2, 150), 0.75)
cases["all_points"] = (x[150:250], x[150:250] ** 2 + rng.normal(0, 0.2, 100), 1.0)
counts = rng.negative_binomial(2, 0.02 + 0.9 * rng.uniform(size=(400, 1)), size=(400, 40))  # genes x cells, many equal means
counts = counts[counts.var(axis=1) > 0]
cases["tied_means"] = (np.log10(counts.mean(axis=1)), np.log10(counts.var(axis=1, ddof=1)), 0.3)
x = rng.lognormal(0, 1.5, 200)
cases["skewed"] = (x, np.sqrt(x) + rng.normal(0, 0.1, x.size), 0.5)
x = rng.uniform(0, 1, 24)
cases["few_points"] = (x, x + rng.normal(0, 0.1, x.size), 0.3)

with open("golden.tsv", "w") as out:
    out.write("case\tspan\tx\ty\tfitted\n")
    for name, (x, y, span) in cases.items():
        model = loess(x, y, span=span, degree=2)
        model.fit()
        for row in zip(x, y, model.outputs.fitted_values):
            out.write(name + "\t" + repr(span) + "\t" + "\t".join(repr(float(v)) for v in row) + "\n")
