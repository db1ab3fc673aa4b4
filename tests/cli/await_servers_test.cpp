#include "cli/await_servers.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>

using namespace td;
using namespace std::chrono_literals;

namespace {

/// An attempt that fails with these codes, one after the other, and then succeeds.
struct attempts {
  std::vector<errc> failures;
  std::size_t made{};

  result<void> operator()() {
    if (made < failures.size()) return failure{failures[made++], "as planned"};
    ++made;
    return ok();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(await_servers_test)

BOOST_AUTO_TEST_CASE(goes_on_until_the_servers_answer) {
  stop_signal stop;
  attempts a{{errc::database_away, errc::broker_away, errc::timed_out}};
  BOOST_TEST(await_servers(stop, 1min, std::ref(a)).has_value());
  BOOST_TEST(a.made == 4u);
}

BOOST_AUTO_TEST_CASE(gives_up_at_once_where_waiting_does_not_mend) {
  for (const auto code : {errc::permission_denied, errc::schema_too_new, errc::broker_refused,
                          errc::configuration_invalid, errc::internal}) {
    stop_signal stop;
    attempts a{{code, code}};
    const auto done = await_servers(stop, 1min, std::ref(a));
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == code));
    BOOST_TEST(a.made == 1u);
  }
}

BOOST_AUTO_TEST_CASE(gives_up_when_its_patience_ends) {
  stop_signal stop;
  attempts never{std::vector<errc>(1000, errc::database_away)};
  const auto begin = std::chrono::steady_clock::now();
  const auto done = await_servers(stop, 300ms, std::ref(never));
  BOOST_TEST((std::chrono::steady_clock::now() - begin >= 300ms));
  BOOST_REQUIRE(!done);
  BOOST_TEST((done.error().code == errc::database_away));
  BOOST_TEST(never.made >= 2u);
}

BOOST_AUTO_TEST_CASE(tries_once_without_patience) {
  stop_signal stop;
  attempts a{{errc::database_away}};
  BOOST_TEST(!await_servers(stop, 0ms, std::ref(a)));
  BOOST_TEST(a.made == 1u);
}

BOOST_AUTO_TEST_CASE(ends_with_a_stop) {
  stop_signal stop;
  attempts never{std::vector<errc>(1000, errc::database_away)};
  std::jthread elsewhere{[&stop] { stop.request(); }};
  const auto done = await_servers(stop, 1h, std::ref(never));
  BOOST_REQUIRE(!done);
  BOOST_TEST((done.error().code == errc::stopping));
}

BOOST_AUTO_TEST_SUITE_END()
