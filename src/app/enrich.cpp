#include <fmt/format.h>
#include <omp.h>

#include <cmath>
#include <filesystem>
#include <optional>

#include "app/enrich_genes.hpp"
#include "app/enrich_options.hpp"
#include "app/enrich_peaks.hpp"
#include "app/enrichment_page.hpp"
#include "app/result_folder.hpp"
#include "app/subcommand.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/base/version.hpp"
#include "miura/input/delimited.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/report/stored_report.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

po::options_description describe_genes(EnrichOptions& o) {
  po::options_description genes("Genes (miura enrich GENES --sets GMT)");
  genes.add_options()(
      "genes", po::value(&o.genes),
      "list of genes (a name a row); or a table of all tested genes, with --score, --select or --by; or, with "
      "--outcomes, a table of features x samples")("sets", po::value(&o.sets)->composing(),
                                                   "gene sets in GMT format; several times for several collections")(
      "universe", po::value(&o.universe), "list of all genes that were tested; empty: those of the table")(
      "gene", with_default(o.table.gene), "column of gene names (symbols), compared as they stand")(
      "score", po::value(&o.table.score),
      "column of numbers whose sign is the direction: up and down are two lists, and all genes are ranked by it")(
      "select", po::value(&o.select)->composing(),
      "COLUMN<=VALUE or COLUMN>=VALUE: the rows that were picked; several times: all must hold; none: all rows")(
      "by", po::value(&o.table.group), "column of labels, e.g. cluster: lists of each of them")(
      "outcomes", po::value(&o.sheet),
      "sheet with a column sample and an outcome a column: ranks genes by Spearman's "
      "rho with --outcome, and relabels the samples beside the genes")("outcome", po::value(&o.outcome),
                                                                       "column of the sheet")(
      "strata", po::value(&o.strata), "column of labels; samples are relabeled within equal labels only")(
      "min-size", with_default(o.ranked.sizes.least), "smallest set looked at, in tested genes")(
      "max-size", with_default(o.ranked.sizes.most), "largest set looked at")(
      "weight", with_default(o.ranked.weight), "exponent of the score in the running sum; 0: ranks alone");
  return genes;
}

po::options_description describe_peaks(EnrichOptions& o) {
  po::options_description peaks("Peaks (miura enrich --peaks A --with B --background C)");
  peaks.add_options()("peaks", po::value(&o.peaks)->composing(),
                      "BED or narrowPeak, plain or gzip; several times for several sets")(
      "with", po::value(&o.with)->composing(),
      "BED of islands, probes or other peaks; none: the sets of --peaks with each other")(
      "background", po::value(&o.background), "BED of the regions that were tested: where intervals could have been")(
      "genome", po::value(&o.genome),
      "sizes of chromosomes (name, size): declares the whole genome as background, or checks --background")(
      "null", with_default(o.null),
      "circular: the intervals of a chromosome move on together; shuffle: each by itself")(
      "direction", po::bool_switch(&o.by_direction), "also rising with rising, falling with falling ... intervals")(
      "score-column", with_default(o.score_column), "column of BED whose sign is the direction, counted from 1")(
      "summit-window", with_default(o.summit_window), "bases round the summit that stand for a peak; 0: whole peaks")(
      "hits", po::value(&o.hits), "list of genes whose promoters and bodies are compared with --peaks")(
      "gene-table", po::value(&o.gene_table),
      "where genes are: GTF, or a table with gene, chrom, start, end, strand "
      "(counted from 1, end inside); its genes are the universe of --hits")(
      "upstream", with_default(o.promoter.upstream), "bases of a promoter before the start of the gene")(
      "downstream", with_default(o.promoter.downstream), "bases behind it")(
      "track", po::value(&o.tracks)->composing(),
      "gene whose surroundings are written to gene_tracks.tsv; several times")("flank", with_default(o.flank),
                                                                               "bases on both sides of such a gene");
  return peaks;
}

po::options_description describe(EnrichOptions& o) {
  po::options_description all("miura enrich GENES --sets GMT, or miura enrich --peaks A --with B --background C");
  all.add(describe(o.common, "GENES-enrichment or PEAKS-overlap"));
  all.add(describe_genes(o));
  all.add(describe_peaks(o));
  po::options_description draws("Chance");
  draws.add_options()("permutations", with_default(o.ranked.permutations),
                      "permutations of genes, of samples, and of intervals; no p is below 1 / (this + 1)");
  all.add(draws);
  return all;
}

input::Condition condition_of(const std::string& typed) {
  const auto sign = std::min(typed.find("<="), typed.find(">="));
  const auto bound = sign == std::string::npos ? std::nullopt : input::parse_number(typed.substr(sign + 2));
  if (sign == 0 || !bound || !std::isfinite(*bound))
    throw UsageError(fmt::format("--select is COLUMN<=VALUE or COLUMN>=VALUE, not '{}'", typed));
  return {.column = typed.substr(0, sign), .at_most = typed[sign] == '<', .bound = *bound};
}

void check_genes(EnrichOptions& o) {
  if (o.genes.empty()) throw UsageError("nothing to look at: miura enrich GENES --sets GMT, or --peaks A --with B");
  if (o.sets.empty()) throw UsageError("no gene sets: --sets FILE.gmt");
  for (const auto& typed : o.select) o.table.select.push_back(condition_of(typed));
  const bool is_table = !o.table.score.empty() || !o.select.empty() || !o.table.group.empty();
  if (o.by_lots() != !o.outcome.empty()) throw UsageError("--outcomes and --outcome go together");
  if (o.by_lots() && (is_table || !o.universe.empty()))
    throw UsageError("--outcomes ranks all genes: --score, --select, --by and --universe have no place there");
  if (!o.strata.empty() && !o.by_lots()) throw UsageError("--strata needs --outcomes");
  if (!o.by_lots() && !is_table && o.universe.empty())
    throw UsageError(
        "a list does not tell which genes were tested: give them with --universe, or a table with --select");
  const auto& [least, most] = o.ranked.sizes;
  if (least < 1 || most < least)
    throw UsageError(fmt::format("--min-size is at least 1 and --max-size no less, not {} and {}", least, most));
  if (!(o.ranked.weight >= 0 && o.ranked.weight <= 10))
    throw UsageError(fmt::format("--weight lies between 0 and 10, not {}", o.ranked.weight));
}

