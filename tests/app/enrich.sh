#!/usr/bin/env bash
# miura enrich: gene sets of lists and rankings, overlap of peaks; alike on any layout.
. "$SOURCE/tests/app/support.sh"
made_up=$SOURCE/tests/data/enrichment

# ---- a list, against what R says ----
on 1 1 enrich "$made_up/picked.txt" --sets "$made_up/sets.gmt" --universe "$made_up/universe.txt" --out list >list.txt || fail "enrich a list"
awk -F'\t' 'NR == FNR { if (FNR > 1 && $2 > 0) p[$1] = $4; next }
  FNR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
  { n++; d = $at["p"] / p[$at["set"]] - 1; if (d < -1e-10 || d > 1e-10) bad = bad " " $at["set"] }
  END { if (n != length(p) || bad) { print n, length(p), bad; exit 1 } }' "$made_up/over_representation.tsv" list/tables/enrichment.tsv || fail "not what phyper says"
grep -q "347 of 400 tested genes are in one of 30 sets" list.txt || fail "how many genes matched: $(cat list.txt)"
grep -q '27 genes (1 more were not tested); first of 30 sets: rising' list.txt || fail "what was found: $(cat list.txt)"

# ---- a table: up and down, and ranked ----
awk -F'\t' -v OFS='\t' 'NR == 1 { print "symbol", "cluster", "effect", "q"; next } { q = ($2 > 0.8 || $2 < -0.8) ? 0.01 : 0.5; print $1, "0", $2, q; print $1, "1", -$2, q }' "$made_up/scores.tsv" >tested.tsv
table=(enrich tested.tsv --sets "$made_up/sets.gmt" --gene symbol --score effect --select 'q<=0.05' --by cluster --permutations 199)
on 1 1 "${table[@]}" --out one >one.txt || fail "enrich a table"
cell() { awk -F'\t' -v c="$2" -v d="$3" -v s="$4" -v want="$5" 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next } $at["cluster"] == c && $at["direction"] == d && $at["set"] == s { print $at[want]; exit }' "$1"; }
below() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a < b) }'; }
below "$(cell one/tables/enrichment.tsv 0 up rising log10_fdr)" -3 || fail "rising is not up in cluster 0"
below "$(cell one/tables/enrichment.tsv 1 down rising log10_fdr)" -3 || fail "rising is not down in cluster 1"
[ -z "$(cell one/tables/enrichment.tsv 0 down rising k)" ] || fail "rising is down in cluster 0"
below "$(cell one/tables/enrichment_ranked.tsv 1 up falling fdr_genes)" 0.05 || fail "falling does not rise in cluster 1"
[ "$(awk -F'\t' '$1 == "0" && $2 == "up" { print $5 }' one/tables/enrichment_lists.tsv)" = 400 ] || fail "universe: $(cat one/tables/enrichment_lists.tsv)"

# ---- samples: genes are permuted, and lots ----
awk 'BEGIN { srand(3); OFS = "\t"; n = 9; printf "gene"; for (l = 1; l <= n; ++l) printf "\tL%d", l; print "";
  for (g = 0; g < 400; ++g) { printf "G%03d", g; for (l = 1; l <= n; ++l) printf "\t%.4f", rand() + (g < 90 ? l / 8 : 0); print "" } }' >lots.tsv
{ echo 'sample,source,potency'; for l in 1 2 3 4 5 6 7 8 9; do echo "L$l,$([ "$l" -le 4 ] && echo BM || echo AD),$l"; done; } >sheet.csv
lots=(enrich lots.tsv --sets "$made_up/sets.gmt" --outcomes sheet.csv --outcome potency --permutations 199)
on 1 1 "${lots[@]}" --out lots1 --quiet || fail "enrich lots"
below "$(cell lots1/tables/enrichment_ranked.tsv potency up rising p_lots)" 0.02 || fail "rising does not go with the outcome"
on 1 1 "${lots[@]}" --strata source --out strata --quiet || fail "enrich lots within strata"
cmp -s lots1/tables/enrichment_ranked.tsv strata/tables/enrichment_ranked.tsv && fail "strata change nothing"

# ---- peaks ----
awk 'BEGIN { OFS = "\t"; print "gene", "chrom", "start", "end", "strand"; for (i = 0; i < 60; ++i) print "G" i, (i % 3 ? "chr1" : "chr2"), 1 + (i * 1931) % 110000, 900 + (i * 1931) % 110000, (i % 2 ? "+" : "-") }' >genes.tsv
printf 'G1\nG2\nG5\nG7\nnobody\n' >hits.txt
peaks=(enrich --peaks "$made_up/a.bed" --with "$made_up/b.bed" --with "$made_up/islands.bed" --genome "$made_up/chrom.sizes" --direction
  --hits hits.txt --gene-table genes.tsv --upstream 1500 --track G5 --track G7 --permutations 199)
on 1 1 "${peaks[@]}" --out peaks1 >peaks.txt || fail "enrich peaks"
awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next } $at["first"] == "a" && $at["direction_first"] == "all" && $at["second"] == "b" { printf "%s ", $at["observed"] }' peaks1/tables/overlap.tsv |
  grep -qx "$(awk -F'\t' '$1 == "a.bed" && $2 == "b.bed" { print $3, $4, $5 " " }' "$made_up/bedtools.tsv")" || fail "not what bedtools says: $(cat peaks1/tables/overlap.tsv)"
