#include "miura/parallel/traffic.hpp"

#include <mpi.h>

#include <numeric>
#include <span>
#include <unordered_map>

#include "miura/parallel/communicator.hpp"

namespace miura::parallel {

namespace {

Traffic counted;  // MPI is called by one thread only (MPI_THREAD_FUNNELED)

}  // namespace

Traffic traffic_so_far() { return counted; }

}  // namespace miura::parallel

#ifdef MIURA_COUNT_MESSAGES

// MPI's profiling interface (MPI 3.1, chapter 14.2): a program may define MPI_X itself and call PMPI_X in it. The
// libraries that the program is linked with find these definitions too.

namespace {

using miura::parallel::counted, miura::parallel::rank_of, miura::parallel::size_of;

std::int64_t bytes_of(std::int64_t count, MPI_Datatype type) {
  MPI_Count size = 0;
  PMPI_Type_size_x(type, &size);
  return count * size;
}

bool is_another(int peer, MPI_Comm comm) { return peer != MPI_PROC_NULL && peer != rank_of(comm); }

void send(int count, MPI_Datatype type, int to, MPI_Comm comm) {
  if (!is_another(to, comm)) return;
  counted.sent += bytes_of(count, type);
  counted.messages += 1;
}

void receive(int count, MPI_Datatype type, int from, MPI_Comm comm) {
  if (is_another(from, comm)) counted.received += bytes_of(count, type);
}

/// A collective call in which this rank hands over and takes so many bytes, if there is anyone else.
void collective(MPI_Comm comm, std::int64_t sent, std::int64_t received) {
  if (size_of(comm) == 1) return;
  counted.sent += sent;
  counted.received += received;
  counted.collectives += 1;
}

void to_all_and_back(MPI_Comm comm, std::int64_t bytes) { collective(comm, bytes, bytes); }

void from_root(MPI_Comm comm, int root, std::int64_t bytes) {
  const bool mine = rank_of(comm) == root;
  collective(comm, mine ? bytes : 0, mine ? 0 : bytes);
}

void to_root(MPI_Comm comm, int root, std::int64_t bytes) {
  const bool mine = rank_of(comm) == root;
  collective(comm, mine ? 0 : bytes, mine ? bytes : 0);
}

/// The counts of all ranks but this one.
std::int64_t of_others(const int* counts, MPI_Comm comm) {
  const auto all = std::span(counts, size_of(comm));
  return std::accumulate(all.begin(), all.end(), std::int64_t{0}) - all[rank_of(comm)];
}

void gather_everywhere(MPI_Comm comm, int count, MPI_Datatype type) {
  const auto own = bytes_of(count, type);
  collective(comm, own, own * (size_of(comm) - 1));
}

void gather_everywhere(MPI_Comm comm, const int* counts, MPI_Datatype type) {
  collective(comm, bytes_of(counts[rank_of(comm)], type), bytes_of(of_others(counts, comm), type));
}

/// Sends and receives that are prepared once and started many times: what each start moves.
struct Prepared {
  std::int64_t sent = 0, received = 0;
};
std::unordered_map<MPI_Request, Prepared> prepared;

void prepare_send(MPI_Request request, int count, MPI_Datatype type, int to, MPI_Comm comm) {
  if (is_another(to, comm)) prepared[request] = {.sent = bytes_of(count, type)};
}

void prepare_receive(MPI_Request request, int count, MPI_Datatype type, int from, MPI_Comm comm) {
  if (is_another(from, comm)) prepared[request] = {.received = bytes_of(count, type)};
}

void start(MPI_Request request) {
  const auto found = prepared.find(request);
  if (found == prepared.end()) return;
  counted.sent += found->second.sent;
  counted.received += found->second.received;
  counted.messages += found->second.sent > 0 ? 1 : 0;
}

}  // namespace

