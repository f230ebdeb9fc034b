#include "miura/simulate/bulk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "simulate/files.hpp"
#include "simulate/outcomes.hpp"
#include "simulate/output_folder.hpp"
#include "simulate/panel.hpp"
#include "simulate/samplers.hpp"

namespace miura::simulate {

namespace {

constexpr std::array<int, 3> n_markers{45, 56, 27};
constexpr std::string_view reference_genes[] = {"ACTB", "GAPDH"};
constexpr double last_cycle = 40.0;

void check(const BulkOptions& o) {
  const auto between = [](std::string_view name, auto value, auto low, auto high) {
    if (!(value >= low && value <= high))
      throw UsageError(fmt::format("simulate: {} is {} to {}, not {}", name, low, high, value));
  };
  between("--lines-train", o.lines_train, 4, 1'000);
  between("--lines-test", o.lines_test, 4, 1'000);
  between("--panel-genes", o.genes, 200, 100'000);
  between("--panel-effect", o.effect, 0.0, 1.0);
  between("--outcome-rho", o.outcome_rho, 0.0, 0.99);
  between("--platform-r2", o.platform_r2, 0.01, 1.0);
  between("gene_correlation", o.gene_correlation, 0.0, 1.0);
}

/// A table as text, a row a feature.
class TableText {
public:
  TableText(std::string_view what, const Panel& panel, bool is_test) : is_test_(is_test), panel_(panel), text_(what) {
    for (const auto& line : panel.lines)
      if (line.is_test == is_test) text_ += ',' + line.id;
    text_ += '\n';
  }
  /// `value`: of all lines; `print` makes a cell of it.
  template <class Print>
  void add(const std::string& feature, const std::vector<double>& value, Print print) {
    text_ += feature;
    for (const double x : panel_.of_lines(value, is_test_)) text_ += ',' + print(x);
    text_ += '\n';
  }
  const std::string& text() const noexcept { return text_; }

private:
  bool is_test_;
  const Panel& panel_;
  std::string text_;
};

/// What a platform adds to a gene, so that two platforms agree with platform_r2.
double platform_noise(const BulkOptions& o) { return std::sqrt(1.0 / std::sqrt(o.platform_r2) - 1.0); }

/// Probes or promoters of one gene, by platform: the switch gene has three of each.
struct Probe {
  std::string name;
  std::vector<double> value;  ///< of all lines
};

/// Log2 intensities. A gene's probes measure the same; one in ten measures nothing.
std::vector<Probe> array_probes(const BulkOptions& o, const Panel& panel, std::int64_t g) {
  auto random = stream(o.seed, Topic::probe, g);
  const int n = g == 0 ? 3 : 1 + static_cast<int>(random.below(3));
  const double base = 5.0 + 6.0 * random.uniform(), spread = 0.4 + 0.8 * random.uniform();
  std::vector<double> noise;  // of the platform, shared by the probes of a gene
  for (std::size_t i = 0; i < panel.lines.size(); ++i) noise.push_back(platform_noise(o) * normal(random));
  std::vector<Probe> probes;
  for (int k = 0; k < n; ++k) {
    const bool dead = g > 0 && random.uniform() < 0.1;
    auto& probe = probes.emplace_back(Probe{fmt::format("A_{:06d}_{}", g + 1, k + 1), {}});
    for (std::size_t i = 0; i < panel.lines.size(); ++i) {
      const double own = 0.15 * normal(random);
      probe.value.push_back(dead ? 3.0 + own : base + spread * (panel.genes[g].level[i] + noise[i] + own));
    }
  }
  return probes;
}

/// Tags per million. The first promoter follows the gene, the others do so with half of their variance.
std::vector<Probe> promoters(const BulkOptions& o, const Panel& panel, std::int64_t g) {
  constexpr double tags_per_unit = 5.0;
  auto random = stream(o.seed, Topic::promoter, g);
  const int n = g == 0 ? 3 : 1 + static_cast<int>(random.below(3));
  const double base = 3.0 + 4.0 * random.uniform(), spread = 0.4 + 0.8 * random.uniform();
  std::vector<Probe> found;
  for (int k = 0; k < n; ++k) {
    auto& promoter = found.emplace_back(Probe{fmt::format("p{}@{}", k + 1, panel.genes[g].name), {}});
    for (std::size_t i = 0; i < panel.lines.size(); ++i) {
      const double own = normal(random), noise = platform_noise(o) * normal(random);
      const double level = k == 0 ? panel.genes[g].level[i] : std::sqrt(0.5) * (panel.genes[g].level[i] + own);
      const double mean = std::exp2(base - k + spread * (level + noise));
      promoter.value.push_back(static_cast<double>(poisson(random, mean * tags_per_unit)) / tags_per_unit);
    }
  }
  return found;
}

struct PlatformText {
  std::string train, test, genes;
  std::int64_t n_probes = 0;
};

template <class Probes, class Print>
PlatformText platform_text(std::string_view what, const BulkOptions& o, const Panel& panel, Probes probes_of,
                           Print print) {
  TableText train(what, panel, false), test(what, panel, true);
  PlatformText text{.train = {}, .test = {}, .genes = fmt::format("{},gene\n", what)};
  for (std::int64_t g = 0; g < std::ssize(panel.genes); ++g)
    for (const auto& probe : probes_of(o, panel, g)) {
      train.add(probe.name, probe.value, print);
      test.add(probe.name, probe.value, print);
      text.genes += probe.name + ',' + panel.genes[g].name + '\n';
      ++text.n_probes;
    }
  text.train = train.text();
  text.test = test.text();
  return text;
}

/// A few that everyone knows, then numbered ones.
std::vector<std::string> marker_names(std::size_t layer) {
  static constexpr std::array<std::array<std::string_view, 3>, 3> known{
      {{"PAX6", "SOX1", "NES"}, {"TBXT", "MIXL1", "PDGFRA"}, {"SOX17", "FOXA2", "AFP"}}};
  std::vector<std::string> names(known[layer].begin(), known[layer].end());
  std::string prefix(layers[layer]);
  std::ranges::transform(prefix, prefix.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  while (std::ssize(names) < n_markers[layer]) names.push_back(fmt::format("{}{:02d}", prefix, names.size() + 1));
  return names;
}

/// Ct of reference genes and markers. A sample's amount of RNA shifts all its Ct.
std::string ct_text(const BulkOptions& o, const Panel& panel, std::size_t culture, bool is_test) {
  const auto n_lines = panel.lines.size();
  std::vector<double> amount;
  auto of_samples = stream(o.seed, Topic::marker, 1'000'000, static_cast<std::int64_t>(culture));
  for (std::size_t i = 0; i < n_lines; ++i) amount.push_back(0.7 * normal(of_samples));
  TableText table("gene", panel, is_test);
  const auto print = [](double ct) {
    return ct >= last_cycle ? std::string("Undetermined") : fmt::format("{:.2f}", ct);
  };
  std::int64_t index = 0;
  const auto add = [&](const std::string& gene, double base, double spread, double follows, std::size_t layer) {
    auto random = stream(o.seed, Topic::marker, index++, static_cast<std::int64_t>(culture));
    std::vector<double> ct;
    for (std::size_t i = 0; i < n_lines; ++i) {
      const double level =
          follows * panel.lines[i].in_culture[culture][layer] + std::sqrt(1.0 - follows * follows) * normal(random);
      ct.push_back(base + amount[i] - spread * level);
    }
    table.add(gene, ct, print);
  };
  for (const auto gene : reference_genes) add(std::string(gene), 18.0, 0.15, 0.0, 0);
  for (std::size_t layer = 0; layer < 3; ++layer)
    for (const auto& marker : marker_names(layer)) {
      auto random = stream(o.seed, Topic::marker, 2'000'000 + index);  // the same marker in both ways of culture
      const double base = 26.0 + 13.0 * random.uniform();
      add(marker, base, 0.8 + 0.8 * random.uniform(), 0.65 + 0.3 * random.uniform(), layer);
    }
  return table.text();
}

/// A row a line. The yield of neurons is what ectoderm in suspension leads to.
std::string line_sheet(const BulkOptions& o, const Panel& panel) {
  std::string sheet = "sample,set,sex,passage,neuron_yield\n";
  for (std::int64_t i = 0; i < std::ssize(panel.lines); ++i) {
    const auto& line = panel.lines[i];
    auto random = stream(o.seed, Topic::outcome, i);
    const auto* sex = random.uniform() < 0.5 ? "F" : "M";
    const auto passage = 20 + random.below(25);
    const double yield = 30.0 + 12.0 * (0.85 * line.leaning[0] + std::sqrt(1 - 0.85 * 0.85) * normal(random));
    sheet += fmt::format("{},{},{},{},{:.1f}\n", line.id, line.is_test ? "test" : "train", sex, passage,
                         std::clamp(yield, 0.0, 100.0));
  }
  return sheet;
}

std::string gene_truth(const Panel& panel) {
  std::string truth = "gene\trole\tecto\tmeso\tendo";
  for (const auto layer : layers) truth += fmt::format("\trho_train_{0}\trho_test_{0}", layer);
  truth += '\n';
  for (const auto& gene : panel.genes) {
    truth += fmt::format("{}\t{}\t{}\t{}\t{}", gene.name, gene.role, gene.sign[0], gene.sign[1], gene.sign[2]);
    for (std::size_t layer = 0; layer < 3; ++layer) {
      std::vector<double> leaning;
      for (const auto& line : panel.lines) leaning.push_back(line.leaning[layer]);
      for (const bool is_test : {false, true})
        truth +=
            fmt::format("\t{:.4f}", spearman(panel.of_lines(gene.level, is_test), panel.of_lines(leaning, is_test)));
    }
    truth += '\n';
  }
  return truth;
}

std::string line_truth(const Panel& panel) {
  std::string truth = "line\tset\tecto\tmeso\tendo\n";
  for (const auto& line : panel.lines)
    truth += fmt::format("{}\t{}\t{:.6f}\t{:.6f}\t{:.6f}\n", line.id, line.is_test ? "test" : "train", line.leaning[0],
                         line.leaning[1], line.leaning[2]);
  return truth;
}

std::string list_text(const std::vector<std::string>& names) { return fmt::format("{}\n", fmt::join(names, "\n")); }

/// What mines the panel; configs/ipsc-panel.ini is the same with its reasons.
constexpr std::string_view mine_config = R"([mining]
sheet = lines.csv

[measurement.array]
table = array_train.csv
set = train
platform = array
genes = array_genes.csv
min_expression = 4

[measurement.cage]
table = cage_train.csv
set = train
platform = cage
transform = log2
genes = cage_genes.csv
min_expression = 1

[measurement.array_test]
table = array_test.csv
set = test
platform = array
genes = array_genes.csv

[measurement.qpcr]
table = qpcr_suspension_train.csv
set = train
platform = qpcr
method = suspension
kind = ct
reference_genes = ACTB, GAPDH

[measurement.qpcr_test]
table = qpcr_suspension_test.csv
set = test
platform = qpcr
method = suspension
kind = ct
reference_genes = ACTB, GAPDH

[measurement.qpcr_adhesion]
table = qpcr_adhesion_train.csv
set = train
platform = qpcr
method = adhesion
kind = ct
reference_genes = ACTB, GAPDH

[measurement.qpcr_adhesion_test]
table = qpcr_adhesion_test.csv
set = test
platform = qpcr
method = adhesion
kind = ct
reference_genes = ACTB, GAPDH

[outcome.ecto]
propensity = markers_ecto.txt
measurement = qpcr

[outcome.meso]
propensity = markers_meso.txt
measurement = qpcr

[outcome.endo]
propensity = markers_endo.txt
measurement = qpcr

[outcome.ecto_adhesion]
propensity = markers_ecto.txt
measurement = qpcr_adhesion

[outcome.neurons]
column = neuron_yield

[intersection.switch]
rule = ecto:+ meso:- endo:-
measurement = array

[intersection.switch_either_way]
rule = ecto:s meso:-s endo:-s
measurement = array

[intersection.switch_on_both_platforms]
rule = array/ecto:+ array/meso:- array/endo:- cage/ecto:+ cage/meso:- cage/endo:-

[intersection.mesoderm_on_both_platforms]
rule = array:+ cage:+
outcome = meso

[intersection.against_neurons_in_both_cultures]
rule = ecto:- ecto_adhesion:- neurons:-
measurement = array
)";

/// All files of the panel, MINE.ini last: it makes it a panel. Rank 0 alone.
void write_files(const BulkOptions& o, const Panel& panel, const PlatformText& array, const PlatformText& cage) {
  const OutputFolder output(o.out);
  std::vector<std::string> names;
  const auto write = [&](const std::string& name, std::string_view text) {
    write_file(output.partial() / name, text);
    names.push_back(name);
  };
  write("array_train.csv", array.train);
  write("array_test.csv", array.test);
  write("array_genes.csv", array.genes);
  write("cage_train.csv", cage.train);
  write("cage_genes.csv", cage.genes);
  for (std::size_t culture = 0; culture < cultures.size(); ++culture)
    for (const bool is_test : {false, true})
      write(fmt::format("qpcr_{}_{}.csv", cultures[culture], is_test ? "test" : "train"),
            ct_text(o, panel, culture, is_test));
  for (std::size_t layer = 0; layer < layers.size(); ++layer)
    write(fmt::format("markers_{}.txt", layers[layer]), list_text(marker_names(layer)));
  write("lines.csv", line_sheet(o, panel));
  write("truth.tsv", gene_truth(panel));
  write("truth_lines.tsv", line_truth(panel));
  write("MINE.ini", mine_config);
  output.publish({names.begin(), names.end()});
}

}  // namespace

BulkSummary write_bulk(MPI_Comm comm, const BulkOptions& options) {
  check(options);
  const bool first = parallel::rank_of(comm) == 0;
  parallel::together(comm, [&] {
    if (first) OutputFolder(options.out).open("panel", {});
  });
  const auto panel = make_panel(options);
  const auto array =
      platform_text("probe", options, panel, array_probes, [](double x) { return fmt::format("{:.3f}", x); });
  const auto cage =
      platform_text("promoter", options, panel, promoters, [](double x) { return fmt::format("{:.1f}", x); });
  parallel::together(comm, [&] {
    if (first) write_files(options, panel, array, cage);
  });
  BulkSummary summary{.n_genes = std::ssize(panel.genes),
                      .n_true = std::ranges::count_if(panel.genes, [](const auto& g) { return g.role != "none"; }),
                      .n_array_probes = array.n_probes,
                      .n_promoters = cage.n_probes,
                      .switch_gene = panel.genes.front().name};
  for (std::size_t layer = 0; layer < 3; ++layer) {
    std::vector<double> leaning;
    for (const auto& line : panel.lines) leaning.push_back(line.leaning[layer]);
    summary.rho_switch[layer] =
        spearman(panel.of_lines(panel.genes.front().level, false), panel.of_lines(leaning, false));
  }
  return summary;
}

}  // namespace miura::simulate
