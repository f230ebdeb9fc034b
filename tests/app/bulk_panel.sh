#!/usr/bin/env bash
# miura simulate --bulk: the same bytes on any layout, the documented config is the one that is written, and miura mine finds
# with it what was planted, and nothing where nothing was.
. "$SOURCE/tests/app/support.sh"

on 1 1 simulate --bulk --out panel >out.txt || fail "simulate --bulk"
grep -q 'Spearman of SALL3 with ectoderm' out.txt || fail "the summary: $(cat out.txt)"
on 3 1 simulate --bulk --out ranks --quiet || fail "simulate --bulk on three ranks"
diff -r panel ranks >/dev/null || fail "a panel differs on three ranks"
on 1 1 simulate --bulk --null --out null --quiet || fail "simulate --bulk --null"
[ "$(tail -n +2 null/truth.tsv | cut -f2 | sort -u)" = none ] || fail "a gene of the null panel has a role"
cmp -s panel/lines.csv null/lines.csv || fail "the lines of the null panel are others"
settings() { sed 's/[[:space:]]*#.*//; s/[[:space:]]*$//; /^$/d' "$1"; }
diff <(settings "$SOURCE/configs/ipsc-panel.ini") <(settings panel/MINE.ini) || fail "configs/ipsc-panel.ini is not the config that is written"
expect 73 'is not empty; a panel needs a folder of its own' 2 simulate --bulk --out panel
expect 64 '--lines-train is 4 to 1000, not 2' 1 simulate --bulk --lines-train 2 --out other

"$MIURA" --help | grep -q '^  mine ' || skip "this build has no miura mine"
few=(--mining.permutations 499 --mining.affordable 1000000 --quiet)
on 1 1 mine panel/MINE.ini "${few[@]}" --out found || fail "mine"
on 2 1 mine null/MINE.ini "${few[@]}" --out nothing || fail "mine the null panel"
# replicated RESULT INTERSECTION: its genes that the test lines confirm, once each
replicated() { awk -F'\t' -v rule="$2" 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
  $at["rule"] == rule && $at["kind"] == "intersection" && $at["replicated"] == 1 { print $at["gene"] }' "$1/tables/mining_replication.tsv" | sort -u; }
role() { awk -F'\t' -v gene="$1" '$1 == gene { print $2 }' panel/truth.tsv; }
for rule in switch switch_either_way switch_on_both_platforms; do
  replicated found $rule | grep -qx SALL3 || fail "SALL3 is not found by $rule: $(replicated found $rule)"
  [ -z "$(replicated nothing $rule)" ] || fail "$rule finds in the null panel: $(replicated nothing $rule)"
done
replicated found mesoderm_on_both_platforms | grep -qx PF4 || fail "PF4 is not found: $(replicated found mesoderm_on_both_platforms)"
replicated found against_neurons_in_both_cultures | grep -qx ROR2 || fail "ROR2 is not found: $(replicated found against_neurons_in_both_cultures)"
for gene in $(replicated found switch_on_both_platforms); do
  [ "$(role "$gene")" != none ] || fail "$gene is declared a switch on both platforms, and is none"
done
echo passed
