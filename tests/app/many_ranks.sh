#!/usr/bin/env bash
# 64 ranks on the cores of one machine, more than there are cells; a thousand lots with their tests. The results are those of one rank.
. "$SOURCE/tests/app/support.sh"

# ---- 64 ranks, and fewer cells: some own nothing in any stage ----
"$MIURA" simulate --out study --lots-bm 6 --lots-bm-test 1 --lots-ad 0 --lots-uc 1 --cells-per-lot 9 --genes 600 --quiet || fail "simulate"
on 1 1 run study/study.ini --umap.epochs 50 --out whole --quiet 2>said.txt || fail "on one rank: $(cat said.txt)"
on 64 1 run study/study.ini --umap.epochs 50 --out shared --quiet 2>said.txt || fail "on 64 ranks: $(cat said.txt)"
"$MIURA" inspect --diff whole shared || fail "64 ranks come to another result"
cells=$(zcat whole/tables/cells.tsv.gz | tail -n +2 | wc -l)
[ "$cells" -lt 64 ] || fail "every rank has one of $cells cells: nothing is tested"

# ---- a thousand lots of a few cells ----
"$MIURA" simulate --out lots --lots-bm 1000 --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --cells-per-lot 6 --genes 500 --quiet || fail "simulate 1,000 lots"
few=(--association.permutations 99 --association.min_cells_per_lot 2 --genes.permutations 9 --neighborhoods.permutations 99 --stability.replicates 2
     --cluster.seeds 1 --umap.epochs 20)
on 1 2 run lots/study.ini "${few[@]}" --out alone --quiet 2>said.txt || fail "1,000 lots: $(cat said.txt)"
on 3 1 run lots/study.ini "${few[@]}" --out on_three --quiet 2>said.txt || fail "1,000 lots on three ranks: $(cat said.txt)"
"$MIURA" inspect --diff alone on_three || fail "three ranks come to another result of 1,000 lots"
[ "$(tail -n +2 alone/tables/lots.tsv | wc -l)" -eq 1000 ] || fail "lots are missing"
awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i } NR > 1 && $column["n"] > 900 { ++n } END { exit n == 0 }' alone/tables/association.tsv ||
  fail "no cluster was tested over the lots"

# ---- more lots than the abundance round cells is tested for: the outcomes say so, and all else stays ----
on 1 2 run lots/study.ini "${few[@]}" --neighborhoods.max_lots 900 --out alone --quiet 2>said.txt || fail "too many lots: $(cat said.txt)"
grep -q "1000 training lots, more than neighborhoods.max_lots = 900" said.txt || fail "no warning: $(cat said.txt)"
awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i }
             NR > 1 && !($column["status"] == "NOT_TESTED" && $column["flags"] == "TOO_MANY_LOTS" && $column["n"] == 1000) { exit 1 }
             END { exit NR < 2 }' alone/tables/global.tsv || fail "global.tsv: $(cat alone/tables/global.tsv)"
[ ! -e alone/neighbourhood.h5 ] || fail "neighborhoods of an earlier run were left"
cmp -s alone/tables/association.tsv on_three/tables/association.tsv || fail "the association changed with neighborhoods"
echo passed
