#include "actors/doctor.hpp"

#include "doctor/codes.hpp"

#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "tests/actors/deterministic.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

/// A doctor whose looks find what the test says.
struct practice : deterministic {
  examination next{{}, true, true};
  std::vector<doctor_options> looks;
  bool throws{};

  doctor_actor start() {
    return make_scheduled_doctor(sys, shared, [this](const doctor_options& o, doctor_memory& m) {
      looks.push_back(o);
      if (throws) throw std::runtime_error("the look broke");
      m.dropped = m.dropped.value_or(0) + 1;
      return next;
    });
  }

  void become_ready() { shared->board.expect_lanes(0); }

  std::vector<std::string> codes() const {
    std::vector<std::string> all;
    for (const auto& f : shared->board.findings())
      all.push_back(f.code);
    return all;
  }
};

finding some(const char* code, severity level) {
  return make_finding(code, level, "what", "mend", "where");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(doctor_actor_test, practice)

BOOST_AUTO_TEST_CASE(looks_once_the_service_is_ready_and_every_ten_minutes) {
  auto doctor = start();
  advance(2s);
  BOOST_TEST(looks.empty());
  become_ready();
  advance(1s);
  BOOST_TEST(looks.size() == 1u);
  BOOST_TEST(looks[0].broker.quick);
  advance(9min);
  BOOST_TEST(looks.size() == 1u);
  advance(1min);
  BOOST_TEST(looks.size() == 2u);
  end(doctor);
}

BOOST_AUTO_TEST_CASE(a_service_that_does_not_become_ready_is_looked_at_all_the_same) {
  auto doctor = start();
  advance(11s);
  BOOST_TEST(looks.size() == 1u);
  end(doctor);
}

BOOST_AUTO_TEST_CASE(the_board_holds_what_was_found_the_worst_first_and_nothing_that_is_ok) {
  become_ready();
  next.findings = {some("database_fsync", severity::ok), some("database_disk", severity::warning),
                   some("broker_dropped", severity::danger)};
  auto doctor = start();
  run();
  BOOST_TEST(codes() == (std::vector<std::string>{"broker_dropped", "database_disk"}),
             boost::test_tools::per_element());
  next.findings = {};
  advance(10min);
  BOOST_TEST(codes().empty());
  end(doctor);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_looked_at_keeps_its_findings_and_is_tried_again_soon) {
  become_ready();
  next.findings = {some("broker_dropped", severity::danger),
                   some("database_disk", severity::warning)};
  auto doctor = start();
  run();
  next = {{some("database_reachable", severity::danger)}, true, false, {}, "no answer"};
  advance(10min);
  BOOST_TEST(codes() == (std::vector<std::string>{"database_disk", "database_reachable"}),
             boost::test_tools::per_element());
  const auto failed = shared->board.findings().back();
  BOOST_TEST((failed.level == severity::warning));
  BOOST_TEST(failed.what.starts_with("the doctor could not look since 2"));
  BOOST_TEST(failed.what.ends_with("are up: no answer"));
  advance(30s);
  BOOST_TEST(looks.size() == 3u);
  BOOST_TEST(shared->board.findings().back().what == failed.what);  // since the first time
  next = {{}, true, true};
  advance(59s);
  BOOST_TEST(looks.size() == 3u);  // twice as long each time
  advance(1s);
  BOOST_TEST(looks.size() == 4u);
  BOOST_TEST(codes().empty());
  end(doctor);
}

BOOST_AUTO_TEST_CASE(servers_that_are_away_are_not_asked) {
  become_ready();
  shared->board.report(dependency_broker, "lane 1", false, "gone");
  auto doctor = start();
  advance(11s);
  BOOST_REQUIRE(looks.size() == 1u);
  BOOST_TEST(!looks[0].look_at_broker);
  BOOST_TEST(looks[0].look_at_database);
  end(doctor);
}

BOOST_AUTO_TEST_CASE(the_end_of_the_doctor_touches_nothing_else) {
  become_ready();
  bool fatal = false;
  shared->fatal = [&](const failure&) { fatal = true; };
  throws = true;
  auto doctor = start();
  run();
  BOOST_TEST(!fatal);
  BOOST_TEST(shared->board.ready());
}

BOOST_AUTO_TEST_SUITE_END()
