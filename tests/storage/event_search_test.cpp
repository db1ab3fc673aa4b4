#include "storage/event_search.hpp"

#include <algorithm>
#include <random>
#include <set>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "storage/event_place.hpp"
#include "storage/partitions.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::sys_days;

namespace {

/// Two closed days with indexes, yesterday without, and today; events come late and out of order.
struct searched : fresh_database {
  std::unique_ptr<mirror_store> mirror = must(open_mirror_store(options));
  std::unique_ptr<partition_store> partitions = must(open_partition_store(options));
  pg::session session = must(pg::session::open(options));
  sys_days today = floor<days>(now());
  std::mt19937_64 random{2026};
  std::uint32_t written{};
  std::set<uuid> all;

  /// A batch of events of these days (counted back from today).
  void write(std::initializer_list<int> ago, int events = 5) {
    batch_builder b;
    for (int i = 0; i < events; ++i) {
      const auto day = today - days{*(ago.begin() + random() % ago.size())};
      // Never ahead of the clock by more than the test of today takes.
      const auto second = std::chrono::seconds{random() % 86'000};
      const auto at = std::min(timestamp{day} + second, now());
      const auto id = id_of(++written);
      b.event(id, fmt::format(R"({{"n":{},"tags":["t{}"]}})", written, written % 10), at,
              kinds[written % kinds.size()]);
      all.insert(id);
    }
    must(mirror->write(b.build()));
  }

  void index_days_before(sys_days day) {
    while (must(partitions->index_closed(day)) > 0) {
    }
  }

  /// Every page from a place to the end.
  std::vector<found_event> pages(event_query q) {
    std::vector<found_event> found;
    for (int page = 0;; ++page) {
      BOOST_REQUIRE(page < 2000);
      auto p = must(search_events(session, q));
      BOOST_TEST(p.events.size() <= q.limit);
      found.insert(found.end(), p.events.begin(), p.events.end());
      if (!p.next) return found;
      BOOST_REQUIRE(*p.next != q.from);
      q.from = *p.next;
    }
  }

  static constexpr std::array<std::string_view, 3> kinds{"task_created", "task_updated",
                                                         "task_done"};
};

std::set<uuid> ids_of(const std::vector<found_event>& events) {
  std::set<uuid> ids;
  for (const auto& e : events)
    ids.insert(e.event_id);
  BOOST_TEST(ids.size() == events.size(), "no event comes twice");
  return ids;
}

struct history : searched {
  history() {
    for (int n = 0; n < 12; ++n)
      write({3, 2});
    index_days_before(today - days{1});
    for (int n = 0; n < 12; ++n)
      write({3, 1, 0});
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(event_searches)

BOOST_AUTO_TEST_CASE(go_through_all_events_both_ways_without_skip_or_repetition) {
  history h;
  for (const auto order : {search_order::newest_first, search_order::oldest_first}) {
    for (const std::size_t limit : {1, 7, 1000}) {
      const auto found = h.pages({.order = order, .limit = limit});
      BOOST_TEST((ids_of(found) == h.all));
      const auto days_in_order = std::is_sorted(
          found.begin(), found.end(), [&](const found_event& a, const found_event& b) {
            const auto line = h.today - days{1};
            const auto key = [&](const found_event& e) {
              return std::min(timestamp{line}, e.occurred_at);
            };
            return order == search_order::newest_first ? key(a) > key(b) : key(a) < key(b);
          });
      BOOST_TEST(days_in_order);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_way_back_is_the_way_there_reversed) {
  history h;
  const auto there = h.pages({.limit = 9});
  auto back = h.pages({.order = search_order::oldest_first, .limit = 11});
  std::reverse(back.begin(), back.end());
  BOOST_REQUIRE(there.size() == back.size());
  for (std::size_t i = 0; i < there.size(); ++i)
    BOOST_TEST((there[i].event_id == back[i].event_id), "event " << i);
  // From any event both ways: everything but itself.
  for (const std::size_t at : {std::size_t{0}, there.size() / 2, there.size() - 1}) {
    auto older = h.pages({.from = there[at].place});
    auto newer = h.pages({.order = search_order::oldest_first, .from = there[at].place});
    BOOST_TEST(older.size() + newer.size() + 1 == there.size());
    older.insert(older.end(), newer.begin(), newer.end());
    older.push_back(there[at]);
    BOOST_TEST((ids_of(older) == h.all));
  }
}

BOOST_AUTO_TEST_CASE(filters_hold_together_and_find_what_looking_at_each_event_finds) {
  history h;
  const auto everything = h.pages({.limit = 1000});
  const auto middle = timestamp{h.today - days{2}} + std::chrono::hours{7};
  const std::vector<event_filter> filters{
      {.since = middle},
      {.before = middle},
      {.since = middle, .before = timestamp{h.today}},
      {.since = timestamp{h.today}},
      {.kind = "task_done"},
      {.topic_prefix = "tracker/events/tasks/up"},
      {.topic_prefix = "tracker/events/tasks_"},
      {.source = "sensor-7"},
      {.source = "sensor-8"},
      {.containing = R"({"tags":["t3"]})"},
      {.since = middle, .kind = "task_created", .containing = R"({"tags":["t4"]})"}};
  for (const auto& f : filters) {
    std::set<uuid> expected;
    for (const auto& e : everything) {
      const bool in =
          (!f.since || e.occurred_at >= *f.since) && (!f.before || e.occurred_at < *f.before) &&
          e.topic.starts_with(f.topic_prefix) && (f.kind.empty() || e.kind == f.kind) &&
          (f.source.empty() || e.source == f.source) &&
          (f.containing.empty() || e.payload.find(f.containing.substr(9, 4)) != std::string::npos);
      if (in) expected.insert(e.event_id);
    }
    for (const auto order : {search_order::newest_first, search_order::oldest_first})
      BOOST_TEST((ids_of(h.pages({.filter = f, .order = order, .limit = 4})) == expected));
  }
}

BOOST_AUTO_TEST_CASE(show_every_part_of_an_event) {
  searched h;
  const auto at = timestamp{h.today - days{2}} + std::chrono::microseconds{123456};
  must(h.mirror->write(batch_builder{}.event(id_of(7), R"({"b":1.50,"a":"ä"})", at).build()));
  const auto page = must(search_events(h.session, {}));
  BOOST_REQUIRE(page.events.size() == 1u);
  const auto& e = page.events.front();
  BOOST_TEST((e.event_id == id_of(7)));
  BOOST_TEST((e.trace_id == id_of(7)));
  BOOST_TEST((e.occurred_at == at));
  BOOST_TEST((now() - e.received_at < std::chrono::minutes{1}));
  BOOST_TEST(!e.schema_version.has_value());
  BOOST_TEST(e.kind == "task_updated");
  BOOST_TEST(e.source == "sensor-7");
  BOOST_TEST(e.topic == "tracker/events/tasks/updated");
  BOOST_TEST(e.payload == R"({"a": "ä", "b": 1.50})");
  const auto same = must(events_with_id(h.session, id_of(7)));
  BOOST_REQUIRE(same.size() == 1u);
  BOOST_TEST(same.front().payload == e.payload);
  BOOST_TEST(must(events_with_id(h.session, id_of(8))).empty());
}

BOOST_AUTO_TEST_CASE(events_that_come_meanwhile_and_days_that_are_indexed_disturb_no_search) {
  history h;
  for (const auto order : {search_order::newest_first, search_order::oldest_first}) {
    const auto before = h.all;
    std::vector<found_event> found;
    event_query q{.order = order, .limit = 3};
    for (int page = 0;; ++page) {
      BOOST_REQUIRE(page < 2000);
      auto p = must(search_events(h.session, q));
      found.insert(found.end(), p.events.begin(), p.events.end());
      if (!p.next) break;
      q.from = *p.next;
      if (page < 10) h.write({3, 1, 0});
      if (page == 4) h.index_days_before(h.today);
    }
    const auto ids = ids_of(found);
    BOOST_TEST(std::includes(ids.begin(), ids.end(), before.begin(), before.end()));
  }
}

BOOST_AUTO_TEST_CASE(end_where_their_patience_ends_and_go_on_from_there) {
  history h;
  for (const auto order : {search_order::newest_first, search_order::oldest_first}) {
    event_query q{.filter = {.kind = "task_done"}, .order = order, .patience = {}};
    const auto first = must(search_events(h.session, q));
    BOOST_TEST(first.cut_short);
    BOOST_REQUIRE(first.next.has_value());
    BOOST_TEST(first.reached.has_value());
    const auto patiently = h.pages({.filter = q.filter, .order = order});
    BOOST_TEST((ids_of(h.pages(q)) == ids_of(patiently)));
  }
}

BOOST_AUTO_TEST_CASE(read_closed_days_by_their_indexes_and_today_along_the_journal) {
  searched h;
  const auto day = h.today - days{3};
  must(h.partitions->ensure(day, day + days{1}));
  h.run("SET statement_timeout = 0");
  h.run(fmt::format(
      "INSERT INTO events_mirror SELECT gen_random_uuid(), gen_random_uuid(), timestamptz '{}' + n "
      "* "
      "interval '80 milliseconds', now(), nextval('mirror_batch_ids'), 0, NULL, 'kind_' || n % "
      "5000, "
      "'sensor-' || n % 5000, 'tracker/events/tasks/t' || n % 5000, jsonb_build_object('n', n) "
      "FROM generate_series(1, 1000000) AS n",
      to_rfc3339(day)));
  h.index_days_before(h.today);
  const auto scans = [&] {
    must(h.session.exec("SELECT pg_stat_force_next_flush()"));
    must(h.eye.exec("SELECT pg_stat_clear_snapshot()"));
    return h.number("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = '" +
                    partition_name(day) + "'");
  };
  const auto before = scans();
  for (const auto& f :
       {event_filter{}, event_filter{.kind = "kind_77"}, event_filter{.source = "sensor-77"},
        event_filter{.topic_prefix = "tracker/events/tasks/t77"},
        event_filter{.containing = R"({"n":77})"}}) {
    for (const auto order : {search_order::newest_first, search_order::oldest_first}) {
      const auto page = must(search_events(h.session, {.filter = f, .order = order, .limit = 50}));
      BOOST_TEST(page.events.size() >= 1u);
      BOOST_TEST(!page.cut_short);
    }
  }
  BOOST_TEST(scans() == before);
}

BOOST_AUTO_TEST_CASE(refuse_what_is_no_search_and_say_what_to_mend) {
  searched h;
  const auto pointer_of = [&](const event_query& q) {
    const auto r = search_events(h.session, q);
    BOOST_REQUIRE(!r);
    BOOST_TEST((r.error().code == errc::configuration_invalid));
    return r.error().pointer;
  };
  BOOST_TEST(pointer_of({.limit = 0}) == "/limit");
  BOOST_TEST(pointer_of({.limit = most_events_a_page + 1}) == "/limit");
  BOOST_TEST(pointer_of({.filter = {.containing = "{"}}) == "/containing");
  for (const auto* from :
       {"x", "j", "j1", "j1-2", "j1-2-3-4", "t1-2-3", "j99999999-1-1", "j1--1-0"})
    BOOST_TEST(pointer_of({.from = from}) == "/from");
  // Nothing of a filter is ever SQL.
  for (const auto* text : {"'; DROP TABLE events_mirror; --", "\\", "%", "{}", "$1"}) {
    const auto none = must(
        search_events(h.session, {.filter = {.topic_prefix = text, .kind = text, .source = text}}));
    BOOST_TEST(none.events.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_place_is_one_word_and_reads_back) {
  const sys_days line{std::chrono::year{2026} / 11 / 21};
  for (const event_place& p :
       {event_place{line, place_in_time{timestamp{line} + std::chrono::microseconds{1}, id_of(9)}},
        event_place{line, place_in_time{timestamp{std::chrono::microseconds{-1}}, id_of(9)}},
        event_place{line, place_in_journal{0, 0}},
        event_place{line, place_in_journal{1'000'000'000'000, 2'147'483'647}}}) {
    const auto text = to_string(p);
    const auto back = parse_event_place(text);
    BOOST_REQUIRE(back.has_value());
    BOOST_TEST((*back == p));
    for (std::size_t n = 0; n < text.size(); ++n) {
      const auto cut = parse_event_place(text.substr(0, n));
      BOOST_TEST((!cut || *cut != p));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
