#!/usr/bin/env bash
# A disk that takes what is written and reports later that it is lost: 74, the file named, an older result unharmed, and the next
# run comes to the bytes of an undisturbed one.
. "$SOURCE/tests/app/support.sh"

"$MIURA" simulate --out study --lots-bm 5 --lots-bm-test 0 --lots-ad 0 --lots-uc 0 --cells-per-lot 1000 --genes 800 --quiet || fail "simulate"
quick='--stability.replicates 0 --neighborhoods.test 0 --genes.test 0 --cluster.resolutions 0.5 --cluster.seeds 1'
on 1 1 run study/study.ini --out whole $quick --quiet || fail "run"

# loses CALL FILE RANKS...: the error of that call on that file, on so many ranks, in a new folder
loses() {
  export LD_PRELOAD=$LATE_DISK_ERROR FAILING_CALL=$1 FAILING_FILE=$2
  for ranks in "${@:3}"; do
    expect 74 "${2##*/}.*: cannot be (written|flushed)" $ranks run study/study.ini --out lost $quick
    [ ! -e lost/study.h5ad ] || [ ! -e lost/provenance.json ] || fail "$1 of $2: a result that is lost in part is published"
  done
  unset LD_PRELOAD
  on 3 1 run study/study.ini --out lost $quick --quiet || fail "the run after a lost $2"
  "$MIURA" inspect --diff whole lost || fail "after a lost $2 another result"
  rm -r lost
}

loses sync_file_range study.h5ad 1 3
loses sync_file_range checkpoint/read.h5 3
loses fsync study.h5ad 1
loses fsync checkpoint/pca.h5 3
loses fsync association.tsv 1
loses fsync report.html 3

cp -r whole older
LD_PRELOAD=$LATE_DISK_ERROR FAILING_CALL=sync_file_range FAILING_FILE=study.h5ad expect 74 study.h5ad 3 run study/study.ini --out older $quick --seed 5
"$MIURA" inspect --diff whole older || fail "a lost file changes an older result"
"$MIURA" inspect --verify older >/dev/null || fail "a lost file damages an older result"
echo passed
