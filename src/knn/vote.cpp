#include "miura/knn/vote.hpp"

#include <algorithm>
#include <stdexcept>

#include "knn/row_request.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::knn {

namespace {

/// Counts the votes of one query after another.
class BallotBox {
public:
  explicit BallotBox(std::int32_t n_labels) : votes_(n_labels) {}

  /// `labels` in order of distance; the first vote of a label is that of its nearest member.
  std::int32_t winner(std::span<const std::int32_t> labels, std::span<const float> distances) {
    for (const auto label : labels) ++votes_[label];
    std::int32_t best = -1;
    float best_distance = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto label = labels[i];
      const bool wins = best < 0 || votes_[label] > votes_[best] ||
                        (votes_[label] == votes_[best] && distances[i] == best_distance && label < best);
      if (!wins) continue;
      best = label;
      best_distance = distances[i];
    }
    for (const auto label : labels) votes_[label] = 0;
    return best;
  }

private:
  std::vector<std::int32_t> votes_;
};

}  // namespace

std::vector<std::int32_t> vote(MPI_Comm comm, const matrix::Neighbors& queries_to_points,
                               const parallel::Partition& points, std::span<const std::int32_t> label_of_my_points,
                               std::int32_t n_labels) {
  constexpr std::int64_t queries_a_round = 65'536;
  const int rank = parallel::rank_of(comm);
  parallel::together(comm, [&] {
    if (std::ssize(label_of_my_points) != points.n_local(rank)) throw std::logic_error("not a label for every point");
    if (!std::ranges::all_of(label_of_my_points, [&](std::int32_t label) { return 0 <= label && label < n_labels; }))
      throw std::logic_error("a label that is not in the range of labels");
  });

  const auto k = queries_to_points.k;
  std::vector<std::int32_t> elected;
  elected.reserve(queries_to_points.n_local());
  BallotBox box(n_labels);
  std::vector<std::int32_t> labels;
  in_rounds(comm, queries_to_points.n_local(), queries_a_round, [&](std::int64_t from, std::int64_t to) {
    std::vector<std::int64_t> wanted;
    for (auto at = from * k; at < to * k; ++at)
      if (queries_to_points.id[at] >= 0) wanted.push_back(queries_to_points.id[at]);
    const RowRequest request(comm, points, std::move(wanted));
    std::vector<std::vector<std::int32_t>> answers;
    for (const auto& rows : request.asked()) {
      auto& answer = answers.emplace_back();
      for (const auto row : rows) answer.push_back(label_of_my_points[row - points.begin(rank)]);
    }
    const auto label = joined(parallel::exchange(comm, answers));
    for (auto q = from; q < to; ++q) {
      labels.clear();
      for (auto at = q * k; at < (q + 1) * k && queries_to_points.id[at] >= 0; ++at)
        labels.push_back(label[request.position(queries_to_points.id[at])]);
      elected.push_back(box.winner(labels, std::span(queries_to_points.distance).subspan(q * k, k)));
    }
  });
  return elected;
}

}  // namespace miura::knn
