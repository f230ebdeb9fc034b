#!/usr/bin/env bash
# tools/submit: lots -> study -> report, with the resources of the forecast; a damaged lot ends the chain before the study.
# Then a new lot is mapped, and a panel of bulk tables is mined.
. "$SOURCE/tests/slurm/support.sh"
planted_study

# chain OUT ARGUMENTS...: the numbers of its three jobs in $lots, $study, $report
chain() {
  local out=$1
  shift
  "$SOURCE/tools/submit" study/study.ini --out "$out" --threads 1 "$@" >submitted || fail "tools/submit: $(cat submitted)"
  lots=$(awk '/^lots/ { print $2 }' submitted)
  study=$(awk '/^study/ { print $2 }' submitted)
  report=$(awk '/^report/ { print $2 }' submitted)
}

chain chained --ranks 3 --publish published -- --comment=chain
ends_as "$report" COMPLETED 0:0 chained/jobs/report.log
ends_as "$study" COMPLETED 0:0 chained/jobs/study.log
same_as_whole chained
cmp chained/report.html published/report.html || fail "the report is not published"
[ "$(cat chained/jobs/lot-*.log | grep -c 'cells pass the quality control')" -eq 7 ] || fail "not every lot was taken in: $(cat chained/jobs/lot-*.log)"
grep -q '3 ranks x 1 threads' chained/jobs/study.log || fail "--ranks is not heard"
scontrol show job "$study" | grep -q 'Comment=chain' || fail "options after -- do not come to sbatch"
memory=$(scontrol show job "$study" | sed -n 's/.*MinMemoryCPU=\([0-9]*\)M.*/\1/p')
peak=$(sed -n 's/.*"peak_gib": \([0-9.]*\).*/\1/p' chained/provenance.json | sort -g | tail -n 1)
awk -v m="$memory" -v p="$peak" 'BEGIN { exit !(m > 1024 * p && m < 1024 * p * 3) }' || fail "$memory MB were asked for a rank that needs $peak GiB"

# without --ranks the forecast chooses; what it writes can be looked at first
"$SOURCE/tools/submit" study/study.ini --out looked_at --dry-run >submitted || fail "--dry-run"
cpus=$(sinfo -h -o %c | sort -n | tail -n 1)
grep -q -- "--ntasks=1 --cpus-per-task=$((cpus < 8 ? cpus : 8)) " looked_at/jobs/submit.sh || fail "a small study asks for more than a rank: $(cat looked_at/jobs/submit.sh)"

# options of the user's come last; memory is asked for in one way
"$SOURCE/tools/submit" study/study.ini --out looked_at --dry-run -- --mem=1G --time=3:00:00 >submitted || fail "--dry-run --"
grep -q -- '--time=0:15:00 .*--mem=1G --time=3:00:00' looked_at/jobs/submit.sh || fail "the time that was asked for: $(cat looked_at/jobs/submit.sh)"
grep -q -- '--mem-per-cpu' looked_at/jobs/submit.sh && fail "memory is asked for twice: $(cat looked_at/jobs/submit.sh)"
# but for the order of the chain; what only looks like memory is none
"$SOURCE/tools/submit" study/study.ini --out looked_at --dry-run -- --dependency=afterok:99 --mem-bind=local >submitted || fail "--dry-run -- --dependency"
[ "$(grep -cE -- '--dependency=afterok:99 --mem-bind=local --dependency="afterok:\$job" ' looked_at/jobs/submit.sh)" -eq 2 ] ||
  fail "the chain is broken by a dependency of its own: $(cat looked_at/jobs/submit.sh)"
grep -q -- '--mem-per-cpu' looked_at/jobs/submit.sh || fail "no memory is asked for: $(cat looked_at/jobs/submit.sh)"

# a sheet with a blank line and blanks round its names is read as miura reads it; without a sheet there is one line
sed '1s/,/ , /g; 1s/^/\n/' study/samples.csv >study/loose.csv
sed 's/^samples *=.*/samples = loose.csv/' study/study.ini >study/loose.ini
"$SOURCE/tools/submit" study/loose.ini --out loose --dry-run --ranks 1 >submitted || fail "a loose sheet"
for lot in 1.csv 7.csv; do
  cmp looked_at/jobs/lots/$lot loose/jobs/lots/$lot || fail "$lot of a loose sheet: $(cat loose/jobs/lots/$lot)"
done
sed '/^samples/d' study/study.ini >study/no_sheet.ini
"$SOURCE/tools/submit" study/no_sheet.ini --out no_sheet --dry-run --ranks 1 2>err.txt
[ $? -eq 64 ] || fail "no sheet: $(cat err.txt)"
grep -q '^submit: study/no_sheet.ini: names no sample sheet' err.txt || fail "no sheet: $(cat err.txt)"

