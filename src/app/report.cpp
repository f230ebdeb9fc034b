#include <fmt/format.h>

#include <filesystem>

#include "app/common_options.hpp"
#include "app/stored_page.hpp"
#include "app/subcommand.hpp"
#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

namespace {

struct ReportCommand {
  CommonOptions common;
  std::string result;
};

po::options_description describe(ReportCommand& o) {
  po::options_description options("miura report RESULT");
  options.add(describe(o.common, "RESULT"));
  po::options_description report("Report");
  report.add_options()("result", po::value(&o.result),
                       "result folder of run, map, mine, compare, differential or enrich");
  options.add(report);
  return options;
}

}  // namespace

int report(MPI_Comm comm, const std::vector<std::string>& arguments) {
  ReportCommand o;
  const auto options = describe(o);
  po::positional_options_description positional;
  positional.add("result", 1);
  if (!understand(comm, arguments, options, positional, o.common)) return 0;
  if (o.result.empty()) throw UsageError("no result: miura report RESULT");
  const std::filesystem::path result(o.result), folder(o.common.out.empty() ? o.result : o.common.out);
  bool other = true;
  if (std::error_code none; std::filesystem::equivalent(result, folder, none))
    other = render_again(comm, result);
  else
    render_elsewhere(comm, result, folder);
  if (!o.common.quiet)
    print(comm, fmt::format("{}{}\n", (folder / "report.html").string(), other ? "" : " is as it was"));
  return 0;
}

}  // namespace miura::app
