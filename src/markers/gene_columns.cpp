#include "gene_columns.hpp"

#include <omp.h>

#include <algorithm>
#include <bit>

#include "miura/parallel/communicator.hpp"

namespace miura::markers {

Transposition::Transposition(MPI_Comm comm, const matrix::DistributedCells& cells, const Expression& expression,
                             std::span<const std::int32_t> label, std::int32_t n_genes, std::int64_t entries_at_once)
    : comm_(comm),
      counts_(cells.mine.counts),
      expression_(expression),
      label_(label),
      n_counts_(label.size()),
      few_keys_(label.size()),
      n_packed_(label.size()) {
  nonzeros_.assign(omp_get_max_threads(), std::vector<std::int64_t>(n_genes));
#pragma omp parallel for schedule(static, 1)
  for (std::int64_t t = 0; t < std::ssize(nonzeros_); ++t) {
    const std::span nonzeros = nonzeros_[t];
    for_each_cell_of(t, [&, nonzeros](std::int64_t i) {
      n_counts_[i] = counts_.sum(i);
      few_keys_[i] = few_keys_of(i);
      counts_.for_each_column(i, [nonzeros](std::int32_t gene) { ++nonzeros[gene]; });
    });
  }
  const auto enough = std::max<std::int64_t>(1'000'000, 32 * cells.partition.size() / parallel::size_of(comm));
  cut_blocks(n_genes, entries_at_once > 0 ? entries_at_once : enough);
}

Transposition::FewKeys Transposition::few_keys_of(std::int64_t cell) const {
  FewKeys keys{};
  for (std::uint32_t count = 1; count < keys.size() && n_counts_[cell] > 0; ++count)
    keys[count] = std::bit_cast<std::uint32_t>(expression_(count, n_counts_[cell]));
  return keys;
}

std::pair<std::int64_t, std::int64_t> Transposition::cells_of(std::int64_t thread) const {
  const auto n = std::ssize(label_), threads = std::ssize(nonzeros_);
  return {n * thread / threads, n * (thread + 1) / threads};
}

template <class Visit>
void Transposition::for_each_cell_of(std::int64_t thread, Visit&& visit) const {
  const auto [begin, end] = cells_of(thread);
  for (auto i = begin; i < end; ++i)
    if (label_[i] >= 0) visit(i);
}

void Transposition::cut_blocks(std::int32_t n_genes, std::int64_t entries_at_once) {
  std::vector<std::int64_t> before(n_genes + 1);  // nonzeros of all lower genes, over all ranks
  for (const auto& nonzeros : nonzeros_)
    for (std::int32_t g = 0; g < n_genes; ++g) before[g + 1] += nonzeros[g];
  parallel::sum_over_ranks(comm_, before);
  for (std::int32_t g = 0; g < n_genes; ++g) before[g + 1] += before[g];

  const int ranks = parallel::size_of(comm_);
  const auto most = entries_at_once * ranks;
  for (std::int32_t begin = 0; begin < n_genes;) {
    const auto after = std::upper_bound(before.begin() + begin + 1, before.end(), before[begin] + most);
    const auto end = std::max(begin + 1, static_cast<std::int32_t>(after - before.begin()) - 1);  // one gene at least
    auto& block = blocks_.emplace_back();
    for (int r = 0; r <= ranks; ++r) {
      const auto wanted = before[begin] + (before[end] - before[begin]) / ranks * r;
      const auto cut = std::lower_bound(before.begin() + begin, before.begin() + end, wanted);
      block.owner_start.push_back(r < ranks ? static_cast<std::int32_t>(cut - before.begin()) : end);
    }
    begin = end;
  }
}

void Transposition::pack(const Block& block) {
  const auto first = block.owner_start.front(), end = block.owner_start.back();
  const std::int64_t n_genes = end - first, threads = std::ssize(nonzeros_);
  std::vector<std::vector<std::int64_t>> next(threads, std::vector<std::int64_t>(n_genes));  // where entries go
  packed_.first_gene = first;
  packed_.start.resize(n_genes + 1);
  std::int64_t at = 0;
  for (std::int64_t g = 0; g < n_genes; ++g) {
    packed_.start[g] = at;
    for (std::int64_t t = 0; t < threads; ++t) {
      next[t][g] = at;
      at += nonzeros_[t][first + g];
    }
  }
  packed_.start[n_genes] = at;
  packed_.entry.resize(at);

#pragma omp parallel for schedule(static, 1)
  for (std::int64_t t = 0; t < threads; ++t) {
    const std::span place = next[t];
    const std::span entry = packed_.entry;
    const auto last = cells_of(t).second - 1;
    for_each_cell_of(t, [&, place, entry](std::int64_t i) {
      const auto ahead = std::min(i + 8, last);  // rows lie too far apart to be foreseen
      counts_.prefetch(ahead, n_packed_[ahead]);
      const auto& few = few_keys_[i];
      const auto key = [&](std::uint32_t count) {
        return count < few.size() ? few[count] : std::bit_cast<std::uint32_t>(expression_(count, n_counts_[i]));
      };
      const auto label = static_cast<Entry>(label_[i]);
      const auto enter = [&, place, entry](std::int32_t gene, std::uint32_t count) {
        entry[place[gene - first]++] = (Entry{key(count)} << label_bits) | label;
      };
      n_packed_[i] = counts_.for_each_below(i, n_packed_[i], end, enter);
    });
  }
}

GeneColumns& Transposition::next_genes() {
  mine_ = {};
  const auto& block = blocks_[next_block_++];
  pack(block);
  if (parallel::size_of(comm_) == 1) return packed_;
  return mine_ = gathered(block);
}

GeneColumns Transposition::gathered(const Block& block) {
  const auto& owner_start = block.owner_start;
  const int rank = parallel::rank_of(comm_), ranks = parallel::size_of(comm_);
  const auto first = owner_start.front();
  std::vector<std::vector<std::int64_t>> counts(ranks);
  std::vector<std::vector<Entry>> entries(ranks);
  for (int r = 0; r < ranks; ++r) {
    const auto from = owner_start[r] - first, to = owner_start[r + 1] - first;
    for (auto g = from; g < to; ++g) counts[r].push_back(packed_.start[g + 1] - packed_.start[g]);
    entries[r].assign(packed_.entry.begin() + packed_.start[from], packed_.entry.begin() + packed_.start[to]);
  }
  packed_ = {};
  counts = parallel::exchange(comm_, counts);
  entries = parallel::exchange(comm_, entries);

  const std::int64_t n_genes = owner_start[rank + 1] - owner_start[rank];
  GeneColumns mine{.first_gene = owner_start[rank], .start = std::vector<std::int64_t>(n_genes + 1), .entry = {}};
  for (std::int64_t g = 0; g < n_genes; ++g) {
    mine.start[g + 1] = mine.start[g];
    for (const auto& of_rank : counts) mine.start[g + 1] += of_rank[g];
  }
  mine.entry.resize(mine.start.back());
  auto to = mine.entry.begin();
  std::vector<std::int64_t> from(ranks);
  for (std::int64_t g = 0; g < n_genes; ++g)
    for (int r = 0; r < ranks; ++r) {
      to = std::copy_n(entries[r].begin() + from[r], counts[r][g], to);
      from[r] += counts[r][g];
    }
  return mine;
}

}  // namespace miura::markers
