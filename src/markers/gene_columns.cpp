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
      few_keys_(label.size()) {
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
  const auto enough = std::max<std::int64_t>(2'000'000, 64 * cells.partition.size() / parallel::size_of(comm));
  cut_blocks(n_genes, entries_at_once > 0 ? entries_at_once : enough);
}

Transposition::FewKeys Transposition::few_keys_of(std::int64_t cell) const {
  FewKeys keys{};
  for (std::uint32_t count = 1; count < keys.size() && n_counts_[cell] > 0; ++count)
    keys[count] = std::bit_cast<std::uint32_t>(expression_(count, n_counts_[cell]));
  return keys;
}

template <class Visit>
void Transposition::for_each_cell_of(std::int64_t thread, Visit&& visit) const {
  const auto n = std::ssize(label_), threads = std::ssize(nonzeros_);
  for (auto i = n * thread / threads; i < n * (thread + 1) / threads; ++i)
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

Transposition::Packed Transposition::pack(std::int32_t begin, std::int32_t end) const {
  const std::int64_t n_genes = end - begin, threads = std::ssize(nonzeros_);
  std::vector<std::vector<std::int64_t>> next(threads, std::vector<std::int64_t>(n_genes));  // where entries go
  Packed packed;
  packed.start.resize(n_genes + 1);
  std::int64_t at = 0;
  for (std::int64_t g = 0; g < n_genes; ++g) {
    packed.start[g] = at;
    for (std::int64_t t = 0; t < threads; ++t) {
      next[t][g] = at;
      at += nonzeros_[t][begin + g];
    }
  }
  packed.start[n_genes] = at;
  packed.entry.resize(at);

#pragma omp parallel for schedule(static, 1)
  for (std::int64_t t = 0; t < threads; ++t) {
    const std::span place = next[t];
    const std::span entry = packed.entry;
    for_each_cell_of(t, [&, place, entry](std::int64_t i) {
      const auto& few = few_keys_[i];
      const auto key = [&](std::uint32_t count) {
        return count < few.size() ? few[count] : std::bit_cast<std::uint32_t>(expression_(count, n_counts_[i]));
      };
      const auto label = static_cast<Entry>(label_[i]);
      counts_.for_each(i, begin, end, [&, place, entry](std::int32_t gene, std::uint32_t count) {
        entry[place[gene - begin]++] = (Entry{key(count)} << label_bits) | label;
      });
    });
  }
  return packed;
}

GeneColumns Transposition::genes_of_block(std::int64_t number) const {
  const auto& owner_start = blocks_[number].owner_start;
  const int rank = parallel::rank_of(comm_), ranks = parallel::size_of(comm_);
  const auto first = owner_start.front();
  auto packed = pack(first, owner_start.back());
  GeneColumns mine{.first_gene = owner_start[rank], .start = {}, .entry = {}};
  if (ranks == 1) {
    mine.start = std::move(packed.start);
    mine.entry = std::move(packed.entry);
    return mine;
  }

  std::vector<std::vector<std::int64_t>> counts(ranks);
  std::vector<std::vector<Entry>> entries(ranks);
  for (int r = 0; r < ranks; ++r) {
    const auto from = owner_start[r] - first, to = owner_start[r + 1] - first;
    for (auto g = from; g < to; ++g) counts[r].push_back(packed.start[g + 1] - packed.start[g]);
    entries[r].assign(packed.entry.begin() + packed.start[from], packed.entry.begin() + packed.start[to]);
  }
  packed = {};
  counts = parallel::exchange(comm_, counts);
  entries = parallel::exchange(comm_, entries);

  const std::int64_t n_genes = owner_start[rank + 1] - owner_start[rank];
  mine.start.assign(n_genes + 1, 0);
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
