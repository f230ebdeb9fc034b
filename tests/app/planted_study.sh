#!/usr/bin/env bash
# The main job on a planted study: the cluster that goes with the function is the planted state; null outcomes find nothing
# beyond the nominal rate.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --quiet >/dev/null || fail "simulate"
on 2 1 run study/study.ini --out result --quiet || fail "run"
"$PYTHON" "$SOURCE/tests/app/recovery.py" study result 0.85 0.6 || fail "the planted state is not recovered"

# Twelve null studies at alpha 0.05: five or more with a declared association have a chance of 0.0002 if the rate holds.
declared=0
for seed in $(seq 1 12); do
  "$MIURA" simulate --null --out "null$seed" --seed "$seed" --lots-bm 8 --lots-bm-test 0 --lots-ad 0 --lots-uc 0 \
    --cells-per-lot 60 --genes 600 --quiet >/dev/null || fail "simulate --null"
  on 1 2 run "null$seed/study.ini" --out "n$seed" --quiet || fail "run of a null study"
  if awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
                 $at["family"] == "primary" && $at["p_maxT_step"] != "NaN" && $at["p_maxT_step"] <= 0.05 { found = 1 }
                 END { exit !found }' "n$seed/tables/association.tsv"; then
    declared=$((declared + 1))
  fi
done
echo "null studies with a declared association: $declared of 12"
[ "$declared" -lt 5 ] || fail "$declared of 12 null studies declare an association"
echo passed
