#include "verify/audit.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "verify/content.hpp"
#include "verify/messages.hpp"

namespace td::verify {

namespace {

/// A row as the database would hold it.
struct row {
  uuid event_id{};
  uuid trace_id{};
  timestamp occurred_at{};
  std::int32_t schema_version{};
  std::string kind{}, source{}, topic{}, payload{};
};
struct dead_row {
  std::string topic{}, raw{}, code{};
  std::optional<uuid> event_id{};
  std::int32_t attempts{1};
};

/// What was published, and a database that holds all of it.
struct world {
  expectation_book book;
  std::vector<row> rows;
  std::vector<dead_row> dead;
  journal_totals journal;

  world(std::uint64_t seed, std::size_t sound, std::size_t broken) {
    message_maker maker{seed, 0};
    while (rows.size() < sound)
      add_sound(maker.next(now()));
    while (dead.size() < broken)
      add_broken(maker.next(now()));
    journal.batches = journal.last_position = 3;
    journal.stored = static_cast<std::int64_t>(sound);
    journal.dead_lettered = static_cast<std::int64_t>(broken);
  }

  void add_sound(const planned_message& m) {
    if (m.expected.dead_letter) return;
    // The parts are in the expectation only as fingerprints, so a row of our own making.
    row r{m.expected.key,
          m.expected.key,
          m.expected.occurred_at,
          0,
          "task_updated",
          "verify-0",
          m.topic,
          R"({"n": )" + std::to_string(rows.size()) + "}"};
    auto e = m.expected;
    e.envelope = envelope_fingerprint(r.trace_id, r.schema_version, r.kind, r.source, r.topic);
    e.payload = payload_fingerprint(r.payload);
    book.acknowledged(book.expect(e, 0));
    rows.push_back(std::move(r));
  }

  void add_broken(const planned_message& m) {
    if (!m.expected.dead_letter) return;
    book.acknowledged(book.expect(m.expected, 0));
    dead.push_back({m.topic, m.body, std::string{name_of(m.expected.code)}});
  }

  audit_report judge() const {
    audit a{book};
    for (const auto& r : rows) {
      a.event({r.event_id, r.trace_id, r.occurred_at, r.schema_version, r.kind, r.source, r.topic,
               r.payload});
    }
    for (const auto& d : dead)
      a.dead_letter({d.topic, d.raw, d.code, d.event_id, d.attempts});
    return a.finish(journal);
  }

  // -- the journal as it would be, had the planted flaw happened before the commit ---
  void one_row(int more) { journal.stored += more; }
  void one_dead(int more) { journal.dead_lettered += more; }

