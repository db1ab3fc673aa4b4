#include "bench/bench_options.hpp"

#include <unistd.h>

#include <fmt/format.h>

namespace td::bench {

namespace fs = std::filesystem;

std::string own_path() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).string();
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

void add_output(CLI::App& command, fs::path& output, const std::string& name) {
  command.add_option(
      "--output", output,
      fmt::format("the JSON file, the page beside it [build/bench-results/{}-DATE.json]", name));
}

void add_lanes_and_seed(CLI::App& command, std::size_t& lanes, std::uint64_t& seed) {
  command.add_option("--lanes", lanes, "lanes and database connections of the service")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_option("--seed", seed, "of the event ids")->capture_default_str();
}

void add_load_connections(CLI::App& command, unsigned& producers, std::size_t& window) {
  command.add_option("--producers", producers, "connections that publish")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_option("--window", window, "unacknowledged messages of each")
      ->check(CLI::Range(1, 32767))
      ->capture_default_str();
}

}  // namespace td::bench
