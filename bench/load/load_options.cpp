#include "bench/load/load_options.hpp"

#include <string>

namespace td::bench {

CLI::Option* add_profile_option(CLI::App& command, std::optional<load_profile>& to) {
  return command
      .add_option_function<std::string>(
          "--profile",
          [&to](const std::string& text) {
            auto read = parse_profile(text);
            if (!read) throw CLI::ValidationError("--profile", read.error().detail);
            to = std::move(*read);
          },
          "open loop by a schedule: '20k/s 60s', a ramp '1k/s..50k/s 2m', a stair 'steps "
          "5k/s..30k/s by 5k/s each 20s', bursts '10k/s 60s + 2000 every 5s', pieces joined by "
          "commas")
      ->type_name("TEXT");
}

void add_mix_options(CLI::App& command, event_mix& to) {
  command
      .add_option_function<std::string>(
          "--sizes",
          [&to](const std::string& text) {
            auto read = parse_sizes(text);
            if (!read) throw CLI::ValidationError("--sizes", read.error().detail);
            to.sizes = std::move(*read);
          },
          "bytes of an event, or a mix as bytes:parts: 350:90,4096:9,65536:1 [350]")
      ->type_name("TEXT");
  const auto percent = CLI::Range(0, 100);
  command.add_option("--invalid", to.invalid, "per cent that break their schema: dead letters")
      ->check(percent)
      ->capture_default_str();
  command
      .add_option("--duplicate", to.duplicate,
                  "per cent that repeat an earlier event byte for byte: stored once")
      ->check(percent)
      ->capture_default_str();
  command
      .add_option("--out-of-order", to.out_of_order,
                  "per cent that occurred up to --late-by seconds before they are sent")
      ->check(percent)
      ->capture_default_str();
  command.add_option("--late-by", to.late_by_seconds, "of those out of order, seconds")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
}

}  // namespace td::bench
