#include "storage/dead_letter_store.hpp"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "storage/dead_letter_rows.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view topic = "tracker/events/tasks/updated";

std::string id_of_letter(std::string_view raw, std::string_view on = topic) {
  sha256 hasher;
  return to_hex(delivery_hash(hasher, on, raw));
}

struct dead_letter_fixture : fresh_database {
  std::unique_ptr<mirror_store> mirror = must(open_mirror_store(options));
  std::unique_ptr<dead_letter_store> store = must(open_dead_letter_store(options));

  void put(std::string_view raw, errc code = errc::not_json, std::string_view pointer = "",
           std::string_view on = topic) {
    must(mirror->write(batch_builder{}.reject(raw, code, pointer, on).build()));
  }
  /// Letters "0", "1", ..., each failed a second before the one in front of it.
  void put_sequence(int count) {
    batch_builder b;
    for (int n = 0; n < count; ++n)
      b.reject(std::to_string(n));
    must(mirror->write(b.build()));
    run("UPDATE dlq_events SET first_failure = last_failure - interval '1 hour', last_failure = "
        "last_failure - make_interval(secs => convert_from(raw, 'UTF8')::int)");
  }
  std::string raws(const dead_letter_filter& filter) {
    std::vector<std::string> all;
    must(store->each(filter, [&](const dead_letter& l) {
      all.push_back(l.raw);
      return ok();
    }));
    std::sort(all.begin(), all.end());
    std::string text;
    for (const auto& raw : all)
      text += (text.empty() ? "" : " ") + raw;
    return text;
  }
  std::string history_of(std::string_view raw) {
    std::string text;
    for (const auto& h : must(store->get(id_of_letter(raw))).history)
      text += (text.empty() ? "" : "; ") + h.actor + " " + h.action + " " + h.detail;
    return text;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(dead_letter_store_, dead_letter_fixture)

BOOST_AUTO_TEST_CASE(one_letter_comes_back_whole) {
  const std::string raw{"\x00\xff{\"a\":\n1", 8};
  put(raw, errc::nul_escape, "/payload/a");
  put(raw, errc::nul_escape, "/payload/a");
  const auto letter = must(store->get(id_of_letter(raw)));
  BOOST_TEST((letter.raw == raw));
  BOOST_TEST(!letter.edited.has_value());
  BOOST_TEST(letter.history.empty());
  const auto& about = letter.about;
  BOOST_TEST(about.id == id_of_letter(raw));
  BOOST_TEST(about.attempts == 2);
  BOOST_TEST((about.status == dead_letter_status::open));
  BOOST_TEST(about.stage == "scan");
  BOOST_TEST(about.code == "nul_escape");
  BOOST_TEST(about.detail == "expected a value at byte 3");
  BOOST_TEST(about.pointer == "/payload/a");
  BOOST_TEST(about.fingerprint.size() == 16u);
  BOOST_TEST(about.topic == topic);
  BOOST_TEST(about.bytes == 8u);
  BOOST_TEST(!about.edited);
  BOOST_TEST((about.first_failure < about.last_failure));
  BOOST_TEST((now() - about.last_failure < 1min));
  BOOST_TEST(!about.event_id.has_value());
  BOOST_TEST(!about.occurred_at.has_value());
}

BOOST_AUTO_TEST_CASE(what_the_envelope_said_comes_back_where_it_was_sound) {
  run("ALTER TABLE events_mirror ADD CONSTRAINT no_poison CHECK (kind <> 'poison')");
  must(mirror->write(batch_builder{}.event(id_of(7), "{}", noon(), "poison").build()));
  const auto list = must(store->list({.kind = "poison"}, {}));
  BOOST_REQUIRE_EQUAL(list.letters.size(), 1u);
  BOOST_TEST((list.letters[0].event_id == id_of(7)));
  BOOST_TEST((list.letters[0].occurred_at == noon()));
  BOOST_TEST(list.letters[0].source == "sensor-7");
  BOOST_TEST(list.letters[0].stage == "mirror");
}

BOOST_AUTO_TEST_CASE(ids_may_be_shortened_like_those_of_git) {
  put("one");
  const auto id = id_of_letter("one");
  BOOST_TEST((must(store->get(id.substr(0, 6))).raw == "one"));
  auto upper = id.substr(0, 9);
  std::transform(upper.begin(), upper.end(), upper.begin(), ::toupper);
  BOOST_TEST((must(store->get(upper)).raw == "one"));
  BOOST_TEST(must(store->resolve({.ids = {id.substr(0, 7)}})).ids[0] == id);
  const auto why = [&](std::string_view given) { return to_string(store->get(given).error()); };
  BOOST_TEST(why(id.substr(0, 5)) ==
             "not_found: \"" + id.substr(0, 5) + "\" is no id: an id is 6 to 64 hex digits");
  BOOST_TEST(why("zebras").starts_with("not_found: \"zebras\" is no id"));
  BOOST_TEST(why("000000") == "not_found: no dead letter's id begins with 000000");
  BOOST_TEST(why(std::string(64, '0')).starts_with("not_found: no dead letter"));
}

BOOST_AUTO_TEST_CASE(an_ambiguous_id_changes_nothing_and_lists_some) {
  put("one");
  for (const auto* last : {"01", "02", "03", "04"}) {
    run("INSERT INTO dlq_events SELECT d.* FROM dlq_events e, jsonb_populate_record(e, "
        "jsonb_build_object('delivery_hash', '\\xabcdef" +
        std::string(56, '0') + last + "')) d WHERE e.raw = 'one' LIMIT 1");
  }
  const auto r = store->discard({.ids = {"abcdef"}}, "no use", "ada@here");
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::conflict));
  BOOST_TEST(r.error().detail ==
             "the id abcdef is ambiguous: abcdef000000, abcdef000000, abcdef000000 and more");
  BOOST_TEST(number("SELECT count(*) FROM dlq_events WHERE status <> 'open'") == 0);
}

