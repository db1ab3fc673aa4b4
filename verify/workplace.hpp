#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "http/client.hpp"
#include "mqtt/lane_session.hpp"
#include "pipeline/result.hpp"

namespace td::verify {

/// Where a run works: the instance's data directory and what the service says, in one folder.
class workplace {
 public:
  /// With an empty `wanted`, a new folder below /var/tmp: short enough for the servers' sockets,
  /// and open to their accounts when we are root. Else `wanted`, which must be empty or not there
  /// yet: what is published here is made up, and has no place among real events.
  /// configuration_invalid: it is not, or can't be made.
  /// `purpose` is part of the new folder's name.
  static result<workplace> make(const std::filesystem::path& wanted,
                                std::string_view purpose = "verify");

  const std::filesystem::path& folder() const noexcept { return folder_; }
  std::filesystem::path data() const { return folder_ / "data"; }
  std::filesystem::path environment() const { return data() / "run" / "env"; }
  std::filesystem::path postgres_record() const { return data() / "run" / "postgresql.process"; }
  std::filesystem::path broker_record() const { return data() / "run" / "mosquitto.process"; }
  std::filesystem::path service_log() const { return folder_ / "service.log"; }
  std::filesystem::path service_record() const { return folder_ / "service.process"; }

  /// Removes all of it; the folder itself only if we made it. Nothing may run in there.
  result<void> remove() const;

 private:
  workplace(std::filesystem::path folder, bool ours) : folder_{std::move(folder)}, ours_{ours} {}

  std::filesystem::path folder_;
  bool ours_;
};

/// How to reach a running instance.
struct addresses {
  broker_options broker{};     ///< as a producer
  std::string database_url{};  ///< a secret
  http_url http{};
};

/// Reads an instance's run/env: shell assignments with values in single quotes.
/// configuration_invalid: one is missing or makes no sense.
result<addresses> read_addresses(std::string_view text);

/// The last lines of a file, for a message; empty when there are none.
std::string last_lines(const std::filesystem::path& file, std::size_t lines);

}  // namespace td::verify
