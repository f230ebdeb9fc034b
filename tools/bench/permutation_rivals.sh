#!/usr/bin/env bash
# Step-down maxT of 5,000 features over 20 lots in two groups, by multtest (R) and by miura in turn: CPU seconds and the
# rate in tests x relabelings a second, tab-separated. R's reading of the table is not counted, miura's is.
#   permutation_rivals.sh build/release/miura RSCRIPT [ROUNDS]        RSCRIPT has multtest (r-bioc-multtest)
set -euo pipefail
miura=$(realpath "$1") rounds=${3:-3}
rscript=$(realpath "$(command -v "$2")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
"$rscript" -e '
set.seed(1); x <- matrix(rnorm(5000 * 20), 5000, dimnames = list(sprintf("f%d", 1:5000), sprintf("L%d", 1:20)))
write.table(data.frame(feature = rownames(x), x), "table.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
write.csv(data.frame(sample = colnames(x), group = rep(0:1, each = 10), value = rnorm(20)), "sheet.csv", quote = FALSE, row.names = FALSE)'

cpu_of() { # COMMAND...: user and system seconds
  local TIMEFORMAT='%U %S'
  { time "$@" >out.txt 2>err.txt; } 2>&1 | awk '{ print $1 + $2 }'
}
tell() { awk -v name="$1" -v s="$2" -v n="$3" 'BEGIN { printf "%s\t%.2f\trate=%.3g\n", name, s, n / s }'; }
for round in $(seq "$rounds"); do
  for statistic in t wilcoxon; do
    seconds=$("$rscript" -e 'suppressMessages(library(multtest)); x <- as.matrix(read.delim("table.tsv", row.names = 1))
      used <- system.time(r <- mt.maxT(x, rep(0:1, each = 10), test = commandArgs(TRUE)[1], B = 10000)); cat(sum(used[1:2]))' \
      "$([ $statistic = t ] && echo t.equalvar || echo wilcoxon)" 2>/dev/null | tail -1 | grep -oE '[0-9.]+$')
    tell "multtest $statistic, 10,000 drawn" "$seconds" $((5000 * 10000))
    tell "miura $statistic, 10,000 drawn" "$(cpu_of "$miura" associate table.tsv --outcomes sheet.csv --outcome group --statistic $statistic --permutations 9999 --out "$statistic$round")" $((5000 * 10000))
  done
  tell "miura spearman, 100,000 drawn" "$(cpu_of "$miura" associate table.tsv --outcomes sheet.csv --outcome value --permutations 99999 --out "spearman$round")" $((5000 * 100000))
done
