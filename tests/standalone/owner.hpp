#pragma once

#include <cstdio>
#include <string>

#include "tests/standalone/support.hpp"

namespace td::test {

/// The instance of a directory in a process of its own, which can be killed under its servers.
/// Whatever of it still runs in the end is stopped.
class owner {
 public:
  explicit owner(std::filesystem::path data_dir)
      : data_dir_{std::move(data_dir)}, process_{{TD_STANDALONE_OWNER, data_dir_.string()}} {}

  void await_ready() {
    BOOST_REQUIRE_MESSAGE(process_.await_output("ready", 1, std::chrono::seconds{60}),
                          process_.output());
    const auto output = process_.output();
    const auto ready = output.substr(output.find("ready postgres="));
    BOOST_REQUIRE(
        std::sscanf(ready.c_str(), "ready postgres=%d mosquitto=%d", &postgres, &mosquitto) == 2);
  }

  child_process& process() { return process_; }

  pid_t postgres{};
  pid_t mosquitto{};

 private:
  std::filesystem::path data_dir_;
  child_process process_;
};

/// Stops whatever is left of an instance when the test ends, however it ends.
struct cleanup {
  std::filesystem::path data_dir;
  ~cleanup() { BOOST_CHECK(stop_instance(data_dir, after_stop::purge, std::chrono::seconds{60})); }
};

}  // namespace td::test
