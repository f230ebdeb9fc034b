#include "miura/normalize/variable_genes.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <tuple>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/loess.hpp"
#include "miura/stats/median.hpp"

namespace miura::normalize {

namespace {

__extension__ using Wide = __int128;  // products of sums

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The reference cells of some batches that follow one another: each cell's batch among these, -1 for other cells.
class CellsOfBatches {
public:
  CellsOfBatches(std::span<const std::int32_t> lot, std::span<const std::uint8_t> reference,
                 std::span<const std::int32_t> batch_of_lot, std::int32_t first, std::int32_t n)
      : lot_(lot), reference_(reference), batch_of_lot_(batch_of_lot), first_(first), n_(n) {}

  std::int32_t n_batches() const noexcept { return n_; }
  std::int32_t batch_of(std::int64_t cell) const noexcept {
    const auto batch = batch_of_lot_[lot_[cell]] - first_;
    return reference_[cell] && 0 <= batch && batch < n_ ? batch : -1;
  }

private:
  std::span<const std::int32_t> lot_;
  std::span<const std::uint8_t> reference_;
  std::span<const std::int32_t> batch_of_lot_;
  std::int32_t first_, n_;
};

/// Integer sums of the reference cells, batches x genes, on every rank.
struct Sums {
  std::int64_t n_genes = 0;
  std::vector<std::int64_t> cells;    ///< per batch
  std::vector<std::int64_t> sum;      ///< of the counts
  std::vector<std::int64_t> squares;  ///< of the counts squared
  std::vector<std::int64_t> clipped;  ///< how many counts were above the limit, and are in neither sum

  std::span<const std::int64_t> batch(const std::vector<std::int64_t>& values, std::int64_t b) const {
    return std::span(values).subspan(b * n_genes, n_genes);
  }
};

/// One thread's sums of the batch that it is in; cells come lot by lot, so batches change seldom.
struct BatchSums {
  std::int32_t batch = -1;
  std::vector<std::int64_t> sum, squares, clipped;

  explicit BatchSums(std::int64_t n_genes) : sum(n_genes), squares(n_genes), clipped(n_genes) {}

  /// Adds what was gathered to the sums of all threads, and begins with another batch.
  void move_to(std::int32_t next, Sums& all) {
    if (batch >= 0) {
#pragma omp critical(miura_variable_genes)
      for (std::int64_t g = 0; g < all.n_genes; ++g) {
        all.sum[batch * all.n_genes + g] += sum[g];
        all.squares[batch * all.n_genes + g] += squares[g];
        all.clipped[batch * all.n_genes + g] += clipped[g];
      }
      std::ranges::fill(sum, 0);
      std::ranges::fill(squares, 0);
      std::ranges::fill(clipped, 0);
    }
    batch = next;
  }
};

/// The sums of all counts up to `limit` (batches x genes; empty: no limit). Collective.
Sums sums_up_to(MPI_Comm comm, const matrix::CellBlock& mine, std::int64_t n_genes, const CellsOfBatches& of,
                const std::vector<double>& limit) {
  Sums all{n_genes, std::vector<std::int64_t>(of.n_batches()), {}, {}, {}};
  for (auto* values : {&all.sum, &all.squares, &all.clipped}) values->assign(of.n_batches() * n_genes, 0);
  for (std::int64_t i = 0; i < mine.n_cells(); ++i)
    if (const auto batch = of.batch_of(i); batch >= 0) ++all.cells[batch];
#pragma omp parallel
  {
    BatchSums part(n_genes);
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < mine.counts.n_rows(); ++i) {
      const auto batch = of.batch_of(i);
      if (batch < 0) continue;
      if (batch != part.batch) part.move_to(batch, all);
      const double* const most = limit.empty() ? nullptr : limit.data() + batch * n_genes;
      mine.counts.for_each(i, [&](std::int32_t gene, std::uint32_t count) {
        if (most != nullptr && count > most[gene]) {
          ++part.clipped[gene];
          return;
        }
        part.sum[gene] += count;
        part.squares[gene] += std::int64_t{count} * count;
      });
    }
    part.move_to(-1, all);
  }
  for (auto* values : {&all.cells, &all.sum, &all.squares, &all.clipped}) parallel::sum_over_ranks(comm, *values);
  return all;
}

double mean_of(std::int64_t sum, std::int64_t n) { return static_cast<double>(sum) / static_cast<double>(n); }

/// n (n - 1) times the variance; 0 for a constant gene, exactly.
double spread(std::int64_t sum, std::int64_t squares, std::int64_t n) {
  return static_cast<double>(Wide{n} * squares - Wide{sum} * sum);
}

double variance_of(std::int64_t sum, std::int64_t squares, std::int64_t n) {
  return n > 1 ? spread(sum, squares, n) / (static_cast<double>(n) * static_cast<double>(n - 1)) : not_a_number;
}

/// The standard deviation that loess expects of each gene of a batch, given its mean; 1 for constant genes, as scanpy.
std::vector<double> expected_sd(const Sums& sums, std::int64_t b, double span) {
  const auto sum = sums.batch(sums.sum, b), squares = sums.batch(sums.squares, b);
  std::vector<std::int64_t> varying;
  std::vector<double> log_mean, log_variance;
  for (std::int64_t g = 0; g < sums.n_genes; ++g) {
    if (sums.cells[b] < 2 || spread(sum[g], squares[g], sums.cells[b]) <= 0) continue;
    varying.push_back(g);
    log_mean.push_back(std::log10(mean_of(sum[g], sums.cells[b])));
    log_variance.push_back(std::log10(variance_of(sum[g], squares[g], sums.cells[b])));
  }
  const auto fitted = stats::loess(log_mean, log_variance, {.span = span});
  std::vector<double> sd(sums.n_genes, 1.0);
  for (std::int64_t v = 0; v < std::ssize(varying); ++v) sd[varying[v]] = std::sqrt(std::pow(10.0, fitted[v]));
  return sd;
}

/// expected_sd of all batches, batches x genes, on every rank. Batch b is fitted by rank b modulo the number of ranks.
std::vector<double> expected_sd_of_batches(MPI_Comm comm, const Sums& sums, double span) {
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  const auto n_batches = std::ssize(sums.cells), n_mine = (n_batches - rank + ranks - 1) / ranks;
  std::vector<double> mine(n_mine * sums.n_genes);
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t k = 0; k < n_mine; ++k)
    std::ranges::copy(expected_sd(sums, rank + k * ranks, span), mine.begin() + k * sums.n_genes);
  const auto gathered = parallel::gather_everywhere<double>(comm, mine);  // rank 0's batches, rank 1's ...
  std::vector<double> sd(gathered.size());
  auto from = gathered.begin();
  for (int r = 0; r < ranks; ++r)
    for (std::int64_t b = r; b < n_batches; b += ranks, from += sums.n_genes)
      std::copy_n(from, sums.n_genes, sd.begin() + b * sums.n_genes);
  return sd;
}

