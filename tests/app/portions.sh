#!/usr/bin/env bash
# A study with more cells than are placed or written at a time: behind the first portion, too, stands what belongs there.
. "$SOURCE/tests/app/support.sh"
"$PYTHON" -c 'import anndata' 2>/dev/null || skip "anndata is not installed (tools/setup --tests)"

"$MIURA" simulate --out study --lots-bm 6 --lots-bm-test 0 --lots-ad 0 --lots-uc 1 --cells-per-lot 1900 --genes 500 --umi 1500 --quiet >/dev/null ||
  fail "simulate"
few=(--integrate.by none --cluster.resolutions 0.5 --cluster.seeds 1 --stability.replicates 0 --genes.test 0 --neighborhoods.test 0 --doublets.score 0 --umap.epochs 20
     --reference.cells_per_lot 5000)
on 1 2 run study/study.ini "${few[@]}" --out alone --quiet 2>said.txt || fail "on one rank: $(cat said.txt)"
"$PYTHON" "$SOURCE/tests/app/portions.py" alone/study.h5ad || fail "what is in study.h5ad"
on 3 1 run study/study.ini "${few[@]}" --out shared --quiet 2>said.txt || fail "on three ranks: $(cat said.txt)"
"$MIURA" inspect --diff alone shared || fail "three ranks come to another result"
echo passed
