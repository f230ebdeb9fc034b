#pragma once

#include <cstdint>

namespace miura::parallel {

/// What this rank has handed to MPI for other ranks and taken from them. A message to itself is none, and on a
/// communicator of one rank nothing is counted.
///
/// Bytes are those of the call, whatever the library makes of them on the wire: a reduction hands over its vector and
/// takes one back, a broadcast leaves the root once, a gather everywhere hands over one's own part and takes the
/// others'. Receives count as they are posted. Files written through MPI-IO, and what the library sends for them, are
/// not in it, nor is one-sided communication.
struct Traffic {
  std::int64_t sent = 0, received = 0;  ///< bytes
  std::int64_t messages = 0;            ///< sends to one rank
  std::int64_t collectives = 0;         ///< calls, barriers among them
};

/// Since the start of the program; PETSc, SLEPc and HDF5 are in it (docs/decisions/0006-counted-messages.md). All
/// zero where the program was built without MIURA_COUNT_MESSAGES. Not collective.
Traffic traffic_so_far();

inline Traffic operator-(const Traffic& later, const Traffic& earlier) {
  return {later.sent - earlier.sent, later.received - earlier.received, later.messages - earlier.messages,
          later.collectives - earlier.collectives};
}

}  // namespace miura::parallel
