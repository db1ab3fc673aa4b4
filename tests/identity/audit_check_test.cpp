#include "identity/audit_check.hpp"

#include <algorithm>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "tests/identity/chain.hpp"

using namespace td;
using namespace td::test;

namespace {

using kind = audit_fault::kind;
const auto k = key_of("the key");

struct found {
  std::vector<audit_fault> faults;

  bool is(kind what, std::int64_t first, std::int64_t last) const {
    return faults.size() == 1 && faults.front().what == what && faults.front().first == first &&
           faults.front().last == last;
  }
};

found check(const std::vector<audit_row>& rows, const audit_head& database,
            const audit_head& kept = {}) {
  audit_check c{k, database};
  c.remember(kept.position);
  for (const auto& r : rows)
    c.add(r);
  c.finish();
  c.hold_against(kept, "the kept head");
  return {c.faults()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audit_checks)

BOOST_AUTO_TEST_CASE(an_untouched_chain_has_no_fault) {
  const auto rows = chain_of(10, k);
  BOOST_TEST(check(rows, head_of(rows), {4, rows[3].link}).faults.empty());
  BOOST_TEST(check({}, {}).faults.empty());
}

BOOST_AUTO_TEST_CASE(an_edited_row_is_named) {
  auto rows = chain_of(10, k);
  const auto head = head_of(rows);
  rows[4].entry.actor = "user nobody";
  const auto f = check(rows, head);
  BOOST_TEST(f.is(kind::edited, 5, 5));
  BOOST_TEST((f.faults.front().id == rows[4].id));
  BOOST_TEST(f.faults.front().sentence.find("row 5 (2026-11-21T12:00:05.000000Z login") == 0u);
}

BOOST_AUTO_TEST_CASE(removed_rows_are_named) {
  auto rows = chain_of(10, k);
  const auto head = head_of(rows);
  rows.erase(rows.begin() + 2, rows.begin() + 5);
  const auto f = check(rows, head);
  BOOST_TEST(f.is(kind::removed, 3, 5));
  BOOST_TEST(f.faults.front().sentence == "rows 3 to 5 are missing");
  auto first = chain_of(3, k);
  const auto end = head_of(first);
  first.erase(first.begin());
  BOOST_TEST(check(first, end).is(kind::removed, 1, 1));
}

BOOST_AUTO_TEST_CASE(a_row_put_between_others_is_named_wherever_it_comes) {
  for (const bool before : {true, false}) {
    auto rows = chain_of(10, k);
    const auto head = head_of(rows);
    auto forged = entry_row(99);
    forged.position = 5;
    forged.mac = rows[4].mac;
    forged.link = rows[4].link;
    rows.insert(rows.begin() + (before ? 4 : 5), forged);
    const auto f = check(rows, head);
    BOOST_TEST(f.is(kind::inserted, 5, 5));
    BOOST_TEST((f.faults.front().id == forged.id), before);
  }
}

BOOST_AUTO_TEST_CASE(a_row_put_behind_the_end_is_named) {
  auto rows = chain_of(10, k);
  const auto head = head_of(rows);
  auto forged = entry_row(99);
  forged.position = 11;
  rows.push_back(forged);
  BOOST_TEST(check(rows, head).is(kind::inserted, 11, 11));
}

BOOST_AUTO_TEST_CASE(rows_shifted_to_make_room_are_all_found) {
  auto rows = chain_of(10, k);
  const auto head = head_of(rows);
  for (std::size_t i = 5; i < rows.size(); ++i)
    ++rows[i].position;
  auto forged = entry_row(99);
  forged.position = 6;
  rows.insert(rows.begin() + 5, forged);
  BOOST_TEST(check(rows, head).faults.size() >= 6u);
}

BOOST_AUTO_TEST_CASE(a_cut_end_shows_against_the_database_s_head_or_a_kept_one) {
  auto rows = chain_of(10, k);
  const auto head = head_of(rows);
  rows.resize(7);
  BOOST_TEST(check(rows, head).is(kind::cut, 8, 10));
  // Whoever cuts rows sets the database's head back as well.
  BOOST_TEST(check(rows, head_of(rows)).faults.empty());
  BOOST_TEST(check(rows, head_of(rows), head).is(kind::cut, 8, 10));
}

BOOST_AUTO_TEST_CASE(an_end_that_was_cut_and_has_grown_again_shows_against_a_kept_head) {
  const auto before = chain_of(10, k);
  auto rows = before;
  rows.resize(7);
  auto head = head_of(rows);
  for (int i = 20; i < 26; ++i) {
    rows.push_back(entry_row(i));
    head = chain(rows.back(), head, k);
  }
  BOOST_TEST(check(rows, head).faults.empty());
  BOOST_TEST(check(rows, head, head_of(before)).is(kind::replaced, 10, 10));
}

BOOST_AUTO_TEST_CASE(genuine_rows_from_another_history_do_not_follow) {
  auto rows = chain_of(4, k);
  const auto head = head_of(rows);
  auto other = entry_row(33);
  chain(other, {2, key_of("another history")}, k);  // genuine, at place 3
  rows[2] = other;
  const auto f = check(rows, head);
  BOOST_TEST(!f.faults.empty());
  BOOST_TEST((f.faults.front().what == kind::misplaced));
  BOOST_TEST(f.faults.front().first == 3);
}

BOOST_AUTO_TEST_CASE(another_key_fits_no_row) {
  const auto rows = chain_of(3, key_of("another key"));
  audit_check c{k, head_of(rows)};
  for (const auto& r : rows)
    c.add(r);
  BOOST_TEST(!c.key_fits());
  BOOST_TEST(c.fault_count() == 3u);
}

BOOST_AUTO_TEST_CASE(whatever_one_change_is_made_it_is_found) {
  BOOST_TEST(rc::check([] {
    const auto n = *rc::gen::inRange(2, 30);
    const auto original = chain_of(n, k);
    const auto kept = head_of(original);
    auto rows = original;
    const auto at = static_cast<std::size_t>(*rc::gen::inRange(0, n));
    switch (*rc::gen::inRange(0, 5)) {
      case 0:
        rows[at].entry.detail += "x";
        break;
      case 1:
        rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 2:
        rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(at), rows[at]);
        break;
      case 3:
        rows[at].link[0] ^= 1;
        break;
      default:
        rows.resize(at);
    }
    std::sort(rows.begin(), rows.end(),
              [](const auto& a, const auto& b) { return a.position < b.position; });
    // The database's head is in the hands of whoever made the change.
    RC_ASSERT(!check(rows, head_of(rows), kept).faults.empty());
  }));
}

BOOST_AUTO_TEST_SUITE_END()
