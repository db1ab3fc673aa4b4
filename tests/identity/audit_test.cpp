#include "identity/audit.hpp"

#include <set>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "tests/identity/chain.hpp"

using namespace td;
using namespace td::test;

BOOST_AUTO_TEST_SUITE(audit)

BOOST_AUTO_TEST_CASE(every_action_has_a_name_that_comes_back) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(audit_action::pipeline_resumed); ++i) {
    const auto a = static_cast<audit_action>(i);
    BOOST_TEST((audit_action_named(name_of(a)) == a));
    BOOST_TEST(names.insert(name_of(a)).second);
  }
  BOOST_TEST(name_of(audit_action::login) == "login");
  BOOST_TEST(name_of(audit_action::api_key_created) == "api_key_created");
  BOOST_TEST(name_of(audit_action::retention_changed) == "retention_changed");
  BOOST_TEST(!audit_action_named("drop_table"));
  for (const auto r : {audit_result::ok, audit_result::denied, audit_result::failed})
    BOOST_TEST((audit_result_named(name_of(r)) == r));
}

BOOST_AUTO_TEST_CASE(heads_are_written_and_read) {
  const auto head = head_of(chain_of(3, key_of("k")));
  BOOST_TEST(to_string(head).starts_with("3:"));
  BOOST_TEST((parse_audit_head(to_string(head)) == head));
  for (const auto* bad : {"", "3", "3:", ":00", "3:00", "-1:00", "x:00"})
    BOOST_TEST(!parse_audit_head(bad), bad);
  BOOST_TEST(!parse_audit_head(to_string(head) + "0"));
  BOOST_TEST(!parse_audit_head("3:" + std::string(64, 'g')));
}

BOOST_AUTO_TEST_CASE(whatever_is_changed_in_a_row_changes_its_bytes) {
  const auto row = entry_row(1);
  std::set<std::string> all{canonical(row)};
  const auto differs = [&](auto change) {
    auto other = row;
    change(other);
    BOOST_TEST(all.insert(canonical(other)).second);
  };
  differs([](auto& r) { r.id.bytes[0] = 1; });
  differs([](auto& r) { r.at += std::chrono::microseconds{1}; });
  differs([](auto& r) { r.entry.action = audit_action::logout; });
  differs([](auto& r) { r.entry.result = audit_result::denied; });
  differs([](auto& r) { r.entry.actor = "user bo"; });
  differs([](auto& r) { r.entry.actor_id = uuid{}; });
  differs([](auto& r) { r.entry.target = ""; });
  differs([](auto& r) { r.entry.before = "{}"; });
  differs([](auto& r) { r.entry.after = "{}"; });
  differs([](auto& r) { r.entry.address = "::1"; });
  differs([](auto& r) { r.entry.request_id = "r"; });
  differs([](auto& r) { r.entry.detail = "2"; });
  differs([](auto& r) { r.unread = "a name of another version"; });
}

BOOST_AUTO_TEST_CASE(texts_that_move_between_members_are_another_row) {
  BOOST_TEST(rc::check([](const std::string& a, const std::string& b) {
    auto one = entry_row(1);
    auto two = one;
    one.entry.actor = a;
    one.entry.target = b;
    two.entry.actor = a + b;
    two.entry.target = "";
    RC_ASSERT(b.empty() || canonical(one) != canonical(two));
  }));
}

BOOST_AUTO_TEST_CASE(a_link_depends_on_every_row_before_it_and_on_the_key) {
  const auto k = key_of("k");
  const auto rows = chain_of(3, k);
  BOOST_TEST((head_of(chain_of(3, k)) == head_of(rows)));
  BOOST_TEST((head_of(chain_of(3, key_of("other"))).link != head_of(rows).link));
  audit_head head;
  for (int i = 1; i <= 3; ++i) {
    auto row = entry_row(i);
    if (i == 1) row.entry.detail = "changed";
    head = chain(row, head, k);
  }
  BOOST_TEST((head.link != head_of(rows).link));
}

BOOST_AUTO_TEST_SUITE_END()
