#include "storage/signing_key_store.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "storage/bytea.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

const auto sealing = crypto::sha256("the secret file");
const rotation_rule rule{};

struct signing_fixture : fresh_database {
  std::unique_ptr<signing_key_store> store = must(open_signing_key_store(options));
  timestamp start = now();

  std::vector<signing_key> rotated(timestamp at) {
    return must(store->rotate(sealing, rule, {.at = at}));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(signing_key_store_, signing_fixture)

BOOST_AUTO_TEST_CASE(the_first_key_is_made_once_and_opened_again) {
  const auto made = rotated(start);
  BOOST_TEST_REQUIRE(made.size() == 1u);
  BOOST_TEST(made.front().seed.has_value());
  const auto again = rotated(start + 1s);
  BOOST_TEST_REQUIRE(again.size() == 1u);
  BOOST_TEST(again.front().kid == made.front().kid);
  BOOST_TEST((again.front().seed == made.front().seed));
  BOOST_TEST((again.front().signs_from == start));
}

BOOST_AUTO_TEST_CASE(several_nodes_at_once_make_one_key) {
  std::vector<std::thread> threads;
  std::vector<std::string> kids(6);
  for (auto& kid : kids) {
    threads.emplace_back([this, &kid] {
      auto s = must(open_signing_key_store(options));
      kid = must(s->rotate(sealing, rule, {.at = start})).front().kid;
    });
  }
  for (auto& t : threads)
    t.join();
  for (const auto& kid : kids)
    BOOST_TEST(kid == kids.front());
  BOOST_TEST(number("SELECT count(*) FROM signing_keys") == 1);
}

BOOST_AUTO_TEST_CASE(a_dump_of_the_database_signs_nothing) {
  const auto key = rotated(start).front();
  BOOST_TEST(number("SELECT count(*) FROM signing_keys WHERE position('" +
                    to_bytea(crypto::view(*key.seed)).substr(2) +
                    "' IN encode(sealed_seed, 'hex')) > 0") == 0);
  BOOST_TEST(!must(store->load(crypto::sha256("another file"))).front().seed.has_value());
}

BOOST_AUTO_TEST_CASE(another_secret_file_is_noticed_before_it_makes_keys) {
  rotated(start);
  const auto r = store->rotate(crypto::sha256("another file"), rule, {});
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::configuration_invalid));
  BOOST_TEST(number("SELECT count(*) FROM signing_keys") == 1);
}

BOOST_AUTO_TEST_CASE(a_key_under_another_key_s_name_opens_nothing) {
  rotated(start);
  rotated(start + rule.rotate_every);
  run("UPDATE signing_keys a SET sealed_seed = b.sealed_seed FROM signing_keys b WHERE a.kid <> "
      "b.kid");
  for (const auto& k : must(store->load(sealing)))
    BOOST_TEST(!k.seed.has_value());
}

BOOST_AUTO_TEST_CASE(keys_rotate_with_overlap_and_it_is_recorded) {
  const auto first = rotated(start).front().kid;
  const auto due = start + rule.rotate_every;
  BOOST_TEST(rotated(due).size() == 2u);
  BOOST_TEST(rotated(due + rule.publish_ahead).size() == 2u);
  const auto after = rotated(due + rule.publish_ahead + rule.verify_after);
  BOOST_TEST_REQUIRE(after.size() == 1u);
  BOOST_TEST(after.front().kid != first);
  BOOST_TEST(value("SELECT string_agg(action, ', ' ORDER BY at, id) FROM auth_audit_log") ==
             "signing_key_made, signing_key_made, signing_key_retired");
}

BOOST_AUTO_TEST_SUITE_END()
