#include "http/request.hpp"

#include <boost/test/unit_test.hpp>

#include "http/authorize.hpp"
#include "http/cors.hpp"
#include "http/hosts.hpp"
#include "tests/http/test_api.hpp"

using namespace td;

BOOST_AUTO_TEST_SUITE(requests)

BOOST_AUTO_TEST_CASE(the_trace_id_is_taken_from_a_valid_traceparent_only) {
  const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736", parent = "00f067aa0ba902b7";
  BOOST_TEST(trace_id_of("00-" + id + "-" + parent + "-01").value_or("") == id);
  BOOST_TEST(trace_id_of("01-" + id + "-" + parent + "-00-more").value_or("") == id);
  BOOST_TEST(trace_id_of("cc-" + id + "-" + parent + "-00").value_or("") == id);
  for (const std::string& bad :
       {std::string{}, id, "ff-" + id + "-" + parent + "-01", "00-" + id + "-" + parent,
        "00-" + id + "-" + parent + "-01-more", "00-" + id + "-" + parent + "-1",
        "01-" + id + "-" + parent + "-00more", "00-" + std::string(32, '0') + "-" + parent + "-01",
        "00-" + id + "-" + std::string(16, '0') + "-01", "0G-" + id + "-" + parent + "-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + parent + "-01"}) {
    BOOST_TEST(!trace_id_of(bad), bad);
  }
}

BOOST_AUTO_TEST_CASE(made_ids_differ_and_look_like_trace_ids) {
  const auto a = random_trace_id(), b = random_trace_id();
  BOOST_TEST(a != b);
  BOOST_TEST(trace_id_of("00-" + a + "-00f067aa0ba902b7-00").value_or("") == a);
}

BOOST_AUTO_TEST_CASE(headers_are_found_without_case) {
  header_fields h;
  h.add("Host", "a");
  h.add("X-One", "");
  h.add("host", "b");
  BOOST_TEST(h["HOST"] == "a");
  BOOST_TEST(h.count("hOst") == 2u);
  BOOST_TEST(h.find("x-one").value() == "");
  BOOST_TEST(!h.find("x-two"));
  h.clear();
  BOOST_TEST(!h.find("host"));
  BOOST_TEST(has_token("keep-alive , Upgrade", "upgrade"));
  BOOST_TEST(!has_token("keep-alive", "keep"));
}

BOOST_AUTO_TEST_CASE(cookies_and_bearer_tokens_are_found) {
  request r;
  r.headers.add("Cookie", "a=1; session=x=y; b=");
  r.headers.add("Authorization", "bearer  abc");
  BOOST_TEST(r.cookie("a").value_or("-") == "1");
  BOOST_TEST(r.cookie("session").value_or("-") == "x=y");
  BOOST_TEST(r.cookie("b").value_or("-") == "");
  BOOST_TEST(!r.cookie("essio"));
  BOOST_TEST(r.bearer().value_or("-") == "abc");
  request basic;
  basic.headers.add("Authorization", "Basic abc");
  BOOST_TEST(!basic.bearer());
  BOOST_TEST(!request{}.bearer());
}

BOOST_AUTO_TEST_CASE(a_strange_host_is_refused_where_a_browser_could_be_led_here) {
  const host_rule loopback{{}, "127.0.0.1"};
  for (auto host : {"localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "[::1]:8080"})
    BOOST_TEST(loopback.allows(host), host);
  for (auto host : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80",
                    "127.0.0.2", "[::2]", "evil.example:127.0.0.1"}) {
    BOOST_TEST(!loopback.allows(host), host);
  }
  BOOST_TEST((host_rule{{}, "127.0.0.2"}.allows("127.0.0.2:80")));
  BOOST_TEST((host_rule{{}, "0.0.0.0"}.open()));
  BOOST_TEST((host_rule{{}, "0.0.0.0"}.allows("evil.example")));
  const host_rule listed{{"dash.example.org", "other:8443"}, "0.0.0.0"};
  BOOST_TEST(!listed.open());
  BOOST_TEST(listed.allows("Dash.Example.org:443"));
  BOOST_TEST(listed.allows("other:8443"));
  BOOST_TEST(!listed.allows("other:80"));
  BOOST_TEST(!listed.allows("localhost"));
}

BOOST_AUTO_TEST_CASE(who_may_use_a_route_is_decided_by_role_or_scope) {
  const std::optional<principal> anonymous{};
  const std::optional viewer{td::testing::user_of(role::viewer)};
  const std::optional admin{td::testing::user_of(role::admin)};
  const std::optional key{td::testing::key_of({scope::events_write})};
  BOOST_TEST(!authorize(for_anyone(), anonymous));
  BOOST_TEST(!authorize(for_role(role::viewer), viewer));
  BOOST_TEST(!authorize(for_role(role::manager), admin));
  BOOST_TEST(!authorize(for_role(role::manager, scope::events_write), key));

  const auto no_one = authorize(for_role(role::viewer), anonymous);
  BOOST_REQUIRE(no_one);
  BOOST_TEST(no_one->kind == &problems::unauthenticated);
  BOOST_TEST(no_one->headers.at(0).first == "WWW-Authenticate");
  const auto low = authorize(for_role(role::manager), viewer);
  BOOST_REQUIRE(low);
  BOOST_TEST(low->kind == &problems::forbidden);
  BOOST_TEST(low->detail.find("the role operator, you are viewer") != std::string::npos);
  const auto scope = authorize(for_role(role::viewer, scope::events_read), key);
  BOOST_REQUIRE(scope);
  BOOST_TEST(scope->detail.find("the scope events:read") != std::string::npos);
  const auto people = authorize(for_role(role::viewer), key);  // an admin's key is still a key
  BOOST_REQUIRE(people);
  BOOST_TEST(people->detail.find("no API key may do it") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_listed_origins_are_told_that_they_may) {
  const cors_rule none{{}};
  request r;
  r.headers.add("Origin", "https://a.example");
  none.mark(r);
  BOOST_TEST(r.answer_headers.empty());
  const cors_rule rule{{"https://a.example"}};
  rule.mark(r);
  BOOST_TEST(r.answer_headers.at(1).second == "https://a.example");
  request other;
  other.headers.add("Origin", "https://a.example.evil");
  rule.mark(other);
  BOOST_TEST(other.answer_headers.size() == 1u);
  BOOST_TEST(other.answer_headers.at(0).second == "Origin");  // Vary, for caches
  BOOST_TEST(rule.preflight(r, "GET").empty());               // no preflight without its header
}

BOOST_AUTO_TEST_SUITE_END()
