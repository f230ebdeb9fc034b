#include "miura/qc/reference.hpp"

#include <algorithm>
#include <string>
#include <tuple>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace miura::qc {

namespace {

/// A cell's place in the order by which a lot's reference is drawn.
struct Ticket {
  std::uint64_t hash = 0;
  std::int64_t cell = 0;  ///< global index
  std::int32_t lot = 0;

  bool operator<=(const Ticket& other) const noexcept {
    return std::tie(hash, cell) <= std::tie(other.hash, other.cell);
  }
  bool operator<(const Ticket& other) const noexcept { return std::tie(hash, cell) < std::tie(other.hash, other.cell); }
};

std::int64_t median_size(const std::vector<std::int64_t>& lot_size, const matrix::Lots& lots) {
  std::vector<std::int64_t> sizes;
  for (std::size_t l = 0; l < lots.size(); ++l)
    if (lots[l].role == "train" && lot_size[l] > 0) sizes.push_back(lot_size[l]);
  if (sizes.empty()) throw InputError({}, "no lot with role train has a cell after the quality control");
  std::ranges::sort(sizes);
  const auto n = std::ssize(sizes);
  return (sizes[(n - 1) / 2] + sizes[n / 2]) / 2;
}

/// The last ticket that is drawn of every lot of which only `limit` cells are drawn; one entry such a lot, on every
/// rank. Lot l is judged by rank l modulo the number of ranks.
std::vector<Ticket> last_drawn(MPI_Comm comm, const std::vector<Ticket>& tickets, std::int32_t n_lots,
                               std::int64_t limit) {
  const int ranks = parallel::size_of(comm);
  std::vector<std::vector<std::int64_t>> send(ranks);  // hash, cell, lot
  for (const auto& t : tickets)
    send[t.lot % ranks].insert(send[t.lot % ranks].end(), {static_cast<std::int64_t>(t.hash), t.cell, t.lot});
  std::vector<std::vector<Ticket>> of_lot(n_lots);
  for (const auto& part : parallel::exchange(comm, send))
    for (std::int64_t at = 0; at < std::ssize(part); at += 3) {
      const auto lot = static_cast<std::int32_t>(part[at + 2]);
      of_lot[lot].push_back({static_cast<std::uint64_t>(part[at]), part[at + 1], lot});
    }
  std::vector<std::int64_t> last;
  for (auto& lot : of_lot) {
    if (lot.empty()) continue;
    std::ranges::nth_element(lot, lot.begin() + (limit - 1), std::less<>{});
    const auto& t = lot[limit - 1];
    last.insert(last.end(), {static_cast<std::int64_t>(t.hash), t.cell, t.lot});
  }
  const auto all = parallel::gather_everywhere<std::int64_t>(comm, last);
  std::vector<Ticket> drawn;
  for (std::int64_t at = 0; at < std::ssize(all); at += 3)
    drawn.push_back({static_cast<std::uint64_t>(all[at]), all[at + 1], static_cast<std::int32_t>(all[at + 2])});
  return drawn;
}

}  // namespace

ReferenceCells reference_cells(MPI_Comm comm, const matrix::DistributedCells& cells, const matrix::Lots& lots,
                               const ReferenceOptions& options) {
  const auto n_lots = static_cast<std::int32_t>(lots.size());
  const auto& lot = cells.mine.lot;
  std::vector<std::int64_t> lot_size(n_lots);
  for (const auto l : lot) ++lot_size[l];
  parallel::sum_over_ranks(comm, lot_size);
  const auto median = median_size(lot_size, lots);  // also checks that there is something to draw from

  ReferenceCells reference;
  reference.cells_per_lot = options.cells_per_lot > 0 ? options.cells_per_lot : median;
  reference.mark.assign(cells.mine.n_cells(), 0);
  const auto first = cells.partition.begin(parallel::rank_of(comm));
  std::vector<Ticket> tickets;  // of lots with more cells than are drawn
  for (std::int64_t i = 0; i < cells.mine.n_cells(); ++i) {
    if (lots[lot[i]].role != "train") continue;
    reference.mark[i] = 1;
    if (lot_size[lot[i]] <= reference.cells_per_lot) continue;
    tickets.push_back(
        {stats::hash_text(options.seed, lots[lot[i]].id + '\0' + cells.mine.barcode[i]), first + i, lot[i]});
  }
  std::vector<Ticket> last(n_lots);
  for (const auto& t : last_drawn(comm, tickets, n_lots, reference.cells_per_lot)) last[t.lot] = t;
  for (const auto& t : tickets) reference.mark[t.cell - first] = t <= last[t.lot] ? 1 : 0;
  reference.n_cells = parallel::sum_over_ranks(comm, std::int64_t{std::ranges::count(reference.mark, 1)});
  return reference;
}

}  // namespace miura::qc