BOOST_AUTO_TEST_CASE(each_part_of_a_filter_counts_and_all_count_together) {
  put("a", errc::not_json, "", "tracker/events/tasks/updated");
  put("b", errc::not_utf8, "/payload/x", "tracker/events/tasks/created");
  put("c", errc::not_json, "/payload/x", "tracker/events/projects/updated");
  run("UPDATE dlq_events SET last_failure = last_failure - interval '2 days' WHERE raw = 'a'");
  run("UPDATE dlq_events SET kind = 'task_created', consumer = 'search' WHERE raw = 'b'");
  run("UPDATE dlq_events SET stage = 'schema' WHERE raw = 'c'");
  const auto b = id_of_letter("b", "tracker/events/tasks/created");
  must(store->discard({.ids = {id_of_letter("c", "tracker/events/projects/updated")}}, "no use",
                      "ada@here"));
  const auto print = value("SELECT fingerprint FROM dlq_events WHERE raw = 'b'");
  BOOST_TEST(raws({}) == "a b c");
  BOOST_TEST(raws({.since = now() - 24h}) == "b c");
  BOOST_TEST(raws({.before = now() - 24h}) == "a");
  BOOST_TEST(raws({.topic_prefix = "tracker/events/tasks/"}) == "a b");
  BOOST_TEST(raws({.topic_prefix = "tracker/events/task%"}) == "");
  BOOST_TEST(raws({.kind = "task_created"}) == "b");
  BOOST_TEST(raws({.stage = "schema"}) == "c");
  BOOST_TEST(raws({.code = "not_json"}) == "a c");
  BOOST_TEST(raws({.fingerprint = print}) == "b");
  BOOST_TEST(raws({.fingerprint = print.substr(0, 8)}) == "b");
  BOOST_TEST(raws({.status = dead_letter_status::open}) == "a b");
  BOOST_TEST(raws({.status = dead_letter_status::discarded}) == "c");
  BOOST_TEST(raws({.consumer = "search"}) == "b");
  BOOST_TEST(raws({.consumer = ""}) == "a c");
  BOOST_TEST(raws({.ids = {id_of_letter("a"), b.substr(0, 8)}}) == "a b");
  BOOST_TEST(raws({.code = "not_json", .status = dead_letter_status::open}) == "a");
  BOOST_TEST(must(store->count({.code = "not_json"})) == 2u);
  BOOST_TEST(must(store->count({.kind = "task_created", .code = "not_json"})) == 0u);
}