[ "$(awk -F'\t' '$3 == "hits promoters"' peaks1/tables/overlap.tsv | wc -l)" -eq 9 ] || fail "rows of the promoters of hits"
cut -f1,5 peaks1/tables/gene_tracks.tsv | sort -u | grep -q "^G5	gene$" || fail "tracks: $(cat peaks1/tables/gene_tracks.tsv)"
grep -q 'track0-spec' peaks1/report.html && grep -q '>G7</strong>' peaks1/report.html || fail "the page does not draw what lies round a gene"
grep -q 'of a overlap b; by chance' peaks.txt || fail "what was found: $(cat peaks.txt)"
on 1 1 enrich --peaks "$made_up/a.bed" --peaks "$made_up/b.bed" --background "$made_up/islands.bed" --null shuffle --permutations 19 --out within --quiet || fail "overlap within a background"
awk -F'\t' 'NR > 1 && $5 == "islands" && $10 == "first" { print $11 }' within/tables/overlap.tsv | grep -qx 21 || fail "overlaps inside the islands"

# ---- the same bits ----
for layout in '1 2' '2 1' '3 1' '4 1'; do
  on $layout "${table[@]}" --out t --quiet && on $layout "${lots[@]}" --out l --quiet && on $layout "${peaks[@]}" --out p --quiet || fail "layout $layout"
  for pair in 'one t' 'lots1 l' 'peaks1 p'; do
    cmp ${pair% *}/report.html ${pair#* }/report.html || fail "pages differ with ranks x threads $layout"
    diff -r ${pair% *}/tables ${pair#* }/tables || fail "tables differ with ranks x threads $layout"
  done
  rm -rf t l p
done
on 1 1 inspect --verify one >/dev/null && on 1 1 inspect --verify peaks1 >/dev/null || fail "checksums"

# ---- what the user can mend ----
printf 'A\tx\tG001\nA\ty\tG002\n' >twice.gmt
printf 'chr1\t5\t2\n' >backward.bed
printf '1\t5\t20\n' >other.bed
printf 'g001\ng002\n' >lower.txt
sets=(--sets "$made_up/sets.gmt")
expect 66 'nothing.txt: not found' 1 enrich nothing.txt "${sets[@]}" --universe "$made_up/universe.txt"
expect 64 'nothing to look at' 1 enrich
expect 64 'no gene sets' 1 enrich tested.tsv
expect 64 'does not tell which genes were tested' 1 enrich "$made_up/picked.txt" "${sets[@]}"
expect 65 'tested.tsv:1: column q_value: is missing' 1 enrich tested.tsv "${sets[@]}" --gene symbol --select 'q_value<=0.1'
expect 64 "--select is COLUMN<=VALUE or COLUMN>=VALUE, not 'q<0.1'" 1 enrich tested.tsv "${sets[@]}" --select 'q<0.1'
head -2 "$made_up/picked.txt" | tr '[:upper:]' '[:lower:]' >small.txt
expect 65 'small.txt: none of its 2 genes is in the universe .*universe.txt: names are compared as they stand' 1 enrich small.txt "${sets[@]}" --universe "$made_up/universe.txt"
expect 64 'every gene of the universe .*picked.txt is in .*picked.txt: --universe is what was tested' 1 enrich "$made_up/picked.txt" "${sets[@]}" --universe "$made_up/picked.txt"
expect 64 'every gene of tested.tsv is picked' 1 enrich tested.tsv "${sets[@]}" --gene symbol --by cluster
expect 65 'sheet.csv:1: column potence: is missing; did you mean .potency.' 1 enrich lots.tsv "${sets[@]}" --outcomes sheet.csv --outcome potence
expect 64 'where could the intervals have been' 1 enrich --peaks "$made_up/a.bed" --with "$made_up/b.bed"
expect 64 'null is one of circular, shuffle' 1 enrich --peaks "$made_up/a.bed" --with "$made_up/b.bed" --genome "$made_up/chrom.sizes" --null uniform
expect 64 '--hits and --track need --gene-table' 1 enrich --peaks "$made_up/a.bed" --hits hits.txt
for ranks in 1 3; do
  expect 65 'twice.gmt:2: set .A. is there already, in row 1' $ranks enrich "$made_up/picked.txt" --sets twice.gmt --universe "$made_up/universe.txt"
  expect 65 'none of the 2 genes is in a set: names are compared as they stand' $ranks enrich lower.txt "${sets[@]}" --universe lower.txt
  expect 65 'backward.bed:1: the end is not behind the start: 5 to 2' $ranks enrich --peaks backward.bed --with "$made_up/b.bed" --genome "$made_up/chrom.sizes"
  expect 64 "other and the background chrom share no chromosome: '1' and 'chr1'" $ranks enrich --peaks other.bed --with "$made_up/b.bed" --genome "$made_up/chrom.sizes"
done
"$MIURA" "${peaks[@]}" --dump-config >peaks.ini || fail "--dump-config"
"$MIURA" enrich --config peaks.ini --dump-config | diff - peaks.ini || fail "a dumped configuration is not the same when read again"
"$MIURA" enrich --config peaks.ini --out again --quiet && diff -r again/tables peaks1/tables || fail "a dumped configuration gives other tables"
echo passed
