#include "transfer/nearest_votes.hpp"

#include <algorithm>
#include <limits>

#include "miura/parallel/communicator.hpp"
#include "miura/parallel/requested_rows.hpp"

namespace miura::transfer {

LabelScores nearest_votes(MPI_Comm comm, const Reference& reference, const matrix::Neighbors& near) {
  constexpr std::int64_t cells_a_round = 65'536;  // so that what is fetched does not grow with the lot
  const auto n = near.n_local();
  const std::int64_t n_labels = reference.n_labels, k = near.k;
  LabelScores result{std::vector<double>(n * n_labels), std::vector<std::int32_t>(n)};
  const auto most = parallel::max_over_ranks(comm, n);
  for (std::int64_t from = 0; from < most; from += cells_a_round) {
    const auto first = std::min(from, n), last = std::min(from + cells_a_round, n);
    const parallel::RequestedRows<std::int32_t> label(comm, reference.scores.points, reference.label, 1,
                                                      std::span(near.id).subspan(first * k, (last - first) * k));
    for (auto i = first; i < last; ++i) {
      const auto share = std::span(result.share).subspan(i * n_labels, n_labels);
      std::int64_t votes = 0;
      for (auto at = i * k; at < (i + 1) * k && near.id[at] >= 0; ++at, ++votes) share[label[near.id[at]][0]] += 1;
      for (auto& s : share) s = votes > 0 ? s / static_cast<double>(votes) : std::numeric_limits<double>::quiet_NaN();
    }
  }
  return result;
}

}  // namespace miura::transfer