  row& any_row() { return rows[*rc::gen::inRange<std::size_t>(0, rows.size())]; }
  dead_row& any_dead() { return dead[*rc::gen::inRange<std::size_t>(0, dead.size())]; }
};

world drawn_world() {
  return {*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::inRange<std::size_t>(1, 60),
          *rc::gen::inRange<std::size_t>(1, 8)};
}

/// Plants one flaw into worlds that are sound, and asks that exactly this flaw is found, and once.
void planted(flaw_kind kind, const std::function<void(world&)>& plant) {
  BOOST_TEST(rc::check(std::string{name_of(kind)}, [&] {
    auto w = drawn_world();
    RC_ASSERT(w.judge().flaw_count() == 0U);
    plant(w);
    const auto report = w.judge();
    RC_ASSERT(report.of(kind).count == 1U);
    RC_ASSERT(report.of(kind).examples.size() == 1U);
    RC_ASSERT(report.flaw_count() == 1U);
  }));
}

template <class T>
void remove(std::vector<T>& from, const T& what) {
  from.erase(from.begin() + (&what - from.data()));
}

BOOST_AUTO_TEST_CASE(finds_nothing_where_nothing_is_wrong) {
  BOOST_TEST(rc::check("sound", [] {
    const auto w = drawn_world();
    const auto report = w.judge();
    RC_ASSERT(report.flaw_count() == 0U);
    RC_ASSERT(report.stored == w.rows.size());
    RC_ASSERT(report.dead_lettered == w.dead.size());
    RC_ASSERT(report.never_acknowledged == 0U);
  }));
}

BOOST_AUTO_TEST_CASE(finds_a_lost_event) {
  planted(flaw_kind::lost, [](world& w) {
    remove(w.rows, w.any_row());
    w.one_row(-1);
  });
}

BOOST_AUTO_TEST_CASE(finds_a_lost_dead_letter) {
  planted(flaw_kind::lost, [](world& w) {
    remove(w.dead, w.any_dead());
    w.one_dead(-1);
  });
}

BOOST_AUTO_TEST_CASE(finds_an_event_stored_twice) {
  planted(flaw_kind::duplicate, [](world& w) {
    w.rows.push_back(row{w.any_row()});
    w.one_row(1);
  });
}

BOOST_AUTO_TEST_CASE(finds_a_message_dead_lettered_twice) {
  planted(flaw_kind::duplicate, [](world& w) {
    w.dead.push_back(dead_row{w.any_dead()});
    w.one_dead(1);
  });
}

BOOST_AUTO_TEST_CASE(finds_an_event_in_both_tables) {
  // Two flaws in one: it is in both, and a sound event has no business among the dead letters.
  BOOST_TEST(rc::check("both", [] {
    auto w = drawn_world();
    const auto& r = w.any_row();
    w.dead.push_back({r.topic, "{}", "refused_by_database", r.event_id});
    w.one_dead(1);
    const auto report = w.judge();
    RC_ASSERT(report.of(flaw_kind::both).count == 1U);
    RC_ASSERT(report.of(flaw_kind::misfiled).count == 1U);
    RC_ASSERT(report.flaw_count() == 2U);
  }));
}

BOOST_AUTO_TEST_CASE(finds_a_sound_event_that_was_dead_lettered) {
  planted(flaw_kind::misfiled, [](world& w) {
    const auto& r = w.any_row();
    w.dead.push_back({r.topic, "{}", "refused_by_database", r.event_id});
    remove(w.rows, r);
    w.one_row(-1);
    w.one_dead(1);
  });
}

BOOST_AUTO_TEST_CASE(finds_an_invented_event) {
  planted(flaw_kind::invented, [](world& w) {
    row r{w.any_row()};
    r.event_id.bytes[3] ^= 1;
    w.rows.push_back(r);
    w.one_row(1);
  });
}

BOOST_AUTO_TEST_CASE(finds_an_invented_dead_letter) {
  planted(flaw_kind::invented, [](world& w) {
    w.dead.push_back({"tracker/events/tasks/updated", "never published", "not_json"});
    w.one_dead(1);
  });
}

BOOST_AUTO_TEST_CASE(finds_each_altered_part_of_an_event) {
  const std::vector<std::function<void(row&)>> changes{
      [](row& r) { r.payload = R"({"n": -1})"; },
      [](row& r) { r.occurred_at += std::chrono::microseconds{1}; },
      [](row& r) { r.trace_id.bytes[0] ^= 1; },
      [](row& r) { r.schema_version = 1; },
      [](row& r) { r.kind += "s"; },
      [](row& r) { r.source += "0"; },
      [](row& r) { r.topic += "/x"; },
      [](row& r) {  // several at once are one altered event
        r.payload = "{}";
        r.kind = "other";
      }};
  for (const auto& change : changes)
    planted(flaw_kind::altered, [&](world& w) { change(w.any_row()); });
}

BOOST_AUTO_TEST_CASE(finds_a_changed_dead_letter_as_lost_and_invented) {
  BOOST_TEST(rc::check("raw bytes", [] {
    auto w = drawn_world();
    w.any_dead().raw += "x";
    const auto report = w.judge();
    RC_ASSERT(report.of(flaw_kind::lost).count == 1U);
    RC_ASSERT(report.of(flaw_kind::invented).count == 1U);
    RC_ASSERT(report.flaw_count() == 2U);
  }));
}

BOOST_AUTO_TEST_CASE(finds_a_wrong_code) {
  planted(flaw_kind::wrong_code, [](world& w) { w.any_dead().code = "unknown_kind"; });
}

BOOST_AUTO_TEST_CASE(finds_a_journal_that_disagrees) {
  planted(flaw_kind::miscounted, [](world& w) { ++w.journal.stored; });
  planted(flaw_kind::miscounted, [](world& w) { --w.journal.dead_lettered; });
  planted(flaw_kind::miscounted, [](world& w) { ++w.journal.last_position; });
}

BOOST_AUTO_TEST_CASE(counts_further_deliveries_of_a_dead_letter_as_attempts) {
  world w{1, 5, 5};
  w.dead[2].attempts = 4;
  w.one_dead(3);
  const auto report = w.judge();
  BOOST_TEST(report.flaw_count() == 0U);
  BOOST_TEST(report.attempts == 8U);
}

BOOST_AUTO_TEST_CASE(does_not_call_lost_what_nobody_promised_to_keep) {
  world w{1, 5, 2};
  expectation e{.key = {{9}}};
  w.book.expect(e, 0);  // published, never acknowledged
  const auto report = w.judge();
  BOOST_TEST(report.flaw_count() == 0U);
  BOOST_TEST(report.never_acknowledged == 1U);
}

BOOST_AUTO_TEST_CASE(calls_lost_what_was_there_and_is_gone_even_if_never_acknowledged) {
  world w{1, 5, 2};
  expectation e{.key = {{9}}};
  w.book.expect(e, 0);
  BOOST_TEST(w.book.seen(e.key, false).has_value());
  const auto report = w.judge();
  BOOST_TEST(report.of(flaw_kind::lost).count == 1U);
  BOOST_TEST(report.of(flaw_kind::lost).examples.front().find("was there before") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(keeps_a_few_examples_and_counts_all) {
  world w{1, 50, 2};
  w.rows.clear();
  const auto report = w.judge();
  BOOST_TEST(report.of(flaw_kind::lost).count == 50U);
  BOOST_TEST(report.of(flaw_kind::lost).examples.size() == 5U);
}

BOOST_AUTO_TEST_CASE(every_kind_of_flaw_has_a_name_and_a_sentence_of_its_own) {
  std::set<std::string_view> names;
  for (std::size_t k = 0; k < flaw_kinds; ++k) {
    names.insert(name_of(static_cast<flaw_kind>(k)));
    names.insert(sentence_of(static_cast<flaw_kind>(k)));
  }
  BOOST_TEST(names.size() == 2 * flaw_kinds);
}

}  // namespace

}  // namespace td::verify
