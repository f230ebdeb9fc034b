#!/usr/bin/env bash
# miura mine on the NCI-60 panel: pairs of drug and gene that one platform shows survive in other lines on other platforms;
# those of permuted drugs do not.
. "$SOURCE/tests/app/support.sh"

[ -d "$SOURCE/../shared/golden/bulk" ] || skip "the golden tables of ../shared are absent"
mkdir panels && "$PYTHON" "$SOURCE/tests/app/nci60.py" "$MIURA" "$SOURCE/../shared" panels "$SOURCE/tests/data/nci60/known_pairs.tsv" || fail "NCI-60"
mkdir survival && "$PYTHON" "$SOURCE/tools/nci60/survival.py" "$MIURA" "$SOURCE/../shared" survival 1 || fail "survival of pairs on other arrays"
echo passed
