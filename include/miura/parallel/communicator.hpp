#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace miura::parallel {

int rank_of(MPI_Comm comm);
int size_of(MPI_Comm comm);

/// The MPI type of an arithmetic C++ type.
template <class T>
MPI_Datatype mpi_type();

/// In-place reductions over all ranks. Collective. No limit on the number of elements.
/// Sums are for integers: a floating-point sum would depend on the number of ranks.
void sum_over_ranks(MPI_Comm comm, std::span<std::int64_t> values);
std::int64_t sum_over_ranks(MPI_Comm comm, std::int64_t value);
template <class T>
T max_over_ranks(MPI_Comm comm, T value);
template <class T>
T min_over_ranks(MPI_Comm comm, T value);
void max_over_ranks(MPI_Comm comm, std::span<double> values);
void min_over_ranks(MPI_Comm comm, std::span<std::int64_t> values);
/// Sum of the values of all lower ranks (0 on rank 0).
std::int64_t sum_of_lower_ranks(MPI_Comm comm, std::int64_t value);

/// Gives every rank what `root` holds; the others' content is replaced. Collective. No limit on the size.
void broadcast(MPI_Comm comm, std::vector<std::byte>& bytes, int root = 0);
void broadcast(MPI_Comm comm, std::string& text, int root = 0);
void broadcast(MPI_Comm comm, std::vector<std::string>& texts, int root = 0);
template <class T>
void broadcast(MPI_Comm comm, std::vector<T>& values, int root = 0);

/// Sends send[r] to rank r and returns what came, in order of sender, one vector a sender. Collective. No 2 GiB limit.
template <class T>
std::vector<std::vector<T>> exchange(MPI_Comm comm, const std::vector<std::vector<T>>& send);

/// The concatenation over ranks, in rank order, on every rank. Collective. For what is small: tables, moved labels.
template <class T>
std::vector<T> gather_everywhere(MPI_Comm comm, std::span<const T> mine);
std::vector<std::string> gather_everywhere(MPI_Comm comm, const std::vector<std::string>& mine);

}  // namespace miura::parallel
