#include "miura/cellcycle/genes.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <utility>

namespace miura::cellcycle {

namespace {

// satijalab/seurat (MIT licence), data/cc.genes.updated.2019.rda; ids of GENCODE 44, as listed by Teichlab/celltypist
// (MIT licence)
constexpr auto s_phase = std::to_array<GeneName>(
    {{"MCM5", "ENSG00000100297"},     {"PCNA", "ENSG00000132646"},     {"TYMS", "ENSG00000176890"},
     {"FEN1", "ENSG00000168496"},     {"MCM7", "ENSG00000166508"},     {"MCM4", "ENSG00000104738"},
     {"RRM1", "ENSG00000167325"},     {"UNG", "ENSG00000076248"},      {"GINS2", "ENSG00000131153"},
     {"MCM6", "ENSG00000076003"},     {"CDCA7", "ENSG00000144354"},    {"DTL", "ENSG00000143476"},
     {"PRIM1", "ENSG00000198056"},    {"UHRF1", "ENSG00000276043"},    {"CENPU", "ENSG00000151725", "MLF1IP"},
     {"HELLS", "ENSG00000119969"},    {"RFC2", "ENSG00000049541"},     {"POLR1B", "ENSG00000125630"},
     {"NASP", "ENSG00000132780"},     {"RAD51AP1", "ENSG00000111247"}, {"GMNN", "ENSG00000112312"},
     {"WDR76", "ENSG00000092470"},    {"SLBP", "ENSG00000163950"},     {"CCNE2", "ENSG00000175305"},
     {"UBR7", "ENSG00000012963"},     {"POLD3", "ENSG00000077514"},    {"MSH2", "ENSG00000095002"},
     {"ATAD2", "ENSG00000156802"},    {"RAD51", "ENSG00000051180"},    {"RRM2", "ENSG00000171848"},
     {"CDC45", "ENSG00000093009"},    {"CDC6", "ENSG00000094804"},     {"EXO1", "ENSG00000174371"},
     {"TIPIN", "ENSG00000075131"},    {"DSCC1", "ENSG00000136982"},    {"BLM", "ENSG00000197299"},
     {"CASP8AP2", "ENSG00000118412"}, {"USP1", "ENSG00000162607"},     {"CLSPN", "ENSG00000092853"},
     {"POLA1", "ENSG00000101868"},    {"CHAF1B", "ENSG00000159259"},   {"MRPL36", "ENSG00000171421"},
     {"E2F8", "ENSG00000129173"}});
constexpr auto g2m_phase =
    std::to_array<GeneName>({{"HMGB2", "ENSG00000164104"},   {"CDK1", "ENSG00000170312"},
                             {"NUSAP1", "ENSG00000137804"},  {"UBE2C", "ENSG00000175063"},
                             {"BIRC5", "ENSG00000089685"},   {"TPX2", "ENSG00000088325"},
                             {"TOP2A", "ENSG00000131747"},   {"NDC80", "ENSG00000080986"},
                             {"CKS2", "ENSG00000123975"},    {"NUF2", "ENSG00000143228"},
                             {"CKS1B", "ENSG00000173207"},   {"MKI67", "ENSG00000148773"},
                             {"TMPO", "ENSG00000120802"},    {"CENPF", "ENSG00000117724"},
                             {"TACC3", "ENSG00000013810"},   {"PIMREG", "ENSG00000129195", "FAM64A"},
                             {"SMC4", "ENSG00000113810"},    {"CCNB2", "ENSG00000157456"},
                             {"CKAP2L", "ENSG00000169607"},  {"CKAP2", "ENSG00000136108"},
                             {"AURKB", "ENSG00000178999"},   {"BUB1", "ENSG00000169679"},
                             {"KIF11", "ENSG00000138160"},   {"ANP32E", "ENSG00000143401"},
                             {"TUBB4B", "ENSG00000188229"},  {"GTSE1", "ENSG00000075218"},
                             {"KIF20B", "ENSG00000138182"},  {"HJURP", "ENSG00000123485"},
                             {"CDCA3", "ENSG00000111665"},   {"JPT1", "ENSG00000189159", "HN1"},
                             {"CDC20", "ENSG00000117399"},   {"TTK", "ENSG00000112742"},
                             {"CDC25C", "ENSG00000158402"},  {"KIF2C", "ENSG00000142945"},
                             {"RANGAP1", "ENSG00000100401"}, {"NCAPD2", "ENSG00000010292"},
                             {"DLGAP5", "ENSG00000126787"},  {"CDCA2", "ENSG00000184661"},
                             {"CDCA8", "ENSG00000134690"},   {"ECT2", "ENSG00000114346"},
                             {"KIF23", "ENSG00000137807"},   {"HMMR", "ENSG00000072571"},
                             {"AURKA", "ENSG00000087586"},   {"PSRC1", "ENSG00000134222"},
                             {"ANLN", "ENSG00000011426"},    {"LBR", "ENSG00000143815"},
                             {"CKAP5", "ENSG00000175216"},   {"CENPE", "ENSG00000138778"},
                             {"CTCF", "ENSG00000102974"},    {"NEK2", "ENSG00000117650"},
                             {"G2E3", "ENSG00000092140"},    {"GAS2L3", "ENSG00000139354"},
                             {"CBX5", "ENSG00000094916"},    {"CENPA", "ENSG00000115163"}});

/// The columns of the genes that are found, ascending and once.
std::vector<std::int32_t> columns_of_genes(const matrix::Features& features, std::span<const GeneName> genes) {
  std::unordered_map<std::string_view, std::int32_t> by_symbol, by_id;
  for (std::int32_t g = 0; g < features.size(); ++g) {
    by_symbol.try_emplace(features.symbol[g], g);
    const std::string_view id = features.id[g];
    by_id.try_emplace(id.substr(0, id.find('.')), g);
  }
  std::vector<std::int32_t> found;
  for (const auto& gene : genes)
    for (const auto& [columns, name] :
         {std::pair(&by_symbol, gene.symbol), {&by_id, gene.ensembl}, {&by_symbol, gene.before}})
      if (const auto at = columns->find(name); at != columns->end() && !name.empty()) {
        found.push_back(at->second);
        break;
      }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  return found;
}

}  // namespace

std::span<const GeneName> s_genes() { return s_phase; }
std::span<const GeneName> g2m_genes() { return g2m_phase; }

PhaseGenes human_genes(const matrix::Features& features) {
  return {columns_of_genes(features, s_phase), columns_of_genes(features, g2m_phase)};
}

std::vector<std::int32_t> columns_of(const matrix::Features& features, std::span<const std::string> names) {
  std::vector<GeneName> genes;
  for (const auto& name : names) genes.push_back({name, name});
  return columns_of_genes(features, genes);
}

}  // namespace miura::cellcycle
