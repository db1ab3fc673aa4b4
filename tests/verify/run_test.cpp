// The command itself, against real servers, through the binary.

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "standalone/child_process.hpp"
#include "standalone/process_identity.hpp"
#include "storage/pg.hpp"
#include "tests/support/process.hpp"
#include "verify/messages.hpp"
#include "verify/workplace.hpp"

namespace td::verify {

namespace {

using namespace std::chrono_literals;
using test::child_process;
namespace fs = std::filesystem;

/// A folder that the servers' accounts can enter, removed in the end whatever became of it.
struct folder {
  workplace place = *workplace::make({});
  ~folder() {
    std::error_code error;
    fs::remove_all(place.folder(), error);
  }
};

/// A run of the command, in `in`, with few events.
class verify_run {
 public:
  verify_run(const folder& in, std::vector<std::string> more)
      : child_{command(in.place.folder().string(), std::move(more))} {}

  child_process& process() { return child_; }

  /// The exit status, and the JSON that it printed.
  int wait() {
    BOOST_REQUIRE_MESSAGE(child_.await_output("\"result\":", 1, 240s), child_.output());
    const auto all = child_.output();
    const auto from = all.rfind('\n', all.find("\"result\":")) + 1;
    result = boost::json::parse(all.substr(from, all.find('\n', from) - from)).as_object();
    const int status = child_.end(0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::int64_t number(const char* name) const { return result.at(name).to_number<std::int64_t>(); }

  boost::json::object result;

 private:
  static std::vector<std::string> command(const std::string& directory,
                                          std::vector<std::string> more) {
    std::vector<std::string> all{TAYLORDASH_BINARY, "verify",     "--json", "--data-dir",
                                 directory,         "--patience", "30"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  child_process child_;
};

/// One of the first events that producer 0 of this seed publishes, and publishes once only: nothing
/// brings it back when it has vanished.
uuid victim_of(std::uint64_t seed) {
  message_maker maker{seed, 0};
  for (;;) {
    const auto m = maker.next(now());
    if (!m.expected.dead_letter && m.again == repeat::never) return m.expected.key;
  }
}

/// Looks into the running instance as soon as there is one, until `sql` has changed a row.
void sabotage(const folder& in, verify_run& run, const std::string& sql) {
  const auto deadline = std::chrono::steady_clock::now() + 120s;
  for (; std::chrono::steady_clock::now() < deadline; std::this_thread::sleep_for(20ms)) {
    std::ifstream file{in.place.environment()};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    const auto found = read_addresses(text);
    if (!found) continue;
    auto session = pg::session::open({.url = found->database_url});
    while (session) {
      const auto changed = session->exec(sql);
      if (changed && changed->affected() == 1) return;
      if (!changed || std::chrono::steady_clock::now() > deadline) break;
      std::this_thread::sleep_for(5ms);
    }
  }
  BOOST_FAIL("the instance never had a row to change: " + run.process().output());
}

BOOST_AUTO_TEST_CASE(passes_while_everything_is_killed) {
  const folder in;
  verify_run run{in, {"--events", "5000", "--rounds", "1", "--seed", "1"}};
  BOOST_TEST(run.wait() == 0);
  BOOST_TEST(run.result.at("result") == "pass", run.process().output());
  BOOST_TEST(run.number("stored") + run.number("dead_lettered") == run.number("published"));
  BOOST_TEST(run.number("published") >= 5000);
  BOOST_TEST(run.number("dead_lettered") > 50);
  BOOST_TEST(run.number("redelivered") > 0);
  for (const auto* kind : {"service", "postgres", "broker"})
    BOOST_TEST(run.result.at("faults").at(kind).to_number<int>() == 1);
  BOOST_TEST(run.result.at("ledger").at("samples").to_number<int>() > 0);
  BOOST_TEST(fs::is_empty(in.place.folder()));
}

/// Plants one flaw behind the product's back; verify has to see it, name it, and keep the evidence.
void must_find(const char* flaw, const std::string& statement, bool names_it = true) {
  constexpr std::uint64_t seed = 2;
  const folder in;
  verify_run run{in, {"--events", "30000", "--faults", "none", "--seed", std::to_string(seed)}};
  sabotage(in, run,
           fmt::format(fmt::runtime(statement), "event_id = '" + to_string(victim_of(seed)) + "'"));
  BOOST_TEST(run.wait() == 1);
  BOOST_TEST(run.result.at("result") == "fail");
  BOOST_TEST(run.number(flaw) == 1);
  const auto& examples = run.result.at("examples").at(flaw).as_array();
  BOOST_REQUIRE(examples.size() == 1U);
  const auto named = examples.front().as_string().find(to_string(victim_of(seed)));
  BOOST_TEST((named != boost::json::string::npos) == names_it);
  BOOST_TEST(fs::exists(in.place.service_log()));
}

BOOST_AUTO_TEST_CASE(fails_when_a_stored_event_vanishes) {
  must_find("lost", "DELETE FROM events_mirror WHERE {}");
}

BOOST_AUTO_TEST_CASE(fails_when_a_payload_changes) {
  must_find("altered", "UPDATE events_mirror SET payload = payload || '{{\"n\":-1}}' WHERE {}");
}

BOOST_AUTO_TEST_CASE(fails_when_an_event_appears_from_nowhere) {
  must_find("invented",
            "INSERT INTO events_mirror SELECT gen_random_uuid(), trace_id, occurred_at, "
            "received_at, batch_id, batch_index, schema_version, kind, source, topic, payload "
            "FROM events_mirror WHERE {}",
            false);
}

BOOST_AUTO_TEST_CASE(stops_early_and_in_order_when_asked_to) {
  const folder in;
  verify_run run{in, {"--events", "20000000", "--rounds", "0", "--seed", "3"}};
  BOOST_REQUIRE(run.process().await_output("publishing", 1, 120s));
  run.process().signal(SIGINT);
  BOOST_TEST(run.wait() == 1);
  BOOST_TEST(run.result.at("stopped_early").as_bool());
  BOOST_TEST(run.number("lost") == 0);
  BOOST_TEST(run.number("duplicates") == 0);
  BOOST_TEST(run.result.at("complaints").as_array().size() == 1U, run.process().output());
  const auto record = read_process_record(in.place.postgres_record());
  BOOST_TEST((!record || !open_process(record->process)));
}

BOOST_AUTO_TEST_CASE(says_why_it_cannot_begin) {
  const folder in;
  std::ofstream{in.place.folder() / "precious"} << "data";
  child_process refused{{TAYLORDASH_BINARY, "verify", "--data-dir", in.place.folder().string()}};
  BOOST_TEST(refused.await_output("not empty"));
  const int status = refused.end(0);
  BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 1));
}

}  // namespace

}  // namespace td::verify
