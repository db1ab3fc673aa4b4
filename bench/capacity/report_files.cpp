#include <fstream>

#include <fmt/format.h>

#include "bench/capacity/report.hpp"
#include "standalone/files.hpp"

namespace td::bench {

namespace {

namespace fs = std::filesystem;

result<void> write(const fs::path& file, const std::string& text) {
  std::ofstream out{file, std::ios::binary | std::ios::trunc};
  out << text << std::flush;
  if (!out) return system_failure("cannot write", file);
  return ok();
}

}  // namespace

result<void> check_report_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return failure{errc::configuration_invalid,
                   fmt::format("--report {}: {}", folder.string(), error.message())};
  }
  const auto probe = folder / ".capacity-probe";
  if (auto r = write(probe, ""); !r) return r;
  fs::remove(probe, error);
  return ok();
}

result<report_files> write_report(const capacity_result& r, const fs::path& folder) {
  if (auto fine = check_report_folder(folder); !fine) return fine.error();
  const report_files files{folder / "capacity.html", folder / "capacity.json"};
  if (auto w = write(files.page, to_html(r)); !w) return w.error();
  if (auto w = write(files.data, to_json(r) + "\n"); !w) return w.error();
  return files;
}

}  // namespace td::bench
