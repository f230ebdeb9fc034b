#pragma once

#include <mpi.h>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "app/folder_lock.hpp"
#include "app/study.hpp"

namespace miura::app {

/// The finished stages of a study, kept in a folder of its own: a file a stage and an index of stage hashes and file
/// digests, each published whole. A stage is valid if its hash (settings, what it read, version of miura) and its
/// file's digest are those of the index. One run at a time has the folder. All members are collective.
class Checkpoints {
public:
  Checkpoints(MPI_Comm comm, std::filesystem::path folder);

  /// Whether the stage was finished under this hash and its file is unharmed.
  bool valid(const std::string& stage, const std::string& hash);

  /// Writes a stage's file by `write(path)` and enters it in the index; what was known of the stage before is replaced.
  void keep(const std::string& stage, const std::string& hash,
            const std::function<void(const std::filesystem::path&)>& write);

  std::filesystem::path file(const std::string& stage) const { return folder_ / (stage + ".h5"); }

private:
  struct Entry {
    std::string hash, digest;
  };
  void write_index() const;

  MPI_Comm comm_;
  std::filesystem::path folder_;
  FolderLock lock_;
  std::map<std::string, Entry> index_;  // replicated
};

/// Stages to and from their files. Writing is collective. Reading spreads rows over the ranks of `comm`, whatever their
/// number was when the file was written; no rank waits for another, so it goes inside parallel::together.
void save(MPI_Comm comm, const CellsStage& stage, const std::filesystem::path& path);
void save(MPI_Comm comm, const GenesStage& stage, const std::filesystem::path& path);
void save(MPI_Comm comm, const pca::Result& stage, const std::filesystem::path& path);
void save(MPI_Comm comm, const IntegrateStage& stage, const std::filesystem::path& path);
void save(MPI_Comm comm, const NeighborsStage& stage, const std::filesystem::path& path);
void save(MPI_Comm comm, const ClusterStage& stage, const std::filesystem::path& path);
void save(MPI_Comm comm, const CompositionStage& stage, const std::filesystem::path& path);
void save(MPI_Comm comm, const StabilityStage& stage, const std::filesystem::path& path);
void save(MPI_Comm comm, const MarkerStage& stage, const std::filesystem::path& path);
void save(MPI_Comm comm, const MappingStage& stage, const std::filesystem::path& path);
void save(MPI_Comm comm, const CellStatesStage& stage, const std::filesystem::path& path);
void save(MPI_Comm comm, const UmapStage& stage, const std::filesystem::path& path);
void save(MPI_Comm comm, const AssociationStage& stage, const std::filesystem::path& path);
void save(MPI_Comm comm, const GeneStage& stage, const std::filesystem::path& path);
void save(MPI_Comm comm, const EnrichmentStage& stage, const std::filesystem::path& path);
void save(MPI_Comm comm, const NeighborhoodStage& stage, const std::filesystem::path& path);

void save(MPI_Comm comm, const SourcesStage& stage, const std::filesystem::path& path);

CellsStage load_cells(MPI_Comm comm, const std::filesystem::path& path);
/// `cells` tells the rows of this rank, as do the marks of the reference for the neighbours.
GenesStage load_genes(MPI_Comm comm, const parallel::Partition& cells, const std::filesystem::path& path);
pca::Result load_pca(MPI_Comm comm, const parallel::Partition& cells, const std::filesystem::path& path);
IntegrateStage load_integrated(MPI_Comm comm, const parallel::Partition& cells, const std::filesystem::path& path);
NeighborsStage load_neighbors(MPI_Comm comm, const parallel::Partition& reference, const std::filesystem::path& path);
ClusterStage load_clusters(MPI_Comm comm, const parallel::Partition& cells, const std::filesystem::path& path);
CompositionStage load_composition(const std::filesystem::path& path);
StabilityStage load_stability(const std::filesystem::path& path);
MarkerStage load_markers(const std::filesystem::path& path);
MappingStage load_mapping(MPI_Comm comm, const parallel::Partition& cells, const std::filesystem::path& path);
CellStatesStage load_cell_states(MPI_Comm comm, const parallel::Partition& cells, const std::filesystem::path& path);
UmapStage load_umap(MPI_Comm comm, const parallel::Partition& cells, const std::filesystem::path& path);
AssociationStage load_association(const std::filesystem::path& path);
GeneStage load_genes_found(const std::filesystem::path& path);
EnrichmentStage load_enrichment(const std::filesystem::path& path);
SourcesStage load_sources(const std::filesystem::path& path);
NeighborhoodStage load_neighborhoods(MPI_Comm comm, const parallel::Partition& reference,
                                     const std::filesystem::path& path);

}  // namespace miura::app