void check_peaks(EnrichOptions& o) {
  if (!o.genes.empty() || !o.sets.empty()) throw UsageError("genes with --sets, or --peaks: one at a time");
  o.overlap.placement = chosen<enrichment::Placement>(
      "null", o.null, {{"circular", enrichment::Placement::circular}, {"shuffle", enrichment::Placement::shuffle}});
  const bool compares = !o.with.empty() || o.peaks.size() > 1;
  if (compares && o.background.empty() && o.genome.empty())
    throw UsageError("where could the intervals have been? --background BED, or --genome SIZES for the whole genome");
  if (o.gene_table.empty() && (!o.hits.empty() || !o.tracks.empty()))
    throw UsageError("--hits and --track need --gene-table");
  if (!compares && o.hits.empty() && o.tracks.empty())
    throw UsageError("nothing to compare with: --with, --hits or --track");
  if (o.score_column < 1) throw UsageError("--score-column counts from 1");
  if (o.promoter.upstream < 0 || o.promoter.downstream < 0 || o.flank < 0 || o.summit_window < 0)
    throw UsageError("--upstream, --downstream, --flank and --summit-window are 0 or more");
}

void check(EnrichOptions& o) {
  constexpr std::int64_t most = 1'000'000;
  if (o.ranked.permutations < 0 || o.ranked.permutations > most)
    throw UsageError(fmt::format("--permutations lies between 0 and {}, not {}", most, o.ranked.permutations));
  o.overlap.permutations = o.ranked.permutations;
  o.overlap.seed = o.ranked.seed = o.common.seed;
  o.of_peaks() ? check_peaks(o) : check_genes(o);
}

nlohmann::ordered_json settings_of(const EnrichOptions& o) {
  if (o.of_peaks())
    return {{"null", o.null},
            {"direction", o.by_direction},
            {"score-column", o.score_column},
            {"summit-window", o.summit_window},
            {"upstream", o.promoter.upstream},
            {"downstream", o.promoter.downstream},
            {"track", o.tracks},
            {"flank", o.flank},
            {"permutations", o.overlap.permutations},
            {"seed", o.common.seed}};
  return {{"gene", o.table.gene},
          {"score", o.table.score},
          {"select", o.select},
          {"by", o.table.group},
          {"outcome", o.outcome},
          {"strata", o.strata},
          {"min-size", o.ranked.sizes.least},
          {"max-size", o.ranked.sizes.most},
          {"weight", o.ranked.weight},
          {"permutations", o.ranked.permutations},
          {"seed", o.common.seed}};
}

fs::path folder_of(const EnrichOptions& o) {
  if (!o.common.out.empty()) return o.common.out;
  return fs::path(o.of_peaks() ? o.peaks.front() : o.genes).stem().string() +
         (o.of_peaks() ? "-overlap" : "-enrichment");
}

std::vector<std::uint8_t> page_of(const EnrichOptions& o, std::span<const matrix::Table> tables,
                                  const TablesRecord& record) {
  auto page = enrichment_page(tables);
  page.study = fs::path(o.of_peaks() ? o.peaks.front() : o.genes).filename().string();
  page.warnings = record.warnings;
  for (const auto& [name, value] : record.settings.items())
    page.settings.push_back({name, value.is_string() ? value.get<std::string>() : value.dump()});
  return report::stored(page);
}

}  // namespace

int enrich(MPI_Comm comm, const std::vector<std::string>& arguments) {
  EnrichOptions o;
  o.common.seed = 1;
  const auto options = describe(o);
  po::positional_options_description positional;
  positional.add("genes", 1);
  if (!understand(comm, arguments, options, positional, o.common)) return 0;
  check(o);
  apply(comm, o.common);
  const double started = MPI_Wtime();
  GeneStudy genes;
  PeakStudy peaks;
  parallel::together(comm, [&] {
    if (o.of_peaks())
      peaks = read_peak_study(o);
    else
      genes = read_gene_study(o);
  });
  ResultFolder folder(comm, folder_of(o), "enrich");
  parallel::together(comm, [&] {
    log::start(parallel::rank_of(comm) == 0, log_level(o.common), !o.common.quiet, folder.unfinished_log());
  });
  log::info(fmt::format("miura {} ({}): {} ranks x {} threads", version(), commit(), parallel::size_of(comm),
                        omp_get_max_threads()));
  std::string told;
  const auto tables = o.of_peaks() ? overlap_peaks(comm, o, peaks, told) : enrich_genes(comm, o, genes, told);
  const auto& warnings = o.of_peaks() ? peaks.warnings : genes.warnings;
  for (const auto& warning : warnings) log::warn(warning);
  TablesRecord record{
      .settings = settings_of(o), .inputs = o.of_peaks() ? peaks.inputs : genes.inputs, .warnings = warnings};
  if (parallel::rank_of(comm) == 0) record.page = page_of(o, tables, record);
  record.seconds = MPI_Wtime() - started;
  folder.publish(tables, record);
  if (!o.common.quiet) print(comm, told);
  return 0;
}

}  // namespace miura::app