BOOST_AUTO_TEST_CASE(a_list_is_walked_page_by_page_in_both_directions) {
  put_sequence(25);
  const auto names = [&](const dead_letter_list& list) {
    std::string text;
    for (const auto& l : list.letters)
      text += (text.empty() ? "" : " ") + must(store->get(l.id)).raw;
    return text;
  };
  auto page = must(store->list({}, {.limit = 10}));
  BOOST_TEST(names(page) == "0 1 2 3 4 5 6 7 8 9");
  BOOST_TEST(page.newer == "");
  page = must(store->list({}, {.cursor = page.older, .limit = 10}));
  BOOST_TEST(names(page) == "10 11 12 13 14 15 16 17 18 19");
  const auto middle = page;
  page = must(store->list({}, {.cursor = page.older, .limit = 10}));
  BOOST_TEST(names(page) == "20 21 22 23 24");
  BOOST_TEST(page.older == "");
  const auto newer = page_direction::newer;
  page = must(store->list({}, {.cursor = page.newer, .direction = newer, .limit = 10}));
  BOOST_TEST(names(page) == names(middle));
  page = must(store->list({}, {.cursor = page.newer, .direction = newer, .limit = 10}));
  BOOST_TEST(names(page) == "0 1 2 3 4 5 6 7 8 9");
  BOOST_TEST(page.newer == "");
  BOOST_TEST(names(must(store->list({}, {.direction = newer, .limit = 3}))) == "22 23 24");
  BOOST_TEST((store->list({}, {.cursor = "1-2"}).error().code == errc::configuration_invalid));
}

BOOST_AUTO_TEST_CASE(letters_of_one_moment_are_all_listed_once) {
  batch_builder b;
  for (int n = 0; n < 40; ++n)
    b.reject("same moment " + std::to_string(n));
  must(mirror->write(b.build()));
  BOOST_TEST(number("SELECT count(DISTINCT last_failure) FROM dlq_events") == 1);
  std::set<std::string> seen;
  dead_letter_page page{.limit = 7};
  do {
    const auto list = must(store->list({}, page));
    for (const auto& l : list.letters)
      BOOST_TEST(seen.insert(l.id).second);
    page.cursor = list.older;
  } while (!page.cursor.empty());
  BOOST_TEST(seen.size() == 40u);
}

