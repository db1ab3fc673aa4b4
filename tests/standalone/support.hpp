#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "mqtt/publisher.hpp"
#include "pipeline/uuid.hpp"
#include "standalone/instance.hpp"
#include "tests/support/process.hpp"

namespace td::test {

/// The value of a result that must be one.
template <class T>
T must(result<T> r) {
  BOOST_REQUIRE_MESSAGE(r, (r ? std::string{} : to_string(r.error())));
  return std::move(*r);
}
inline void must(result<void> r) {
  BOOST_REQUIRE_MESSAGE(r, (r ? std::string{} : to_string(r.error())));
}

/// The detail of a failure that must be one, with this code.
template <class T>
std::string refusal(const result<T>& r, errc code) {
  BOOST_REQUIRE(!r);
  BOOST_TEST((r.error().code == code), to_string(r.error()));
  return r.error().detail;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// What psql prints for a statement; "failed: ..." when it fails.
inline std::string psql(const std::string& url, const std::string& sql) {
  child_process run(
      {"/usr/lib/postgresql/15/bin/psql", url, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql});
  run.await_output("no such line");  // until its output ends
  auto output = run.output();
  const bool fine = run.end(0) == 0;
  while (!output.empty() && output.back() == '\n')
    output.pop_back();
  return fine ? output : "failed: " + output;
}

/// A folder for data directories, which the servers' users may enter.
class instance_folder {
 public:
  instance_folder() : folder_{"tda"} { ::chmod(folder_.path().c_str(), 0711); }

  std::filesystem::path operator/(const std::string& name) const { return folder_.path() / name; }

 private:
  temp_dir folder_;
};

/// An instance that has been started once and stopped, made once for all tests: making a cluster
/// takes its time where the disk is busy.
inline const std::filesystem::path& used_instance() {
  static const instance_folder folder;
  static const auto made = [] {
    auto instance = must(standalone_instance::open({.data_dir = folder / "d"}));
    must(instance->start(-1));
    must(instance->stop());
    return folder / "d";
  }();
  return made;
}

/// Options for a data directory in `folder` that holds a copy of it with an identity and
/// credentials of its own.
inline standalone_options prepared(const instance_folder& folder, const std::string& name = "d") {
  child_process copy({"/usr/bin/cp", "-a", used_instance().string(), (folder / name).string()});
  copy.await_output("no such line");
  BOOST_REQUIRE(copy.end(0) == 0);
  const data_layout layout{folder / name};
  std::filesystem::remove(layout.ports());
  must(write_durably(layout.marker(), "layout=1\ninstance=" + to_string(random_uuid()) + "\n",
                     {0600}));
  for (const auto* secret : {"mqtt-service", "mqtt-producer", "mqtt-group"}) {
    must(write_durably(layout.secrets() / secret, random_secret(), {0600}));
  }
  standalone_options options;
  options.data_dir = layout.root;
  return options;
}

/// A running instance whose servers are stopped when it goes.
struct running_instance {
  explicit running_instance(standalone_options options)
      : instance{must(standalone_instance::open(options))} {
    must(instance->start(-1));
    must(instance->let_producers_in());
    instance->let_producers_in_when([](auto) { return true; });
    must(instance->announce());
  }
  ~running_instance() { BOOST_CHECK(instance->stop()); }

  standalone_instance* operator->() const { return instance.get(); }
  std::string url() const { return instance->postgres().url(); }

  std::unique_ptr<standalone_instance> instance;
};

/// The MQTT 5 reason code for one message, or 255 when the broker did not answer in time.
inline int publish_one(const broker_options& broker, const std::string& topic) {
  int reason = 255;
  auto p = make_publisher({.broker = broker,
                           .client_id = "publish-one",
                           .window = 10,
                           .acknowledged = [&](std::uint64_t, std::uint8_t r) { reason = r; }});
  must(p->connect());
  BOOST_REQUIRE(must(p->publish(topic, "{}", 1)));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (reason == 255 && std::chrono::steady_clock::now() < deadline) {
    if (auto polled = p->poll(std::chrono::milliseconds{100}); !polled) {
      BOOST_TEST_MESSAGE(to_string(polled.error()));
      break;
    }
  }
  return reason;
}

/// Waits until `condition` holds; false after `limit`.
template <class Condition>
bool eventually(Condition condition, std::chrono::seconds limit = std::chrono::seconds{20}) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::usleep(10000);
  }
  return true;
}

inline bool lives(pid_t pid) {
  return identify(pid).has_value();
}

inline mode_t mode_of(const std::filesystem::path& file) {
  struct stat status {};
  BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace td::test
