#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace miura::simulate {

/// What a named gene is known for; states move whole families.
enum class Family : std::uint8_t {
  mitochondrial,  ///< encoded by the mitochondrion
  respiratory,    ///< nuclear genes of the respiratory chain and of ATP synthase
  marker,         ///< LRRC75A
  matrix,         ///< extracellular matrix
  interferon,
  osteogenic,
  contractile,
  progenitor,
  stress,
  s_phase,
  g2m_phase,
  ribosomal,
  housekeeping,
  female,
  male,
  other,
};

struct NamedGene {
  std::string_view symbol;
  std::string_view ensembl_id;
  Family family;
};

/// Genes that the planted programmes speak of, with their human Ensembl ids.
std::span<const NamedGene> named_genes();

}  // namespace miura::simulate