# where Slurm refuses the study, its lots do not stay in the queue
"$SOURCE/tools/submit" study/study.ini --out refused --ranks 1 --threads $((cpus + 1)) >submitted 2>err.txt && fail "more CPUs than a node has are taken"
lots=$(awk '/^lots/ { print $2 }' submitted)
grep -q "^submit: cancelled: $lots\$" err.txt || fail "a refused chain: $(cat submitted err.txt)"
until_it 60 "the lots of a refused chain are cancelled" has_ended "$lots"

# a wrong path is one line
MIURA=nowhere/miura "$SOURCE/tools/submit" study/study.ini --dry-run 2>err.txt
[ $? -eq 66 ] || fail "no program: $(cat err.txt)"
grep -q '^submit: nowhere/miura: No such file' err.txt || fail "no program: $(cat err.txt)"

file=$(find study/data -name '*.mtx.gz' | sort | sed -n 4p)
truncate -s -100 "$file"
chain broken --ranks 2
until_it 120 "the broken lot is found" has_ended "$lots"
until_it 120 "the study is given up" has_ended "$study"
[ "$(state_of "$study")" = CANCELLED ] || fail "with a broken lot the study is $(state_of "$study")"
until_it 120 "the report is given up" has_ended "$report"
grep -h '^miura: ' broken/jobs/lot-*.log | grep -q "$(basename "$(dirname "$file")")" || fail "which lot is broken is not said: $(cat broken/jobs/lot-*.log)"
[ ! -e broken/checkpoint ] || fail "the study has begun in spite of the broken lot"

# ---- a new lot, onto the finished study ----
"$MIURA" simulate --out later --seed 7 --lots-bm 1 --lots-bm-test 0 --lots-ad 0 --lots-uc 1 --cells-per-lot 120 --genes 900 --quiet ||
  fail "simulate a later lot"
sed -i 's/^BM01,/BM91,/' later/samples.csv  # the study has a BM01 of its own
"$MIURA" map whole/study.h5ad --samples later/samples.csv --out mapped_here --quiet || fail "map without Slurm"
submit mapped -N2 -n2 -c1 --mem-per-cpu=500M "$SOURCE/jobs/miura-map.sbatch" whole/study.h5ad later/samples.csv mapped
ends_as "$job" COMPLETED 0:0 mapped.log
"$MIURA" inspect --diff mapped_here mapped || fail "mapped on two nodes, a lot looks otherwise"

# ---- bulk tables, mined on two nodes; their result is checked and handed on like that of a study ----
"$MIURA" simulate --bulk --out panel --panel-genes 300 --quiet || fail "simulate a panel"
mining=(--mining.affordable 100000 --mining.permutations 99)
"$MIURA" mine panel/MINE.ini "${mining[@]}" --out mined_here --quiet || fail "mine without Slurm"
for launcher in srun mpirun; do
  MIURA_LAUNCHER=$launcher submit mined_$launcher -N2 -n3 -c1 --mem-per-cpu=500M "$SOURCE/jobs/miura-mine.sbatch" panel/MINE.ini mined_$launcher "${mining[@]}"
  ends_as "$job" COMPLETED 0:0 mined_$launcher.log
  "$MIURA" inspect --diff mined_here mined_$launcher || fail "mined on two nodes under $launcher, a panel looks otherwise"
  grep -A3 '"hosts"' mined_$launcher/provenance.json | grep -q n2 || fail "the ranks of the mining were not on two nodes"
done
submit handed_on -n1 "$SOURCE/jobs/miura-report.sbatch" mined_srun handed_on
ends_as "$job" COMPLETED 0:0 handed_on.log
diff -r mined_srun/tables handed_on/tables || fail "the tables of the mining are not handed on"
sed -i 's/array_train/no_array/' panel/MINE.ini
submit unmined -n2 -c1 --mem-per-cpu=500M "$SOURCE/jobs/miura-mine.sbatch" panel/MINE.ini unmined "${mining[@]}"
ends_as "$job" FAILED 66:0 unmined.log
[ "$(grep -c '^miura: ' unmined.log)" -eq 1 ] || fail "what is missing is not told once: $(cat unmined.log)"
printf 'x' >>mined_srun/tables/lines.tsv
submit changed -n1 "$SOURCE/jobs/miura-report.sbatch" mined_srun not_handed_on
ends_as "$job" FAILED 65:0 changed.log
[ ! -e not_handed_on ] || fail "a result with a wrong checksum is handed on"
echo passed
