#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;

namespace {

struct lane_fixture : fresh_database {
  std::unique_ptr<lane_store> one = open();
  std::unique_ptr<lane_store> two = open();

  std::unique_ptr<lane_store> open() { return must(open_lane_store(options)); }

  /// "1 leased here, 2 free retiring"
  static std::string shown(lane_store& s) {
    std::string out;
    for (const auto& l : must(s.list())) {
      if (!out.empty()) out += ", ";
      out += std::to_string(l.slot.slot) + (l.leased ? " leased" : " free");
      if (l.leased_here) out += " here";
      if (l.slot.ordered) out += " ordered";
      if (l.slot.retiring) out += " retiring";
    }
    return out;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(lane_store_, lane_fixture)

BOOST_AUTO_TEST_CASE(names_clients_after_deployment_and_slot) {
  const auto id = to_string(must(one->deployment()));
  BOOST_TEST((must(two->deployment()) == must(one->deployment())));
  const auto hex = id.substr(0, 8) + id.substr(9, 4);
  const auto plain = must(one->create(false));
  const auto ordered = must(one->create(true));
  BOOST_TEST(plain.slot == 1);
  BOOST_TEST(plain.client_id == "taylordash-" + hex + "-1");
  BOOST_TEST(ordered.slot == 2);
  BOOST_TEST(ordered.client_id == "taylordash-" + hex + "-2-ordered");
  BOOST_TEST(must(two->list())[1].slot.client_id == ordered.client_id);
}

BOOST_AUTO_TEST_CASE(a_lease_excludes_others_until_it_is_released) {
  must(one->create(false));
  BOOST_TEST(shown(*one) == "1 leased here");
  BOOST_TEST(shown(*two) == "1 leased");
  BOOST_TEST(must(one->lease(1)));  // ours already
  BOOST_TEST(!must(two->lease(1)));
  must(one->release(1));
  must(one->release(1));
  BOOST_TEST(must(two->lease(1)));
  BOOST_TEST(!must(one->lease(1)));
}

BOOST_AUTO_TEST_CASE(leases_end_with_the_connection) {
  must(one->create(false));
  must(one->create(false));
  one.reset();
  await(eye, "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'");
  BOOST_TEST(shown(*two) == "1 free, 2 free");
  BOOST_TEST(must(two->lease(2)));
}

BOOST_AUTO_TEST_CASE(a_lost_connection_is_noticed_and_the_slots_are_free) {
  must(one->create(false));
  must(one->confirm());
  run("SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'");
  const auto lost = one->confirm();
  BOOST_TEST_REQUIRE(!lost);
  BOOST_TEST((lost.error().code == errc::database_away));
  BOOST_TEST(!one->lease(1));
  BOOST_TEST(must(two->lease(1)));
  must(one->reconnect());
  must(one->confirm());
  BOOST_TEST(shown(*one) == "1 leased");
  BOOST_TEST(!must(one->lease(1)));
}

BOOST_AUTO_TEST_CASE(a_slot_is_removed_by_its_holder_alone) {
  must(one->create(false));
  const auto r = two->remove(1);
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::lease_lost));
  must(one->remove(1));
  BOOST_TEST(shown(*two) == "");
  BOOST_TEST(number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0);
  BOOST_TEST(must(two->create(false)).slot == 1);  // the lowest free number again
}

BOOST_AUTO_TEST_CASE(retiring_survives_its_owner) {
  must(one->create(false));
  must(one->retire(1));
  must(one->retire(77));
  one.reset();
  await(eye, "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'");
  BOOST_TEST(shown(*two) == "1 free retiring");
  BOOST_TEST(must(two->lease(1)));
  must(two->remove(1));
}

BOOST_AUTO_TEST_CASE(fills_the_lowest_free_number) {
  for (int n = 0; n < 4; ++n)
    must(one->create(false));
  must(one->remove(2));
  must(one->remove(3));
  BOOST_TEST(must(two->create(false)).slot == 2);
  BOOST_TEST(must(one->create(false)).slot == 3);
  BOOST_TEST(must(one->create(false)).slot == 5);
}

BOOST_AUTO_TEST_CASE(stores_that_create_at_once_never_get_the_same_slot) {
  constexpr int stores = 6;
  constexpr int each = 8;
  std::vector<std::vector<std::int32_t>> got(stores);
  std::vector<std::unique_ptr<lane_store>> all;
  for (int n = 0; n < stores; ++n)
    all.push_back(open());
  std::vector<std::thread> threads;
  for (std::size_t n = 0; n < stores; ++n) {
    threads.emplace_back([&, n] {
      for (int i = 0; i < each; ++i) {
        const auto made = all[n]->create(false);
        if (made) got[n].push_back(made->slot);
        // Somebody gives numbers back meanwhile.
        if (made && i % 3 == 0 && all[n]->remove(made->slot)) got[n].pop_back();
      }
    });
  }
  for (auto& t : threads)
    t.join();
  std::set<std::int32_t> slots;
  std::size_t count = 0;
  for (const auto& g : got) {
    slots.insert(g.begin(), g.end());
    count += g.size();
  }
  BOOST_TEST(count == stores * 5u);
  BOOST_TEST(slots.size() == count);
  BOOST_TEST(number("SELECT count(*) FROM ingest_lanes") == static_cast<std::int64_t>(count));
  BOOST_TEST(number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") ==
             static_cast<std::int64_t>(count));
}

BOOST_AUTO_TEST_CASE(a_deployment_has_one_ordered_lane) {
  must(one->create(true));
  const auto second = two->create(true);
  BOOST_TEST_REQUIRE(!second);
  BOOST_TEST((second.error().code == errc::database_conflict));
  BOOST_TEST(shown(*two) == "1 leased ordered");
  BOOST_TEST(number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 1);
  must(one->retire(1));
  BOOST_TEST(must(two->create(true)).slot == 2);
}

BOOST_AUTO_TEST_CASE(leases_are_of_one_database) {
  fresh_database elsewhere;
  auto other = must(open_lane_store(elsewhere.options));
  must(one->create(false));
  BOOST_TEST(must(other->create(false)).slot == 1);
  BOOST_TEST(shown(*one) == "1 leased here");
}

BOOST_AUTO_TEST_CASE(a_lease_that_the_server_does_not_hold_is_lost) {
  // As behind a pooler that deals our statements to several connections.
  must(one->create(false));
  must(one->confirm());
  run("CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "PERFORM pg_advisory_unlock_all(); RETURN NULL; END $$; "
      "CREATE TRIGGER forget AFTER UPDATE ON ingest_lanes EXECUTE FUNCTION forget()");
  must(one->retire(1));
  const auto r = one->confirm();
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::lease_lost));
  must(one->reconnect());
  BOOST_TEST(must(one->lease(1)));
  must(one->confirm());
}

BOOST_AUTO_TEST_SUITE_END()
