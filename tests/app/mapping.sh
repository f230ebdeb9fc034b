#!/usr/bin/env bash
# Lots that do not train: `miura run` and `miura map` on the finished study give them the same rows, in any company and layout;
# planted states arrive, cells of no known kind are refused; lots accumulate in the collection; mistakes are named.
. "$SOURCE/tests/app/support.sh"

# With states of their own labels, and differences between them that so few genes and cells can tell
"$MIURA" simulate --out study --lots-bm 6 --lots-bm-test 1 --lots-ad 2 --lots-uc 1 --cells-per-lot 90 --genes 700 --effect 1.8 --quiet >/dev/null ||
  fail "simulate"
"$PYTHON" "$SOURCE/tests/app/mapping.py" prepare study || fail "the sheets cannot be written"
given=(--cluster.labels state --stability.replicates 0 --markers.test 0 --genes.test 0 --neighborhoods.test 0)
with=("${given[@]}" --sources.cluster CL3 --sources.markers LRRC75A=2)
run() { on "$1" "$2" run study/study.ini --study.samples "$3.csv" --out "$4" "${with[@]}" "${@:5}" 2>log || fail "run of $3 ${*:5}: $(cat log)"; }
map() { on "$1" "$2" map "$3" --samples "study/$4.csv" --out "$5" "${@:6}" 2>log || fail "map of $4 onto $3: $(cat log)"; }
same() { "$MIURA" inspect --diff "$1" "$2" || fail "$3"; }
mapping() { cat "$1/tables/mapping.tsv"; }

# ---- the same rows by run and by map, alone and together
run 1 1 all all
grep -qE 'NO ANCHORS|OUTSIDE|FAR ' log && fail "lots of the reference's kind are refused: $(cat log)"
run 1 1 train train
cp train/study.h5ad apart.h5ad # the finished study alone is enough
map 1 1 apart.h5ad new mapped --collection none
cmp all/tables/mapping.tsv mapped/tables/mapping.tsv || fail "run and map give other rows"
[ ! -e collection ] || fail "--collection none makes a collection"
map 1 1 train/study.h5ad one one --collection none
diff <(grep -E '^(lot|UC01)	' all/tables/mapping.tsv) one/tables/mapping.tsv || fail "a lot alone has other rows than in company"
diff <(grep UC01 mapped/tables/composition.tsv) <(grep UC01 one/tables/composition.tsv) || fail "a lot alone has other shares"

[ "$(cut -f3 all/tables/mapped_shares.tsv | sort -u | tr '\n' ' ')" = 'AD01 AD02 BM07 UC01 lot ' ] || fail "mapped_shares.tsv lacks lots"
cmp all/tables/mapped_shares.tsv mapped/tables/mapped_shares.tsv || fail "shares beside outcomes differ between run and map"

# ---- they are compared alike, whether they came with the study or later
on 1 1 compare all --marker LRRC75A --cluster CL3 --samples study/all.csv --out compared --quiet || fail "compare"
on 3 2 compare train --mapped mapped --marker LRRC75A --cluster CL3 --samples study/all.csv --out compared_later --quiet || fail "compare --mapped"
for table in compared/tables/*.tsv; do
  cmp "$table" "compared_later/${table#*/}" || fail "lots mapped later are compared otherwise"
done
expect 65 'mapped/tables/lots.tsv: lot AD01 is already among' 1 compare train --mapped mapped --mapped mapped --out twice
expect 66 'nowhere/tables/lots.tsv' 1 compare train --mapped nowhere --out nothing

# ---- planted states and marker
"$PYTHON" "$SOURCE/tests/app/mapping.py" judge study all mapped || fail "the planted states do not arrive"

# ---- the same bits in both modes, one lot without some genes; with ranks that own no cell of a lot
for mode in anchor compressed; do
  run 1 1 gaps "$mode" --mapping.mode "$mode"
  run 1 1 train "train_$mode" --mapping.mode "$mode"
  map 1 1 "train_$mode" lacking "map_$mode"
  cmp <(mapping "$mode" | grep -v '^UC01	') <(mapping all | grep -v '^UC01	') >/dev/null
  [ $? -eq $([ "$mode" = anchor ] && echo 0 || echo 1) ] || fail "$mode: the rows of other lots depend on a lot without some genes, or on no mode"
  cmp "$mode/tables/mapping.tsv" "map_$mode/tables/mapping.tsv" || fail "$mode: run and map differ where a lot lacks genes"
  layouts=('2 1' '3 1' '4 1' '1 2')
  [ "$mode" = anchor ] || layouts=('4 1' '1 2')
  for layout in "${layouts[@]}"; do
    set -- $layout
    run "$1" "$2" gaps "$mode$1$2" --mapping.mode "$mode"
    same "$mode" "$mode$1$2" "run, $mode: $1 ranks x $2 threads give other results"
    map "$1" "$2" "train_$mode" lacking "map_$mode$1$2"
    same "map_$mode" "map_$mode$1$2" "map, $mode: $1 ranks x $2 threads give other results"
  done