/// The variance of a batch's clipped counts about the mean of the counts, over the expected one; 0 for constant genes.
std::vector<double> standardized_variance(const Sums& whole, const Sums& unclipped, std::int64_t b,
                                          std::span<const double> sd, std::span<const double> limit) {
  const auto n = static_cast<double>(whole.cells[b]);
  const auto raw = whole.batch(whole.sum, b), raw_squares = whole.batch(whole.squares, b);
  const auto sum = unclipped.batch(unclipped.sum, b), squares = unclipped.batch(unclipped.squares, b);
  const auto clipped = unclipped.batch(unclipped.clipped, b);
  std::vector<double> variance(whole.n_genes);
  for (std::int64_t g = 0; g < whole.n_genes; ++g) {
    if (spread(raw[g], raw_squares[g], whole.cells[b]) <= 0) continue;
    const double mean = mean_of(raw[g], whole.cells[b]), above = static_cast<double>(clipped[g]);
    const double all_sum = static_cast<double>(sum[g]) + above * limit[g];
    const double all_squares = static_cast<double>(squares[g]) + above * (limit[g] * limit[g]);
    variance[g] = 1 / ((n - 1) * (sd[g] * sd[g])) * (n * (mean * mean) + all_squares - 2 * all_sum * mean);
  }
  return variance;
}

/// The first `most` genes by falling variance; constant genes are not among them.
std::vector<std::int32_t> most_variable(std::span<const double> variance, std::int32_t most) {
  std::vector<std::int32_t> genes;
  for (std::int32_t g = 0; g < std::ssize(variance); ++g)
    if (variance[g] > 0) genes.push_back(g);
  std::ranges::stable_sort(genes, std::ranges::greater{}, [&](std::int32_t g) { return variance[g]; });
  genes.resize(std::min<std::size_t>(genes.size(), most));
  return genes;
}

/// The merged choice; ties go to the lower column.
void select(VariableGenes& genes, const VariableGenesOptions& options) {
  for (std::int32_t g = 0; g < std::ssize(genes.rank); ++g)
    if (genes.n_batches[g] > 0) genes.selected.push_back(g);
  std::ranges::sort(genes.selected, {}, [&](std::int32_t g) {
    const double batches = -genes.n_batches[g], rank = genes.rank[g];
    return options.batches_first ? std::tuple(batches, rank, g) : std::tuple(rank, batches, g);
  });
  genes.selected.resize(std::min<std::size_t>(genes.selected.size(), options.n_genes));
  std::ranges::sort(genes.selected);
  genes.highly_variable.assign(genes.rank.size(), 0);
  for (const auto g : genes.selected) genes.highly_variable[g] = 1;
}

