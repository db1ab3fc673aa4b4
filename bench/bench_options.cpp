#include "bench/bench_options.hpp"

#include <cstdlib>
#include <unistd.h>

#include <fmt/format.h>

#include "bench/result_files.hpp"
#include "standalone/files.hpp"

namespace td::bench {

namespace fs = std::filesystem;

std::string own_path() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).string();
}

std::string command_line() {
  // proc(5): the arguments, each with a zero behind it.
  const auto raw = read_text("/proc/self/cmdline").value_or("");
  std::string line;
  for (std::size_t at = 0; at < raw.size();) {
    const auto end = std::min(raw.find('\0', at), raw.size());
    const auto word = raw.substr(at, end - at);
    const bool plain = !word.empty() && word.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789_-./:=,%+@") == word.npos;
    line += (line.empty() ? "" : " ") + (plain ? word : "'" + word + "'");
    at = end + 1;
  }
  return line;
}

int fail(const failure& why) {
  fmt::print(stderr, "taylordash-bench: {}\n", to_string(why));
  return EXIT_FAILURE;
}

void add_own_servers(CLI::App& command, std::string& service, fs::path& folder) {
  service = (fs::path{own_path()}.parent_path().parent_path() / "taylordash").string();
  folder = fs::path{"/var/tmp"} / fmt::format("taylordash-bench-{}", ::getuid());
  command.add_option("--service", service, "the taylordash binary to measure")
      ->check(CLI::ExistingFile)
      ->capture_default_str();
  command.add_option("--data-dir", folder, "where the servers keep their data meanwhile")
      ->capture_default_str();
}

void add_load_connections(CLI::App& command, unsigned& producers, std::size_t& window) {
  command.add_option("--producers", producers, "connections that publish")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_option("--window", window, "unacknowledged messages of each")
      ->check(CLI::Range(1, 32767))
      ->capture_default_str();
}

int write_results(const fs::path& json_file, std::string_view json, std::string_view html) {
  const auto page = page_beside(json_file);
  if (auto r = write_result(json_file, json); !r) return fail(r.error());
  if (auto r = write_result(page, html); !r) return fail(r.error());
  fmt::print("\nall figures: {}\nto look at:  {}\n", json_file.string(), page.string());
  return EXIT_SUCCESS;
}

}  // namespace td::bench
