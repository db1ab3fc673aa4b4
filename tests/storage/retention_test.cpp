#include "storage/retention.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;
using std::chrono::days;

namespace {

retention_policy events_of(std::string prefix, std::string kind, std::int32_t keep) {
  return {.what = retained::events,
          .topic_prefix = std::move(prefix),
          .kind = std::move(kind),
          .keep_days = keep};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(retention_rules_)

BOOST_AUTO_TEST_CASE(the_longest_prefix_counts_and_then_the_kind) {
  const retention_rules rules{{.events = days{30}, .dead_letters = days{30}},
                              {events_of("a/", "", 10), events_of("", "k", 50),
                               events_of("a/b'\\", "", 20), events_of("a/", "k", 40)}};
  BOOST_TEST((rules.longest_kept() == days{50}));
  BOOST_TEST((rules.shortest_kept() == days{10}));
  auto session = must(pg::session::open({.url = postgres_server::shared().url("postgres")}));
  const auto keep_of = [&](const std::string& topic, const std::string& kind) {
    const auto from = "FROM (SELECT $1::text AS topic, nullif($2::text, '') AS kind) e";
    const auto r = must(
        session.exec("SELECT " + rules.policy_sql(retained::events) + " " + from, {topic, kind}));
    const auto policy = r.number(0, 0);
    const auto keep =
        policy < 0 ? 30
                   : rules.policies(retained::events)[static_cast<std::size_t>(policy)].keep_days;
    // What has expired follows the same choice, from the first day behind it on.
    for (const auto age : {keep, keep + 1}) {
      const auto x =
          must(session.exec("SELECT " + rules.expired_sql(days{age}) + " " + from, {topic, kind}));
      BOOST_TEST(x.truth(0, 0) == (age > keep));
      BOOST_TEST(!x.is_null(0, 0));
    }
    return keep;
  };
  BOOST_TEST(keep_of("a/b'\\c", "k") == 20);
  BOOST_TEST(keep_of("a/b", "k") == 40);
  BOOST_TEST(keep_of("a/b", "other") == 10);
  BOOST_TEST(keep_of("b", "k") == 50);
  BOOST_TEST(keep_of("b", "other") == 30);
  BOOST_TEST(keep_of("a/b", "") == 10);  // no kind is known: only policies without one
  BOOST_TEST(keep_of("b", "") == 30);
}

BOOST_AUTO_TEST_CASE(without_policies_the_settings_count) {
  const retention_rules rules{{.events = days{30}, .dead_letters = days{30}}, {}};
  BOOST_TEST(rules.expired_sql(days{30}) == "false");
  BOOST_TEST(rules.expired_sql(days{31}) == "true");
  BOOST_TEST((rules.longest_kept() == rules.shortest_kept()));
}

BOOST_AUTO_TEST_CASE(two_clocks_must_agree_and_the_one_behind_counts) {
  const timestamp noon = parse_rfc3339("2026-11-20T12:00:00Z").value();
  const auto day = std::chrono::floor<days>(noon);
  BOOST_TEST((trusted_today(noon, noon) == day));
  BOOST_TEST((trusted_today(noon + 12h, noon + 11h + 59min) == day));
  BOOST_TEST(!trusted_today(noon, noon + 61min));
  BOOST_TEST(!trusted_today(noon + 61min, noon));
}

BOOST_AUTO_TEST_SUITE_END()