/// Sums of squares stay below 2^62 in all, so that each is exact and n times it fits into 128 bits. Collective.
void check_range(MPI_Comm comm, const matrix::CellBlock& mine, std::int64_t n_cells) {
  std::int64_t largest = 0;
  for (std::int64_t i = 0; i < mine.counts.n_rows(); ++i)
    mine.counts.for_each(i,
                         [&](std::int32_t, std::uint32_t count) { largest = std::max<std::int64_t>(largest, count); });
  largest = parallel::max_over_ranks(comm, largest);
  if (Wide{largest} * largest * n_cells >= Wide{1} << 62)
    throw InputError({}, "a count of " + std::to_string(largest) + " is too large for UMI counts of " +
                             std::to_string(n_cells) + " cells");
}

/// What all batches say of the genes together, batch after batch.
class OverBatches {
public:
  explicit OverBatches(std::int64_t n_genes)
      : sum_(n_genes), squares_(n_genes), standardized_(n_genes), ranks_(n_genes) {}

  void add_moments(const Sums& sums) {
    for (std::int64_t b = 0; b < std::ssize(sums.cells); ++b) {
      n_cells_ += sums.cells[b];
      std::ranges::transform(sum_, sums.batch(sums.sum, b), sum_.begin(), std::plus<>());
      std::ranges::transform(squares_, sums.batch(sums.squares, b), squares_.begin(), std::plus<>());
    }
  }

  /// The standardized variances of a batch; the first `most` of them choose genes.
  void add_batch(std::span<const double> variance, std::int32_t most) {
    ++n_batches_;
    const auto first = most_variable(variance, most);
    for (std::int32_t r = 0; r < std::ssize(first); ++r) ranks_[first[r]].push_back(r);
    std::ranges::transform(standardized_, variance, standardized_.begin(), std::plus<>());
  }

  VariableGenes merged(const VariableGenesOptions& options) const {
    VariableGenes genes;
    for (std::size_t g = 0; g < ranks_.size(); ++g) {
      genes.mean.push_back(mean_of(sum_[g], n_cells_));
      genes.variance.push_back(variance_of(sum_[g], squares_[g], n_cells_));
      genes.variance_standardized.push_back(standardized_[g] / static_cast<double>(n_batches_));
      genes.n_batches.push_back(static_cast<std::int32_t>(std::ssize(ranks_[g])));
      genes.rank.push_back(stats::median({ranks_[g].begin(), ranks_[g].end()}));
    }
    select(genes, options);
    return genes;
  }

private:
  std::int64_t n_cells_ = 0, n_batches_ = 0;  // batches with a variance
  std::vector<std::int64_t> sum_, squares_;
  std::vector<double> standardized_;
  std::vector<std::vector<std::int32_t>> ranks_;  // of each gene, in the batches that choose it
};

/// Adds what a round of batches says. Collective.
void add_batches(MPI_Comm comm, const matrix::CellBlock& mine, std::int64_t n_columns, const CellsOfBatches& of,
                 const VariableGenesOptions& options, OverBatches& over_batches) {
  const auto whole = sums_up_to(comm, mine, n_columns, of, {});
  over_batches.add_moments(whole);
  const auto sd = expected_sd_of_batches(comm, whole, options.span);
  std::vector<double> limit(sd.size());
  for (std::int64_t b = 0; b < of.n_batches(); ++b)
    for (std::int64_t g = b * n_columns; g < (b + 1) * n_columns; ++g)
      limit[g] = sd[g] * std::sqrt(static_cast<double>(whole.cells[b])) + mean_of(whole.sum[g], whole.cells[b]);
  const auto unclipped = sums_up_to(comm, mine, n_columns, of, limit);
  for (std::int64_t b = 0; b < of.n_batches(); ++b)
    if (whole.cells[b] >= 2)
      over_batches.add_batch(standardized_variance(whole, unclipped, b, std::span(sd).subspan(b * n_columns, n_columns),
                                                   std::span(limit).subspan(b * n_columns, n_columns)),
                             options.n_genes);
}

}  // namespace

VariableGenes variable_genes(MPI_Comm comm, const matrix::DistributedCells& cells, std::int32_t n_columns,
                             std::span<const std::uint8_t> reference, std::span<const std::int32_t> batch_of_lot,
                             const VariableGenesOptions& options) {
  constexpr std::int32_t batches_a_round = 64;  // so that memory does not grow with their number
  const auto n_batches = batch_of_lot.empty() ? 0 : *std::ranges::max_element(batch_of_lot) + 1;
  check_range(comm, cells.mine, cells.partition.size());
  OverBatches over_batches(n_columns);
  for (std::int32_t first = 0; first < n_batches; first += batches_a_round) {
    const CellsOfBatches of(cells.mine.lot, reference, batch_of_lot, first,
                            std::min(batches_a_round, n_batches - first));
    add_batches(comm, cells.mine, n_columns, of, options, over_batches);
  }
  auto genes = over_batches.merged(options);
  if (genes.selected.empty()) throw InputError({}, "no gene varies over the reference cells of any batch");
  return genes;
}

}  // namespace miura::normalize
