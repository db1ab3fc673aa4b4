// A service that is started and stopped a hundred times in one process leaves nothing behind: no
// thread, no file descriptor, no memory. With events each time, against a real broker and a real
// database.

#include <filesystem>
#include <malloc.h>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <prometheus/registry.h>

#include "actors/service.hpp"
#include "mqtt/publisher.hpp"
#include "tests/storage/fixtures.hpp"
#include "tests/support/broker.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

using namespace td;
using namespace std::chrono_literals;

namespace {

constexpr int cycles = 100;
constexpr int warm_cycles = 20;  // caches of the libraries, the allocator's and ours fill
constexpr int events = 20;       // of each cycle

std::size_t entries_of(const char* folder) {
  const std::filesystem::directory_iterator all{folder};
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::size_t allocated() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

struct footprint {
  std::size_t descriptors = entries_of("/proc/self/fd");
  std::size_t threads = entries_of("/proc/self/task");
  std::size_t bytes = allocated();
};

std::string body_of(int number) {
  return fmt::format(
      R"({{"event_id":"{:08x}-0000-4000-8000-000000000000","occurred_at":"{}",)"
      R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","kind":"lifecycle_seen","source":"test",)"
      R"("payload":{{"n":{}}}}})",
      number, to_rfc3339(now()), number);
}

struct world {
  // Its log grows in this process: it must not say more in a slow run than in a fast one.
  test::broker broker{{.further = {"connection_messages false", "autosave_interval 86400"}}};
  test::fresh_database database;
  settings set;
  int published{};

  world() {
    set.database.url = database.options.url;
    set.mqtt.host = broker.options().host;
    set.mqtt.port = broker.port();
    set.shutdown.grace = 30s;
  }

  void publish() {
    const auto p = make_publisher({.broker = broker.options(), .client_id = "lifecycle"});
    test::must(p->connect());
    for (int i = 0; i < events; ++i, ++published) {
      BOOST_REQUIRE(test::must(p->publish("tracker/events/tasks/seen", body_of(published), 0)));
    }
    while (p->in_flight() > 0)
      test::must(p->poll(100ms));
  }

  /// Start, events, until all of them are acknowledged, stop.
  void cycle() {
    const auto service =
        test::must(start_service(set, [](const failure& why) { BOOST_ERROR(to_string(why)); }));
    BOOST_REQUIRE(service->wait_ready(30s));
    publish();
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (service->snapshot().counts.stored < events) {
      BOOST_REQUIRE(std::chrono::steady_clock::now() < end);
      std::this_thread::sleep_for(1ms);
    }
    BOOST_TEST(!service->metrics()->Collect().empty());
    service->stop();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(lifecycle)

BOOST_FIXTURE_TEST_CASE(a_hundred_starts_and_stops_leave_nothing_behind, world) {
  for (int i = 0; i < warm_cycles; ++i)
    cycle();
  std::this_thread::sleep_for(200ms);  // the same, with nothing to wait for
  const footprint before;
  for (int i = 0; i < cycles; ++i)
    cycle();
  // CAF counts a detached actor as ended a moment before its thread is.
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (entries_of("/proc/self/task") != before.threads && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(1ms);
  const footprint after;
  BOOST_TEST_MESSAGE(
      fmt::format("{} cycles: descriptors {} -> {}, threads {} -> {}, heap {} -> {} bytes", cycles,
                  before.descriptors, after.descriptors, before.threads, after.threads,
                  before.bytes, after.bytes));
  BOOST_TEST(after.descriptors == before.descriptors);
  BOOST_TEST(after.threads == before.threads);
  // Two pointers left behind by each cycle would show; what the servers log meanwhile is less.
  BOOST_TEST(after.bytes < before.bytes + cycles * 2 * sizeof(void*));
  BOOST_TEST(database.number("SELECT count(*) FROM events_mirror") == published);
}

BOOST_AUTO_TEST_SUITE_END()
