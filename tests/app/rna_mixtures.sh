#!/usr/bin/env bash
# miura mine: the proportion of a cell line in mixtures of RNA finds the genes of that line, by its single cells.
. "$SOURCE/tests/app/support.sh"

[ -d "$SOURCE/../shared/data/sc_mixology_mixtures" ] || skip "the mixtures of ../shared are absent"
mkdir mixtures
"$PYTHON" "$SOURCE/tests/app/rna_mixtures.py" "$MIURA" "$SOURCE/../shared" mixtures
case $? in
  0) echo passed ;;
  77) skip "no h5py" ;;
  *) fail "the genes of a line are not found" ;;
esac
