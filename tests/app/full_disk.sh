#!/usr/bin/env bash
# A full disk in every command that writes: 74, the file named, nothing unfinished left, an older result unharmed; with room again
# the same command ends well. miura run has its turn in faults.sh.
. "$SOURCE/tests/app/support.sh"
mkdir disk
mount -t tmpfs -o size=200m none disk 2>/dev/null || skip "no small file system can be mounted here"
trap 'umount "$work/disk"; rm -rf "$work"' EXIT
used() { du -sk disk | cut -f1; }
room() { mount -o remount,size="$1"k disk; }
left_over() { find disk \( -name '*.part' ! -name log.txt.part \) -o -name publishing -o -name '*.partial'; }

# sums FOLDER: what a result holds, but for the log and the lock
sums() { (cd "$1" && find . -type f ! -name 'log.txt*' ! -path './checkpoint/*' -print0 | sort -z | xargs -0 sha256sum); }

# refuses RANKS OUT ARGUMENTS...: ends for want of room and leaves nothing behind a good name
refuses() {
  local ranks=$1 out=$2
  shift 2
  expect 74 "disk/[^ ]*: .*No space left on device" "$ranks" "$@" --out "$out"
  [ -z "$(left_over)" ] || fail "miura $*: unfinished files stay on the full disk: $(left_over)"
}

# full NAME ARGUMENTS...: the command in 5 and 85 per cent of the room that it needs, on one rank and on three, into a new folder and
# into one that holds an older result
full() {
  local name=$1 before need free part
  shift
  room 200000
  before=$(used)
  on 1 1 "$@" --out "disk/$name" --quiet >said.txt 2>&1 || fail "$name: $(cat said.txt)"
  need=$(($(used) - before))
  sums "disk/$name" >older
  for part in 5 85; do
    free=$((need * part / 100 - 8)) # a result of some kB is rounded up to whole pages
    room $((before + need + (free > 0 ? free : 0)))
    for ranks in 1 3; do
      refuses $ranks "disk/new_$name" "$@"
      [ ! -e "disk/new_$name/provenance.json" ] || fail "$name: half a result behind a good name"
    done
    rm -rf "disk/new_$name"
    refuses 3 "disk/$name" "$@" --seed 2
    sums "disk/$name" | cmp - older || fail "$name: a full disk changes an older result"
  done
  room 200000
  on 3 1 "$@" --out "disk/new_$name" --quiet >said.txt 2>&1 || fail "$name, with room again: $(cat said.txt)"
  diff -r "disk/$name/tables" "disk/new_$name/tables" || fail "$name, with room again, comes to another result"
}

"$MIURA" simulate --out study --lots-bm 5 --lots-bm-test 1 --lots-ad 0 --lots-uc 0 --pairs 2 --cells-per-lot 80 --genes 800 --quiet || fail "simulate"
on 1 1 run study/study.ini --stability.replicates 0 --out result --quiet || fail "run"

# ---- one result: tables, page, record ----
awk 'BEGIN { srand(3); OFS = "\t"; printf "gene"; for (l = 1; l <= 9; ++l) printf "\tL%d", l; print "";
  for (g = 0; g < 400; ++g) { printf "G%03d", g; for (l = 1; l <= 9; ++l) printf "\t%.4f", rand() + (g < 90 ? l / 8 : 0); print "" } }' >lots.tsv
{ echo 'sample,group,potency'; for l in 1 2 3 4 5 6 7 8 9; do echo "L$l,$([ "$l" -le 4 ] && echo BM || echo AD),$l"; done; } >sheet.csv
"$PYTHON" "$SOURCE/tests/app/planted_lines.py" . || fail "planted lines"
sets=$SOURCE/tests/data/enrichment/sets.gmt
full associate associate lots.tsv --outcomes sheet.csv --outcome potency
full differential differential lots.tsv --groups sheet.csv --reference BM
full enrich enrich lots.tsv --sets "$sets" --outcomes sheet.csv --outcome potency --permutations 49
full mine mine mine.ini --mining.affordable 100000 --mining.permutations 99
full compare compare result --samples study/samples.csv --before before --after after --components 2
full plan plan --replicates 1000 --null-replicates 1000 --relabelings 20000 --lots 6,8 --cells 500
"$MIURA" simulate --out later --seed 7 --lots-bm 2 --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --cells-per-lot 80 --genes 800 --quiet || fail "simulate later lots"
sed -i 's/^BM0/BM9/' later/samples.csv
full map map result/study.h5ad --samples later/samples.csv --collection none

# ---- a page that is rendered again ----
room 200000
cp -r result disk/result
room $(($(used) + 100))
expect 74 'disk/result/report.html: .*No space left on device' 1 report disk/result
[ -z "$(left_over)" ] || fail "report: unfinished files stay on the full disk: $(left_over)"
"$MIURA" inspect --verify disk/result >/dev/null || fail "report: a full disk damages the result"

# ---- planted studies: nothing but a part is there, and the next call replaces it ----
for what in '--lots-bm 3 --cells-per-lot 80 --genes 800 --format mtx' '--lots-bm 3 --cells-per-lot 80 --genes 800 --format h5' \
  '--lots-bm 3 --cells-per-lot 80 --genes 800 --format h5ad' '--lots-bm 3 --modality image' '--bulk'; do
  room 200000
  before=$(used)
  "$MIURA" simulate $what --out disk/whole --quiet || fail "simulate $what"
  need=$(($(used) - before))
  rm -rf disk/whole
  for part in 5 85; do
    room $((before + need * part / 100))
    for ranks in 1 3; do
      expect 74 'disk/[^ ]*: .*No space left on device' $ranks simulate $what --out disk/planted
      [ -z "$(find disk/planted -type f ! -path '*.partial/*' 2>/dev/null)" ] || fail "simulate $what leaves half a study: $(find disk/planted -type f)"
    done
  done
  room 200000
  on 3 1 simulate $what --out disk/planted --quiet || fail "simulate $what, with room again"
  rm -rf disk/planted
done
echo passed
