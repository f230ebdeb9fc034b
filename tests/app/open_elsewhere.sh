#!/usr/bin/env bash
# study.h5ad opens in anndata (and scanpy draws from it) and in R.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm 4 --lots-bm-test 1 --lots-ad 0 --lots-uc 0 --cells-per-lot 80 --genes 800 --quiet >/dev/null || fail "simulate"
on 3 1 run study/study.ini --out result --quiet || fail "run"
"$PYTHON" -c 'import anndata, scanpy' 2>/dev/null || skip "anndata and scanpy are not installed (tools/setup --tests)"
"$PYTHON" "$SOURCE/tests/app/open_in_scanpy.py" result study || fail "anndata or scanpy"
{ [ -n "${RSCRIPT:-}" ] && [ -x "$RSCRIPT" ] && "$RSCRIPT" -e 'quit(status = !requireNamespace("hdf5r", quietly = TRUE))' >/dev/null 2>&1; } ||
  skip "scanpy passed; R or hdf5r is not installed (tools/setup --tests)"
"$RSCRIPT" "$SOURCE/tests/app/open_in_r.R" result/study.h5ad >r.txt || fail "R"
"$PYTHON" - result/study.h5ad r.txt <<'PY' || fail "R reads other values than anndata"
import sys, anndata, numpy
a = anndata.read_h5ad(sys.argv[1])
r = dict(line.split("\t") for line in open(sys.argv[2]).read().splitlines())
assert int(r["cells"]) == a.n_obs and int(r["genes"]) == a.n_vars, (r, a.shape)
assert int(r["sum_of_counts"]) == int(a.layers["counts"].sum()), r
assert r["first_cell"] == a.obs_names[0] and r["last_gene"] == a.var_names[-1], r
assert int(r["cells_in_cluster_0"]) == int((a.obs["cluster"] == "0").sum()), r
assert abs(float(r["sum_of_pc1"]) - float(a.obsm["X_pca"][:, 0].astype(float).sum())) < 1e-6, r
PY
echo passed
