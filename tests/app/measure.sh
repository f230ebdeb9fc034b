#!/usr/bin/env bash
# tools/bench/measure on a small study without rivals: every part runs, and the tables of the document are made of its JSON.
. "$SOURCE/tests/app/support.sh"

sed '/^<!-- measured/,/^<!-- end/{/^<!-- /!d}' "$SOURCE/docs/performance.md" >document.md
cp document.md empty.md
measure() { "$PYTHON" "$SOURCE/tools/bench/measure" --small --work work --build "$(dirname "$MIURA")" --document document.md "$@" 2>err.txt; }
measure || fail "measure: $(tail -3 err.txt)"

# between NAME: what stands between the marks of NAME
between() { sed -n "/^<!-- measured: $1 -->/,/^<!-- end/{/^<!-- /!p}" document.md; }
number='[0-9][0-9.]*'
between machine | grep -qE "makes [1-9]$number GFlop/s .* reads $number GB/s" || fail "machine: $(between machine)"
between studies | grep -qE "^\| miura \| $number \(of $number\) \| $number \| $number \| $number \|" || fail "studies: $(between studies)"
for stage in 'reading, quality control' markers layout mapping 'writing, checksums, page; start of the program'; do
  between studies | grep -qE "^\| $stage \| $number \| ($number)? \|" || fail "no time of $stage: $(between studies)"
done
between scaling | grep -qE "^\| \*\*all of it\*\* \| $number \| $number \| $number \|" || fail "scaling: $(between scaling)"
for kernel in 'PCA, 20,000 x 2,000' 'exact neighbours, 20,000 x 50' 'Leiden, ' 'permutations, step-down' 'reading 20 million' 'writing 160 MB'; do
  between kernels | grep -qE "^\| $kernel[^|]* \| $number \|" || fail "no time of $kernel: $(between kernels)"
done
diff <(sed '/^<!-- measured/,/^<!-- end/{/^<!-- /!d}' document.md) empty.md || fail "words outside the marks were changed"

# what is kept is not measured again; a part that is named is
cp document.md first.md
measure || fail "again: $(tail -3 err.txt)"
diff document.md first.md || fail "kept parts give another document"
[ ! -s err.txt ] || fail "kept parts were measured again: $(cat err.txt)"
measure --only machine || fail "--only: $(tail -3 err.txt)"
grep -q machine_bench err.txt || fail "--only machine measures nothing"

# a document of which a part lacks stays as it was, and so does the project's own where --small names none
mv work/pca.json pca.json
cp document.md first.md
measure --only machine || fail "a part lacks: $(tail -3 err.txt)"
grep -q 'document.md is left as it is: pca not measured' err.txt || fail "a part lacks: $(cat err.txt)"
cmp document.md first.md || fail "a document was changed for which a part lacks"
mv pca.json work
cp "$SOURCE/docs/performance.md" before.md
program() { "$PYTHON" "$SOURCE/tools/bench/measure" --small --work work --build "$(dirname "$MIURA")" "$@" 2>err.txt; }
program >out.txt || fail "to the standard output: $(tail -3 err.txt)"
grep -q 'GFlop/s' out.txt || fail "nothing on the standard output"
cmp "$SOURCE/docs/performance.md" before.md || fail "--small changes the project's document"

# what is not there, or does not go together, is refused
refused() { # WORDS, then arguments
  measure "${@:2}" && fail "measured: ${*:2}"
  grep -qF -- "$1" err.txt || fail "${*:2}: $(cat err.txt)"
}
refused 'there is no part nothing' --only nothing
refused 'nosuch.ini: not found' nosuch.ini
refused 'nowhere/miura: not found' --build nowhere
mkdir -p a/s b/s
touch a/s/study.ini b/s/study.ini
refused 'several studies would be study-s.json' a/s/study.ini b/s/study.ini
sed -i 's/"small": true/"small": false/' work/machine.json
refused 'machine.json is of a run without --small'
sed '/"small"/d' work/knn.json >knn.json
cp work/knn.json whole.json && cp knn.json work/knn.json
sed -i 's/"small": false/"small": true/' work/machine.json
refused 'knn.json does not tell small: measure this part again'
cp whole.json work/knn.json
sed -i 's/"small": true/"small": false/' work/machine.json
sed -i 's/"small": false/"small": true/' work/machine.json
sed -i '/measured: kernels/d' document.md
refused 'no place for `kernels`'
