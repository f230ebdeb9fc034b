#!/usr/bin/env bash
# The demo on real cells: clusters agree with the cell types that the authors gave, and no layout changes a bit.
. "$SOURCE/tests/app/support.sh"

on 1 2 run "$SOURCE/configs/onek1k-age.ini" --out one --quiet || fail "run"
on 2 1 run "$SOURCE/configs/onek1k-age.ini" --out two --quiet || fail "run on 2 ranks"
"$MIURA" inspect --diff one two || fail "2 ranks give other results"
"$PYTHON" -c 'import h5py' 2>/dev/null || skip "h5py is not installed (tools/setup --tests)"
"$PYTHON" - "$SOURCE/tests/data/onek1k_40donors/onek1k_40donors.h5ad" one/tables/cells.tsv.gz <<'PY' || fail "clusters do not agree with the authors' cell types"
import collections, csv, gzip, sys, h5py
with h5py.File(sys.argv[1]) as f:
    types = [x.decode() for x in f["obs/cell_type/categories"]]
    truth = dict(zip((x.decode() for x in f["obs"][f["obs"].attrs["_index"]]), (types[c] for c in f["obs/cell_type/codes"])))
pairs = collections.Counter((row["cluster"], truth[row["barcode"]]) for row in csv.DictReader(gzip.open(sys.argv[2], "rt"), delimiter="\t"))
majority = sum(max(n for (c, _), n in pairs.items() if c == cluster) for cluster in {c for c, _ in pairs})
purity = majority / sum(pairs.values())
print(f"{len({c for c, _ in pairs})} clusters, {100 * purity:.1f} % of the cells lie in a cluster of their own type")
assert purity > 0.95 and len({c for c, _ in pairs}) <= 10
PY
echo passed
