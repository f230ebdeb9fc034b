#pragma once

#include <string>
#include <vector>

namespace miura::matrix {

/// Genes that are known to belong together: a pathway, a term of the Gene Ontology, a signature.
struct GeneSet {
  std::string collection;         ///< where it is from: the name of the file, without folder and endings
  std::string name, description;  ///< names are unique within a collection
  std::vector<std::string> gene = {};  ///< symbols, each once, in the order of the file; may be empty
};

using GeneSets = std::vector<GeneSet>;

}  // namespace miura::matrix
