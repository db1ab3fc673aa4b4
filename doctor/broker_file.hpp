#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"

namespace td {

/// Mosquitto's configuration as it is written: each option with its place. `include_dir` is
/// followed, files by name as Mosquitto does.
struct broker_file {
  struct option {
    std::string name{};
    std::string value{};
    std::filesystem::path file{};
    std::size_t line{};
  };

  std::filesystem::path file{};
  std::vector<option> options{};

  /// The one that counts: Mosquitto takes the last. Null when it is not there.
  const option* find(std::string_view name) const noexcept;

  std::optional<std::int64_t> number(std::string_view name) const noexcept;
  /// "true" or "1" and "false" or "0".
  std::optional<bool> truth(std::string_view name) const noexcept;

  /// "/etc/mosquitto/mosquitto.conf:12", or the file alone where the option is to be added.
  std::string place_of(std::string_view name) const;
};

/// configuration_invalid: it can't be read, with the reason.
result<broker_file> read_broker_file(const std::filesystem::path& file);

/// The lines of one file, without those it includes. For tests and for `read_broker_file`.
std::vector<broker_file::option> broker_options_in(std::string_view text,
                                                   const std::filesystem::path& file);

}  // namespace td
