#pragma once

#include <mpi.h>

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "miura/markers/rank_sum.hpp"
#include "miura/matrix/cells.hpp"

namespace miura::markers {

/// A nonzero of a gene: the expression's bits over the cluster's 16. Bits of positive floats are ordered as the floats
/// are.
using Entry = std::uint64_t;
inline constexpr int label_bits = 16;

constexpr std::uint32_t key_of(Entry entry) noexcept { return static_cast<std::uint32_t>(entry >> label_bits); }
constexpr double expression_of(Entry entry) noexcept { return std::bit_cast<float>(key_of(entry)); }
constexpr std::int32_t label_of(Entry entry) noexcept { return static_cast<std::int32_t>(entry & 0xFFFF); }

/// The nonzeros of whole genes, over all cells of all ranks that have a label; the order within a gene is any.
struct GeneColumns {
  std::int32_t first_gene = 0;         ///< genes first_gene, first_gene + 1 ...
  std::vector<std::int64_t> start{0};  ///< n_genes + 1, into `entry`
  std::vector<Entry> entry;

  std::int32_t n_genes() const noexcept { return static_cast<std::int32_t>(std::ssize(start)) - 1; }
};

/// Turns cells over ranks into genes over ranks, one block of genes after the other, so that only a block's entries
/// exist twice. Blocks and the owners of genes within them are cut so that ranks sort about equally many nonzeros.
class Transposition {
public:
  /// Collective. The arguments are those of rank_sums() and must outlive this.
  Transposition(MPI_Comm comm, const matrix::DistributedCells& cells, const Expression& expression,
                std::span<const std::int32_t> label, std::int32_t n_genes, std::int64_t entries_at_once);

  bool is_done() const noexcept { return next_block_ == blocks_.size(); }
  /// This rank's genes of the next block; block after block and rank after rank they make up all genes in order. They
  /// may be changed, and stay until the next call. Collective.
  GeneColumns& next_genes();

private:
  /// Genes of a block over ranks: rank r has [owner_start[r], owner_start[r + 1]).
  struct Block {
    std::vector<std::int32_t> owner_start;
  };
  /// Of a cell the keys of small counts, which most are; asked for once, not in every block again.
  using FewKeys = std::array<std::uint32_t, 16>;
  FewKeys few_keys_of(std::int64_t cell) const;
  /// This rank's cells that a thread packs, and those of them that are labelled.
  std::pair<std::int64_t, std::int64_t> cells_of(std::int64_t thread) const;
  template <class Visit>
  void for_each_cell_of(std::int64_t thread, Visit&& visit) const;
  void cut_blocks(std::int32_t n_genes, std::int64_t entries_at_once);
  /// This rank's cells, for the genes of the block.
  void pack(const Block& block);
  /// What the ranks have of my genes of the block. Collective.
  GeneColumns gathered(const Block& block);

  MPI_Comm comm_;
  const matrix::CountRows& counts_;
  const Expression& expression_;
  std::span<const std::int32_t> label_;
  std::vector<std::int64_t> n_counts_;               // of this rank's cells
  std::vector<FewKeys> few_keys_;                    // likewise
  std::vector<std::int64_t> n_packed_;               // nonzeros of each cell
  std::vector<std::vector<std::int64_t>> nonzeros_;  // threads x genes, in the labelled cells of a thread
  std::vector<Block> blocks_;
  std::size_t next_block_ = 0;
  GeneColumns packed_, mine_;  // of my cells; of all cells, where there are other ranks
};

}  // namespace miura::markers