BOOST_AUTO_TEST_CASE(groups_show_where_to_begin) {
  for (int n = 0; n < 5; ++n)
    put("a" + std::to_string(n), errc::not_utf8, "/payload/items/" + std::to_string(n),
        n < 3 ? topic : "tracker/events/tasks/created");
  put("a4", errc::not_utf8, "/payload/items/4", "tracker/events/tasks/created");
  put("b");
  run("UPDATE dlq_events SET last_failure = last_failure - interval '2 hours' WHERE raw = 'a0'");
  run("UPDATE dlq_events SET last_failure = last_failure - interval '2 days', first_failure = "
      "first_failure - interval '3 days' WHERE raw = 'a1'");
  run("UPDATE dlq_events SET kind = 'task_created' WHERE raw IN ('a2', 'a3')");
  const auto all = must(store->groups({}, 10));
  BOOST_REQUIRE_EQUAL(all.size(), 2u);
  const auto& first = all[0];
  BOOST_TEST(first.letters == 5u);
  BOOST_TEST(first.attempts == 6u);
  BOOST_TEST(first.last_hour == 3u);
  BOOST_TEST(first.last_day == 4u);
  BOOST_TEST((first.last_failure - first.first_failure > 71h));
  BOOST_TEST(first.topics.size() == 2u);
  BOOST_TEST((first.kinds == std::vector<std::string>{"task_created"}));
  BOOST_TEST(first.sample.id == id_of_letter("a4", "tracker/events/tasks/created"));
  BOOST_TEST(first.sample.fingerprint == first.fingerprint);
  BOOST_TEST(all[1].letters == 1u);
  BOOST_TEST(all[1].kinds.empty());
  BOOST_TEST(must(store->groups({}, 1)).size() == 1u);
  BOOST_TEST(must(store->groups({.code = "not_json"}, 10)).size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_edit_stands_beside_the_raw_bytes_with_who_and_when) {
  put("broken");
  const auto id = id_of_letter("broken");
  const std::string better{"bet\0ter\xff", 8};
  BOOST_TEST(must(store->edit(id, better, "ada@here")));
  auto letter = must(store->get(id));
  BOOST_TEST(letter.raw == "broken");
  BOOST_TEST((letter.edited == better));
  BOOST_TEST(letter.about.edited);
  BOOST_TEST(history_of("broken") == "ada@here edited 8 bytes; 6 were delivered");
  BOOST_TEST((now() - letter.history[0].at < 1min));
  BOOST_TEST(!letter.history[0].job.has_value());

  BOOST_TEST(!must(store->edit(id, better, "ada@here")));
  BOOST_TEST(must(store->get(id)).history.size() == 1u);
  BOOST_TEST(must(store->edit(id, "broken", "bob@here")));
  letter = must(store->get(id));
  BOOST_TEST(!letter.edited.has_value());
  BOOST_TEST(letter.history.back().detail == "back to what was delivered");
  BOOST_TEST(!must(store->edit(id, "broken", "bob@here")));
}

BOOST_AUTO_TEST_CASE(an_edit_survives_that_the_event_comes_again) {
  put("broken");
  must(store->edit(id_of_letter("broken"), "fixed", "ada@here"));
  put("broken");
  const auto letter = must(store->get(id_of_letter("broken")));
  BOOST_TEST(letter.about.attempts == 2);
  BOOST_TEST((letter.edited == "fixed"));
}

BOOST_AUTO_TEST_CASE(only_an_open_letter_is_edited) {
  put("broken");
  const auto id = id_of_letter("broken");
  must(store->discard({.ids = {id}}, "no use", "ada@here"));
  const auto r = store->edit(id, "fixed", "ada@here");
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::conflict));
  BOOST_TEST(r.error().detail ==
             "it is discarded, and only an open one can be edited; reopen it first");
  BOOST_TEST(!must(store->get(id)).edited.has_value());
  must(store->reopen({.ids = {id}}, "ada@here"));
  BOOST_TEST(must(store->edit(id, "fixed", "ada@here")));  // the session is usable
}

BOOST_AUTO_TEST_CASE(discards_and_reopens_with_a_row_of_history_each) {
  put("a");
  put("b");
  BOOST_TEST(must(store->discard({.ids = {id_of_letter("a")}}, "test data", "ada@here")) == 1u);
  BOOST_TEST(must(store->discard({}, "all of it", "bob@here")) == 1u);
  BOOST_TEST(must(store->discard({}, "all of it", "bob@here")) == 0u);
  BOOST_TEST(history_of("a") == "ada@here discarded test data");
  BOOST_TEST(must(store->reopen({.ids = {id_of_letter("a").substr(0, 8)}}, "eve@here")) == 1u);
  BOOST_TEST(history_of("a") == "ada@here discarded test data; eve@here reopened ");
  BOOST_TEST(value("SELECT string_agg(status, ' ' ORDER BY raw) FROM dlq_events") ==
             "open discarded");
}

BOOST_AUTO_TEST_CASE(what_was_replayed_is_neither_discarded_nor_reopened) {
  put("a");
  run("UPDATE dlq_events SET status = 'replayed'");
  BOOST_TEST(must(store->discard({}, "no use", "ada@here")) == 0u);
  BOOST_TEST(must(store->reopen({}, "ada@here")) == 0u);
  BOOST_TEST(number("SELECT count(*) FROM dlq_history") == 0);
}

BOOST_AUTO_TEST_CASE(discards_thousands_in_steps_and_counts_them_exactly) {
  put_sequence(1234);
  BOOST_TEST(must(store->discard({.before = now() - 34s}, "old", "ada@here")) == 1200u);
  BOOST_TEST(number("SELECT count(*) FROM dlq_events WHERE status = 'discarded'") == 1200);
  BOOST_TEST(number("SELECT count(*) FROM dlq_history WHERE action = 'discarded'") == 1200);
  // The steps are transactions of their own: rows of one carry one transaction id.
  BOOST_TEST(number("SELECT count(DISTINCT xmin::text) FROM dlq_history") == 3);
}