done
mapping anchor | grep -q '^UC01	' || fail "the lot without some genes is not mapped"

# ---- stopped before and behind the mapping
run 2 1 all steps --to mapping
grep -q 'stopped after stage mapping' log || fail "$(cat log)"
run 1 1 all steps
grep -q 'mapping: taken from its checkpoint' log || fail "mapping is computed again: $(cat log)"
same all steps "going on behind the mapping gives other results"
run 3 1 all steps --from mapping
grep -q 'mapping: taken' log && fail "--from mapping takes it from its checkpoint"
same all steps "--from mapping gives other results"
run 1 1 all steps --mapping.min_score 0.9 --to mapping
grep -q 'cluster: taken from its checkpoint' log || fail "another threshold computes the clusters again"
grep -q 'mapping: taken' log && fail "another threshold takes the old mapping"

# ---- cells of another kind altogether
run 2 1 foreign foreign
grep -qE 'lot AD01: .*(NO ANCHORS|OUTSIDE|FAR )' log || fail "no warning about a lot of another kind: $(cat log)"
map 1 1 train strange foreign_mapped --collection none
grep -qE 'lot AD01: .*(NO ANCHORS|OUTSIDE|FAR )' log || fail "map: no warning about a lot of another kind: $(cat log)"
grep -qE 'lot AD01: .*(NO ANCHORS|OUTSIDE|FAR )' foreign_mapped/report.html || fail "the page says nothing of it"
"$PYTHON" "$SOURCE/tests/app/mapping.py" foreign foreign foreign_mapped || fail "a lot of another kind is not refused"

# ---- the collection
map 1 1 train one first --collection kept
grep -q 'collection: kept holds 7 lots' log || fail "$(cat log)"
cp kept/mapped_lots.tsv once.tsv
map 3 1 train new second --collection kept
grep -q 'collection: kept holds 10 lots' log || fail "$(cat log)"
map 2 1 train one third --collection kept
"$PYTHON" "$SOURCE/tests/app/mapping.py" collection kept train second third || fail "the collection is not what was mapped"

# ---- mistakes
wrong() { expect "$1" "$2" 2 map "${@:3}"; }
wrong 64 'no reference' --samples study/new.csv
wrong 64 'no new lots' train
wrong 66 'nowhere.h5ad' nowhere.h5ad --samples study/new.csv
wrong 66 'nowhere.csv' train --samples nowhere.csv
echo 'not HDF5' >text.h5ad
wrong 65 'text.h5ad' text.h5ad --samples study/new.csv
cp train/checkpoint/pca.h5 part.h5ad
wrong 65 'part.h5ad: is no study of miura' part.h5ad --samples study/new.csv
head -1 study/new.csv >study/nobody.csv
wrong 65 'nobody.csv' train --samples study/nobody.csv
wrong 65 'train.csv:2: column lot: trains the study; .*lot BM01' train --samples study/train.csv
"$MIURA" simulate --modality image --out image --lots-bm 1 --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --cells-per-lot 20 --quiet >/dev/null ||
  fail "simulate --modality image"
sed -i 's/^BM/IM/' image/samples.csv  # names that the study does not have
wrong 65 'image/data/BM01.csv.gz: has none of the features of the reference .lot IM01.' train --samples image/samples.csv
# a lot that is added while another one is waits for it
flock kept/lock sleep 8 &
map 2 1 train one held --collection kept
grep -q 'collection: kept holds 10 lots' log || fail "two lots cannot be added at a time: $(cat log)"
wait
wrong 64 "unknown option 'mapping.label'" train --samples study/new.csv --mapping.label clusters
refused() { expect "$1" "$2" 2 run study/study.ini --study.samples all.csv --out bad "${given[@]}" "${@:3}"; }
refused 64 "mapping.label is clusters, core:CLUSTER or one of .* not 'clutsers'" --mapping.label clutsers
refused 64 'the primary partition has no cluster 17' --mapping.label core:17
refused 64 "mapping.mode is one of anchor, compressed, not 'anchors'" --mapping.mode anchors
refused 64 "sources.markers: 'LRRC75A=abc' is not GENE=EXPRESSION" --sources.markers LRRC75A=abc
# a gene that is misspelt is told before anything long begins
expect 64 "sources.markers: the study has no gene LRC75A; did you mean LRRC75A\?" 2 run study/study.ini --study.samples all.csv --out early "${given[@]}" --sources.markers LRC75A
[ -e early/checkpoint/read.h5 ] && [ ! -e early/checkpoint/normalize.h5 ] || fail "a misspelt marker is told late"
refused 64 "sources.cluster is one of .*, not 'CL4'" --sources.cluster CL4
echo passed
