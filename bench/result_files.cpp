#include "bench/result_files.hpp"

#include <chrono>
#include <fstream>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace td::bench {

namespace fs = std::filesystem;

fs::path default_result_file(std::string_view bench) {
  const auto second = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return fs::path{"build/bench-results"} /
         fmt::format("{}-{:%Y-%m-%dT%H%M%SZ}.json", bench, second);
}

fs::path page_beside(const fs::path& json_file) {
  return fs::path{json_file}.replace_extension(".html");
}

result<void> write_result(const fs::path& file, std::string_view text) {
  std::error_code error;
  if (file.has_parent_path()) fs::create_directories(file.parent_path(), error);
  std::ofstream out{file};
  out << text << std::flush;
  if (out) return ok();
  return failure{errc::internal, fmt::format("cannot write '{}'", file.string())};
}

}  // namespace td::bench