BOOST_AUTO_TEST_CASE(a_discard_and_the_same_events_coming_again_do_not_stand_in_each_others_way) {
  put_sequence(600);
  std::atomic<bool> done{};
  std::thread writer{[&] {
    auto own = must(open_mirror_store(options));
    do {
      batch_builder b;
      for (int n = 599; n >= 0; n -= 7)
        b.reject(std::to_string(n));
      must(own->write(b.build()));
    } while (!done);
  }};
  await(eye, "SELECT max(attempts) > 2 FROM dlq_events");
  const auto moved = store->discard({.before = now() - 1s}, "old", "ada@here");
  done = true;
  writer.join();
  const auto n = must(moved);
  BOOST_TEST(n > 0u);
  BOOST_TEST(number("SELECT count(*) FROM dlq_history") == static_cast<std::int64_t>(n));
  BOOST_TEST(number("SELECT count(*) FROM dlq_events WHERE status = 'discarded'") ==
             static_cast<std::int64_t>(n));
}

BOOST_AUTO_TEST_CASE(reasons_of_any_bytes_are_stored) {
  put("a");
  must(store->discard({}, std::string_view{"a\0b\xff", 4}, "ada@here"));
  BOOST_TEST(must(store->get(id_of_letter("a"))).history[0].detail ==
             "a\xef\xbf\xbd"
             "b\xef\xbf\xbd");
}

BOOST_AUTO_TEST_CASE(shows_each_letter_once_newest_first_as_it_was_when_it_began) {
  put_sequence(1203);
  auto other = must(open_dead_letter_store(options));
  int n = 0;
  bool in_order = true;
  const auto shown = must(store->each({}, [&](const dead_letter& l) {
    if (n == 0) {  // what happens meanwhile is not seen
      must(other->discard({}, "old", "ada@here"));
      put("1202");
    }
    in_order = in_order && l.raw == std::to_string(n++) &&
               l.about.status == dead_letter_status::open && l.about.attempts == 1;
    return ok();
  }));
  BOOST_TEST(shown == 1203u);
  BOOST_TEST(in_order);
  BOOST_TEST(must(store->count({.status = dead_letter_status::discarded})) == 1203u);
}

BOOST_AUTO_TEST_CASE(large_letters_pass_through_with_little_memory) {
  for (char c = 'a'; c < 'g'; ++c)
    put(std::string(900'000, c));
  must(store->edit(id_of_letter(std::string(900'000, 'c')), std::string(900'000, 'x'), "ada@here"));
  std::size_t bytes = 0;
  std::size_t edited = 0;
  BOOST_TEST(must(store->each({}, [&](const dead_letter& l) {
               bytes += l.raw.size();
               edited += l.edited.value_or("").size();
               return ok();
             })) == 6u);
  BOOST_TEST(bytes == 5'400'000u);
  BOOST_TEST(edited == 900'000u);
}

BOOST_AUTO_TEST_CASE(a_visitor_that_has_seen_enough_ends_it_and_leaves_no_transaction) {
  put_sequence(10);
  int seen = 0;
  const auto r = store->each({}, [&](const dead_letter&) -> result<void> {
    if (++seen == 3) return failure{errc::internal, "the disk is full"};
    return ok();
  });
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST(r.error().detail == "the disk is full");
  BOOST_TEST(seen == 3);
  BOOST_TEST(must(store->discard({}, "no use", "ada@here")) == 10u);
}

BOOST_AUTO_TEST_CASE(a_database_that_is_not_migrated_is_named_as_such) {
  const auto bare = server.create_database("template1");
  auto on_bare = must(open_dead_letter_store({.url = server.url(bare)}));
  BOOST_TEST((on_bare->count({}).error().code == errc::configuration_invalid));
  on_bare.reset();
  server.drop_database(bare);
}

BOOST_AUTO_TEST_SUITE_END()
