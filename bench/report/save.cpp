#include "bench/report/save.hpp"

#include <cerrno>
#include <chrono>
#include <fstream>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "standalone/files.hpp"

namespace td::bench {

namespace {

namespace fs = std::filesystem;

result<void> write(const fs::path& file, std::string_view text) {
  errno = 0;
  std::ofstream out{file, std::ios::binary};
  out << text << std::flush;
  if (!out) return system_failure("cannot write", file);
  return ok();
}

}  // namespace

fs::path default_result_file(std::string_view name) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return fs::path{"build/bench-results"} / fmt::format("{}-{:%Y-%m-%dT%H%M%SZ}.json", name, now);
}

result<fs::path> save_report(const fs::path& file, std::string_view json, const report_page& page) {
  std::error_code error;
  if (file.has_parent_path()) fs::create_directories(file.parent_path(), error);
  if (auto r = write(file, json); !r) return r.error();
  auto beside = file;
  beside.replace_extension(".html");
  if (auto r = write(beside, page.html()); !r) return r.error();
  return beside;
}

}  // namespace td::bench
