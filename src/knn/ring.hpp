#pragma once

#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "miura/knn/search.hpp"
#include "miura/matrix/embedding.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::knn {

/// Consecutive points of one rank.
struct Piece {
  std::int64_t first = 0;  ///< global index of the first
  std::int64_t size = 0;
  std::span<const float> rows;  ///< size x n_dims, row-major

  const float* row(std::int64_t position, std::int32_t n_dims) const noexcept {
    return rows.data() + position * n_dims;
  }
};

/// Shows every rank the points of all ranks, piece after piece: each begins with its own, reads it while it is on its
/// way to the rank below, and goes on with what came from the rank above. No rank holds more than two pieces of
/// others. Points that fit into one piece are one: what is found in a piece has to be ranked, and small ones cost more
/// in that than they save. Calls visit(piece, progress); `progress()` lets MPI carry on with the transfer and is to be
/// called now and then by the thread that initialised MPI. `safe_point`, where there is one, is called by all ranks
/// while nothing is on its way. Collective.
template <class Visit>
void for_each_piece(MPI_Comm comm, const matrix::Embedding& points, const SearchOptions& options, Visit&& visit) {
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  const auto dims = points.n_dims;
  const auto& part = points.points;
  const std::int64_t per_piece = std::max<std::int64_t>(options.coordinates_a_piece / std::max(dims, 1), 1);
  if (ranks > 1 && part.size() <= per_piece) {
    const auto all = parallel::gather_everywhere<float>(comm, points.value);
    if (part.size() > 0) visit(Piece{0, part.size(), all}, [] {});
    return;
  }
  std::int64_t most = 0;
  for (int r = 0; r < ranks; ++r) most = std::max(most, part.n_local(r));

  std::vector<float> coming, present;
  for (std::int64_t from = 0; from < most; from += per_piece) {
    if (from > 0 && options.safe_point != nullptr) options.safe_point(comm);
    const auto piece_of = [&](int owner) {
      const auto size = std::clamp<std::int64_t>(part.n_local(owner) - from, 0, per_piece);
      return Piece{part.begin(owner) + from, size, {}};
    };
    Piece piece = piece_of(rank);
    if (piece.size > 0) piece.rows = std::span(points.value).subspan(from * dims, piece.size * dims);
    for (int step = 0; step < ranks; ++step) {
      MPI_Request transfer[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};
      const Piece next = piece_of((rank + step + 1) % ranks);
      if (step + 1 < ranks) {
        coming.resize(next.size * dims);
        MPI_Irecv(coming.data(), static_cast<int>(coming.size()), MPI_FLOAT, (rank + 1) % ranks, 0, comm, &transfer[0]);
        MPI_Isend(piece.rows.data(), static_cast<int>(piece.rows.size()), MPI_FLOAT, (rank + ranks - 1) % ranks, 0,
                  comm, &transfer[1]);
      }
      if (piece.size > 0)
        visit(std::as_const(piece), [&] {
          int done = 0;
          MPI_Testall(2, transfer, &done, MPI_STATUSES_IGNORE);
        });
      MPI_Waitall(2, transfer, MPI_STATUSES_IGNORE);
      std::swap(coming, present);
      piece = {next.first, next.size, present};
    }
  }
}

}  // namespace miura::knn
