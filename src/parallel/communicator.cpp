#include "miura/parallel/communicator.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace miura::parallel {

namespace {

constexpr std::int64_t piece = std::int64_t{1} << 30;  // bytes of one MPI call, whose counts are int

std::vector<std::byte> pack(const std::vector<std::string>& texts) {
  std::vector<std::byte> bytes;
  for (const auto& text : texts) {
    const std::uint64_t length = text.size();
    const auto head = std::as_bytes(std::span(&length, 1));
    bytes.insert(bytes.end(), head.begin(), head.end());
    const auto body = std::as_bytes(std::span(text));
    bytes.insert(bytes.end(), body.begin(), body.end());
  }
  return bytes;
}

std::vector<std::string> unpack(std::span<const std::byte> bytes) {
  std::vector<std::string> texts;
  while (!bytes.empty()) {
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    bytes = bytes.subspan(sizeof length);
    texts.emplace_back(reinterpret_cast<const char*>(bytes.data()), length);
    bytes = bytes.subspan(length);
  }
  return texts;
}

/// In place, in pieces below the limit of MPI counts.
template <class T>
void reduce_in_pieces(MPI_Comm comm, std::span<T> values, MPI_Op op) {
  constexpr std::int64_t most = piece / static_cast<std::int64_t>(sizeof(T));
  for (std::int64_t from = 0; from < std::ssize(values); from += most)
    MPI_Allreduce(MPI_IN_PLACE, values.data() + from, static_cast<int>(std::min(most, std::ssize(values) - from)),
                  mpi_type<T>(), op, comm);
}

/// Bytes of all ranks to all ranks, each message cut into pieces below the limit of MPI counts.
std::vector<std::vector<std::byte>> exchange_bytes(MPI_Comm comm, std::span<const std::span<const std::byte>> send) {
  const int ranks = size_of(comm);
  std::vector<std::int64_t> out(ranks), in(ranks);
  for (int r = 0; r < ranks; ++r) out[r] = std::ssize(send[r]);
  MPI_Alltoall(out.data(), 1, MPI_INT64_T, in.data(), 1, MPI_INT64_T, comm);

  std::vector<std::vector<std::byte>> received(ranks);
  std::vector<MPI_Request> requests;
  const auto each_piece = [](std::int64_t bytes, auto&& call) {
    for (std::int64_t from = 0; from < bytes; from += piece)
      call(from, static_cast<int>(std::min(piece, bytes - from)));
  };
  for (int r = 0; r < ranks; ++r) {
    received[r].resize(in[r]);
    each_piece(in[r], [&](std::int64_t from, int bytes) {
      MPI_Irecv(received[r].data() + from, bytes, MPI_BYTE, r, 0, comm, &requests.emplace_back());
    });
  }
  for (int r = 0; r < ranks; ++r)
    each_piece(out[r], [&](std::int64_t from, int bytes) {
      MPI_Isend(send[r].data() + from, bytes, MPI_BYTE, r, 0, comm, &requests.emplace_back());
    });
  MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
  return received;
}

}  // namespace

int rank_of(MPI_Comm comm) {
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  return rank;
}

int size_of(MPI_Comm comm) {
  int size = 0;
  MPI_Comm_size(comm, &size);
  return size;
}

template <>
MPI_Datatype mpi_type<std::int32_t>() {
  return MPI_INT32_T;
}
template <>
MPI_Datatype mpi_type<std::int64_t>() {
  return MPI_INT64_T;
}
template <>
MPI_Datatype mpi_type<std::uint64_t>() {
  return MPI_UINT64_T;
}
template <>
MPI_Datatype mpi_type<float>() {
  return MPI_FLOAT;
}
template <>
MPI_Datatype mpi_type<double>() {
  return MPI_DOUBLE;
}

void sum_over_ranks(MPI_Comm comm, std::span<std::int64_t> values) { reduce_in_pieces(comm, values, MPI_SUM); }

std::int64_t sum_over_ranks(MPI_Comm comm, std::int64_t value) {
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT64_T, MPI_SUM, comm);
  return value;
}

template <class T>
T max_over_ranks(MPI_Comm comm, T value) {
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, mpi_type<T>(), MPI_MAX, comm);
  return value;
}

template <class T>
T min_over_ranks(MPI_Comm comm, T value) {
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, mpi_type<T>(), MPI_MIN, comm);
  return value;
}

void max_over_ranks(MPI_Comm comm, std::span<double> values) { reduce_in_pieces(comm, values, MPI_MAX); }
void min_over_ranks(MPI_Comm comm, std::span<std::int64_t> values) { reduce_in_pieces(comm, values, MPI_MIN); }