extern "C" {

// ---- from one rank to another ----

int MPI_Send(const void* data, int n, MPI_Datatype type, int to, int tag, MPI_Comm comm) {
  send(n, type, to, comm);
  return PMPI_Send(data, n, type, to, tag, comm);
}
int MPI_Isend(const void* data, int n, MPI_Datatype type, int to, int tag, MPI_Comm comm, MPI_Request* request) {
  send(n, type, to, comm);
  return PMPI_Isend(data, n, type, to, tag, comm, request);
}
int MPI_Issend(const void* data, int n, MPI_Datatype type, int to, int tag, MPI_Comm comm, MPI_Request* request) {
  send(n, type, to, comm);
  return PMPI_Issend(data, n, type, to, tag, comm, request);
}
int MPI_Recv(void* data, int n, MPI_Datatype type, int from, int tag, MPI_Comm comm, MPI_Status* status) {
  receive(n, type, from, comm);
  return PMPI_Recv(data, n, type, from, tag, comm, status);
}
int MPI_Irecv(void* data, int n, MPI_Datatype type, int from, int tag, MPI_Comm comm, MPI_Request* request) {
  receive(n, type, from, comm);
  return PMPI_Irecv(data, n, type, from, tag, comm, request);
}
int MPI_Sendrecv(const void* out, int n_out, MPI_Datatype out_type, int to, int out_tag, void* in, int n_in,
                 MPI_Datatype in_type, int from, int in_tag, MPI_Comm comm, MPI_Status* status) {
  send(n_out, out_type, to, comm);
  receive(n_in, in_type, from, comm);
  return PMPI_Sendrecv(out, n_out, out_type, to, out_tag, in, n_in, in_type, from, in_tag, comm, status);
}
int MPI_Send_init(const void* data, int n, MPI_Datatype type, int to, int tag, MPI_Comm comm, MPI_Request* request) {
  const int status = PMPI_Send_init(data, n, type, to, tag, comm, request);
  prepare_send(*request, n, type, to, comm);
  return status;
}
int MPI_Recv_init(void* data, int n, MPI_Datatype type, int from, int tag, MPI_Comm comm, MPI_Request* request) {
  const int status = PMPI_Recv_init(data, n, type, from, tag, comm, request);
  prepare_receive(*request, n, type, from, comm);
  return status;
}
int MPI_Start(MPI_Request* request) {
  start(*request);
  return PMPI_Start(request);
}
int MPI_Startall(int n, MPI_Request* requests) {
  for (const auto request : std::span(requests, n)) start(request);
  return PMPI_Startall(n, requests);
}
int MPI_Request_free(MPI_Request* request) {
  prepared.erase(*request);
  return PMPI_Request_free(request);
}

// ---- among all ranks ----

int MPI_Barrier(MPI_Comm comm) {
  collective(comm, 0, 0);
  return PMPI_Barrier(comm);
}
int MPI_Ibarrier(MPI_Comm comm, MPI_Request* request) {
  collective(comm, 0, 0);
  return PMPI_Ibarrier(comm, request);
}
int MPI_Bcast(void* data, int n, MPI_Datatype type, int root, MPI_Comm comm) {
  from_root(comm, root, bytes_of(n, type));
  return PMPI_Bcast(data, n, type, root, comm);
}
int MPI_Ibcast(void* data, int n, MPI_Datatype type, int root, MPI_Comm comm, MPI_Request* request) {
  from_root(comm, root, bytes_of(n, type));
  return PMPI_Ibcast(data, n, type, root, comm, request);
}
int MPI_Reduce(const void* in, void* out, int n, MPI_Datatype type, MPI_Op op, int root, MPI_Comm comm) {
  to_root(comm, root, bytes_of(n, type));
  return PMPI_Reduce(in, out, n, type, op, root, comm);
}
int MPI_Allreduce(const void* in, void* out, int n, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  to_all_and_back(comm, bytes_of(n, type));
  return PMPI_Allreduce(in, out, n, type, op, comm);
}
int MPI_Iallreduce(const void* in, void* out, int n, MPI_Datatype type, MPI_Op op, MPI_Comm comm,
                   MPI_Request* request) {
  to_all_and_back(comm, bytes_of(n, type));
  return PMPI_Iallreduce(in, out, n, type, op, comm, request);
}
int MPI_Scan(const void* in, void* out, int n, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  to_all_and_back(comm, bytes_of(n, type));
  return PMPI_Scan(in, out, n, type, op, comm);
}
int MPI_Exscan(const void* in, void* out, int n, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  to_all_and_back(comm, bytes_of(n, type));
  return PMPI_Exscan(in, out, n, type, op, comm);
}
int MPI_Reduce_scatter_block(const void* in, void* out, int n, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  const auto each = bytes_of(n, type);
  collective(comm, each * (size_of(comm) - 1), each);
  return PMPI_Reduce_scatter_block(in, out, n, type, op, comm);
}
int MPI_Gather(const void* in, int n_in, MPI_Datatype in_type, void* out, int n_out, MPI_Datatype out_type, int root,
               MPI_Comm comm) {
  const bool mine = rank_of(comm) == root;
  to_root(comm, root, mine ? bytes_of(n_out, out_type) * (size_of(comm) - 1) : bytes_of(n_in, in_type));
  return PMPI_Gather(in, n_in, in_type, out, n_out, out_type, root, comm);
}
int MPI_Gatherv(const void* in, int n_in, MPI_Datatype in_type, void* out, const int n_out[], const int at[],
                MPI_Datatype out_type, int root, MPI_Comm comm) {
  const bool mine = rank_of(comm) == root;
  to_root(comm, root, mine ? bytes_of(of_others(n_out, comm), out_type) : bytes_of(n_in, in_type));
  return PMPI_Gatherv(in, n_in, in_type, out, n_out, at, out_type, root, comm);
}
int MPI_Scatter(const void* in, int n_in, MPI_Datatype in_type, void* out, int n_out, MPI_Datatype out_type, int root,
                MPI_Comm comm) {
  const bool mine = rank_of(comm) == root;
  from_root(comm, root, mine ? bytes_of(n_in, in_type) * (size_of(comm) - 1) : bytes_of(n_out, out_type));
  return PMPI_Scatter(in, n_in, in_type, out, n_out, out_type, root, comm);
}
int MPI_Scatterv(const void* in, const int n_in[], const int at[], MPI_Datatype in_type, void* out, int n_out,
                 MPI_Datatype out_type, int root, MPI_Comm comm) {
  const bool mine = rank_of(comm) == root;
  from_root(comm, root, mine ? bytes_of(of_others(n_in, comm), in_type) : bytes_of(n_out, out_type));
  return PMPI_Scatterv(in, n_in, at, in_type, out, n_out, out_type, root, comm);
}
int MPI_Allgather(const void* in, int n_in, MPI_Datatype in_type, void* out, int n_out, MPI_Datatype out_type,
                  MPI_Comm comm) {
  gather_everywhere(comm, n_out, out_type);
  return PMPI_Allgather(in, n_in, in_type, out, n_out, out_type, comm);
}
int MPI_Allgatherv(const void* in, int n_in, MPI_Datatype in_type, void* out, const int n_out[], const int at[],
                   MPI_Datatype out_type, MPI_Comm comm) {
  gather_everywhere(comm, n_out, out_type);
  return PMPI_Allgatherv(in, n_in, in_type, out, n_out, at, out_type, comm);
}
int MPI_Alltoall(const void* in, int n_in, MPI_Datatype in_type, void* out, int n_out, MPI_Datatype out_type,
                 MPI_Comm comm) {
  to_all_and_back(comm, bytes_of(n_out, out_type) * (size_of(comm) - 1));
  return PMPI_Alltoall(in, n_in, in_type, out, n_out, out_type, comm);
}
int MPI_Alltoallv(const void* in, const int n_in[], const int in_at[], MPI_Datatype in_type, void* out,
                  const int n_out[], const int out_at[], MPI_Datatype out_type, MPI_Comm comm) {
  collective(comm, bytes_of(of_others(n_in, comm), in_type), bytes_of(of_others(n_out, comm), out_type));
  return PMPI_Alltoallv(in, n_in, in_at, in_type, out, n_out, out_at, out_type, comm);
}

}  // extern "C"

#endif