std::int64_t sum_of_lower_ranks(MPI_Comm comm, std::int64_t value) {
  std::int64_t before = 0;
  MPI_Exscan(&value, &before, 1, MPI_INT64_T, MPI_SUM, comm);
  return rank_of(comm) == 0 ? 0 : before;
}

void broadcast(MPI_Comm comm, std::vector<std::byte>& bytes, int root) {
  std::int64_t size = std::ssize(bytes);
  MPI_Bcast(&size, 1, MPI_INT64_T, root, comm);
  bytes.resize(size);
  for (std::int64_t from = 0; from < size; from += piece)
    MPI_Bcast(bytes.data() + from, static_cast<int>(std::min(piece, size - from)), MPI_BYTE, root, comm);
}

template <class T>
void broadcast(MPI_Comm comm, std::vector<T>& values, int root) {
  const auto view = std::as_bytes(std::span(values));
  std::vector<std::byte> bytes(view.begin(), view.end());
  broadcast(comm, bytes, root);
  values.resize(bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
}

void broadcast(MPI_Comm comm, std::string& text, int root) {
  std::vector<char> characters(text.begin(), text.end());
  broadcast(comm, characters, root);
  text.assign(characters.begin(), characters.end());
}

void broadcast(MPI_Comm comm, std::vector<std::string>& texts, int root) {
  auto bytes = pack(texts);
  broadcast(comm, bytes, root);
  texts = unpack(bytes);
}

template <class T>
std::vector<std::vector<T>> exchange(MPI_Comm comm, const std::vector<std::vector<T>>& send) {
  std::vector<std::span<const std::byte>> views;
  for (const auto& part : send) views.push_back(std::as_bytes(std::span(part)));
  const auto received = exchange_bytes(comm, views);
  std::vector<std::vector<T>> parts;
  for (const auto& bytes : received) {
    auto& part = parts.emplace_back(bytes.size() / sizeof(T));
    if (!bytes.empty()) std::memcpy(part.data(), bytes.data(), bytes.size());
  }
  return parts;
}

template <class T>
std::vector<T> gather_everywhere(MPI_Comm comm, std::span<const T> mine) {
  const std::vector<std::span<const std::byte>> same(size_of(comm), std::as_bytes(mine));
  const auto received = exchange_bytes(comm, same);
  std::int64_t total = 0;
  for (const auto& bytes : received) total += std::ssize(bytes);
  std::vector<T> all(total / static_cast<std::int64_t>(sizeof(T)));
  std::int64_t at = 0;
  for (const auto& bytes : received) {
    if (!bytes.empty()) std::memcpy(reinterpret_cast<std::byte*>(all.data()) + at, bytes.data(), bytes.size());
    at += std::ssize(bytes);
  }
  return all;
}

std::vector<std::string> gather_everywhere(MPI_Comm comm, const std::vector<std::string>& mine) {
  return unpack(gather_everywhere<std::byte>(comm, pack(mine)));
}

#define MIURA_FOR_TYPE(T)                                                                         \
  template void broadcast<T>(MPI_Comm, std::vector<T>&, int);                                     \
  template std::vector<std::vector<T>> exchange<T>(MPI_Comm, const std::vector<std::vector<T>>&); \
  template std::vector<T> gather_everywhere<T>(MPI_Comm, std::span<const T>);
MIURA_FOR_TYPE(char)
MIURA_FOR_TYPE(std::uint8_t)
MIURA_FOR_TYPE(std::uint16_t)
MIURA_FOR_TYPE(std::int32_t)
MIURA_FOR_TYPE(std::uint32_t)
MIURA_FOR_TYPE(std::int64_t)
MIURA_FOR_TYPE(std::uint64_t)
MIURA_FOR_TYPE(float)
MIURA_FOR_TYPE(double)
#undef MIURA_FOR_TYPE
template std::vector<std::vector<std::byte>> exchange<std::byte>(MPI_Comm, const std::vector<std::vector<std::byte>>&);
template std::vector<std::byte> gather_everywhere<std::byte>(MPI_Comm, std::span<const std::byte>);

#define MIURA_FOR_NUMBER(T)                  \
  template T max_over_ranks<T>(MPI_Comm, T); \
  template T min_over_ranks<T>(MPI_Comm, T);
MIURA_FOR_NUMBER(std::int32_t)
MIURA_FOR_NUMBER(std::int64_t)
MIURA_FOR_NUMBER(std::uint64_t)
MIURA_FOR_NUMBER(float)
MIURA_FOR_NUMBER(double)
#undef MIURA_FOR_NUMBER

}  // namespace miura::parallel
