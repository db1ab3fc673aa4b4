// What happens to a request before and after its handler, seen from outside.

#include <future>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <prometheus/text_serializer.h>

#include "tests/http/raw_client.hpp"
#include "tests/http/test_api.hpp"

using namespace td;
using namespace std::chrono_literals;
using td::testing::key_of;
using td::testing::raw_answer;
using td::testing::raw_client;
using td::testing::serve_api;
using td::testing::test_api;
using td::testing::test_route;
using td::testing::user_of;

namespace {

namespace json = boost::json;

/// Tokens are names: "viewer", "operator", "admin", "key"; "slow" takes a while, "away" can't say,
/// "throws" does. All else is refused.
class token_authenticator final : public authenticator {
 public:
  asio::awaitable<http_result<std::optional<principal>>> authenticate(const request& r) override {
    const auto token = r.bearer();
    if (!token) co_return std::optional<principal>{};
    if (*token == "throws") throw std::runtime_error("deliberately");
    if (*token == "slow") co_await pause(20ms);
    co_return judge(*token);
  }

  static asio::awaitable<void> pause(std::chrono::milliseconds d) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, d};
    co_await timer.async_wait(asio::use_awaitable);
  }

 private:
  static http_result<std::optional<principal>> judge(std::string_view token) {
    if (token == "away") return problem_of({errc::database_away, "secret host", {}});
    if (token == "key") return key_of({scope::projects_read});
    if (token == "slow") return user_of(role::viewer);
    for (const auto one : {role::viewer, role::manager, role::admin}) {
      if (token == name_of(one)) return user_of(one);
    }
    return problem{&problems::unauthenticated, "the token is no good", "Authorization", {}, {}};
  }
};

constexpr const char* thing_schema = R"({"type":"object","properties":{
  "name":{"type":"string","minLength":1},"size":{"type":"integer"},
  "part":{"$ref":"#/components/schemas/part"}},"required":["name"],"additionalProperties":false})";
constexpr const char* part_schema = R"({"type":"object","required":["id"]})";

http_api things() {
  auto read = test_route(
      http_method::get, "/things/{id}", plain_handler{[](const request& r) {
        return http_answer{200, "text/plain",
                           fmt::format("{} {} {} {}", r.path.text("id").value(),
                                       r.query.integer("limit").value(), r.who->name, r.address)};
      }});
  read.any_query = false;
  read.access = for_role(role::viewer, scope::projects_read);
  read.in_path = {{.name = "id", .meaning = "Which.", .least = 1, .most = 8}};
  read.in_query = {{.name = "limit",
                    .what = parameter::type::integer,
                    .meaning = "How many.",
                    .fallback = "5",
                    .least = 1,
                    .most = 9}};
  auto write = test_route(http_method::post, "/things",
                          awaiting_handler{[](const request& r) -> asio::awaitable<http_answer> {
                            co_await token_authenticator::pause(1ms);
                            http_answer a{201, "application/json", json::serialize(r.json)};
                            co_return a;
                          }});
  write.access = for_role(role::manager);
  write.request_schema = "thing";
  write.status = 201;
  write.body_bytes = 200;
  auto conflict = test_route(http_method::get, "/conflict",
                             awaiting_handler{[](const request&) -> asio::awaitable<http_answer> {
                               co_return problem_of({errc::conflict, "it is archived", "/state"});
                             }});
  auto raw = test_route(http_method::put, "/raw", plain_handler{[](const request& r) {
                          return http_answer{200, "text/plain", r.body};
                        }});
  return test_api({read, write, conflict, raw}, {{"thing", thing_schema}, {"part", part_schema}});
}

struct fixture {
  std::shared_ptr<http_metrics> meters = std::make_shared<http_metrics>();
  std::unique_ptr<http_server> server;
  std::optional<raw_client> client;

  explicit fixture(http_options options = {}) {
    server = serve_api(things(), std::move(options),
                       {.who = std::make_shared<token_authenticator>(), .meters = meters});
    client.emplace(server->port());
  }

  raw_answer ask(std::string_view line, std::string_view headers = "", std::string_view body = "") {
    auto text = fmt::format("{} HTTP/1.1\r\nHost: h\r\n{}", line, headers);
    if (!body.empty()) text += fmt::format("Content-Length: {}\r\n", body.size());
    client->send(fmt::format("{}\r\n{}", text, body));
    auto a = client->answer();
    if (!a) throw std::runtime_error("no answer");
    return *a;
  }

  raw_answer post(std::string_view body, std::string_view type = "application/json") {
    return ask("POST /things",
               fmt::format("Authorization: Bearer operator\r\nContent-Type: {}\r\n", type), body);
  }
};

std::string code_of(const raw_answer& a) {
  return std::string{json::parse(a.body).at("code").as_string()};
}

std::string field_of(const raw_answer& a) {
  return std::string{json::parse(a.body).at("field").as_string()};
}

constexpr std::string_view as_viewer = "Authorization: Bearer viewer\r\n";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(dispatch, fixture)

BOOST_AUTO_TEST_CASE(handlers_see_checked_values_and_who_asks) {
  const auto a = ask("GET /things/a%20b", as_viewer);
  BOOST_TEST(a.status == 200);
  BOOST_TEST(a.body == "a b 5 viewer 127.0.0.1");
  BOOST_TEST(ask("GET /things/x?limit=9", "Authorization: Bearer key\r\n").body ==
             "x 9 3xK9sT0a 127.0.0.1");
  BOOST_TEST(ask("GET /things/x", "Authorization: Bearer slow\r\n").body == "x 5 viewer 127.0.0.1");
}

BOOST_AUTO_TEST_CASE(who_is_not_signed_in_is_told_how_before_anything_else) {
  auto a = ask("GET /things/too-long-an-id?limit=none");
  BOOST_TEST(a.status == 401);
  BOOST_TEST(code_of(a) == "unauthenticated");
  BOOST_TEST(a.headers["www-authenticate"] == "Bearer realm=\"taylordash\"");
  a = ask("GET /things/x", "Authorization: Bearer wrong\r\n");
  BOOST_TEST(a.status == 401);
  BOOST_TEST(field_of(a) == "Authorization");
}

BOOST_AUTO_TEST_CASE(a_missing_role_or_scope_is_named) {
  auto a = ask("POST /things", as_viewer, "{}");
  BOOST_TEST(a.status == 403);
  BOOST_TEST(code_of(a) == "forbidden");
  BOOST_TEST(a.body.find("the role operator") != std::string::npos);
  BOOST_TEST(ask("POST /things", "Authorization: Bearer key\r\n", "{}").status == 403);
}

BOOST_AUTO_TEST_CASE(who_can_not_be_judged_now_is_told_to_come_again_and_nothing_leaks) {
  auto a = ask("GET /things/x", "Authorization: Bearer away\r\n");
  BOOST_TEST(a.status == 503);
  BOOST_TEST(code_of(a) == "database_away");
  BOOST_TEST(a.headers["retry-after"] == "1");
  BOOST_TEST(a.body.find("secret host") == std::string::npos);
  a = ask("GET /things/x", "Authorization: Bearer throws\r\n");
  BOOST_TEST(a.status == 500);
  BOOST_TEST(a.body.find("deliberately") == std::string::npos);
  BOOST_TEST(ask("GET /things/x", as_viewer).status == 200);
}

BOOST_AUTO_TEST_CASE(parameters_are_refused_with_their_name) {
  auto a = ask("GET /things/x?limit=10", as_viewer);
  BOOST_TEST(a.status == 400);
  BOOST_TEST(code_of(a) == "parameter_invalid");
  BOOST_TEST(field_of(a) == "limit");
  BOOST_TEST(field_of(ask("GET /things/much-too-long", as_viewer)) == "id");
  BOOST_TEST(field_of(ask("GET /things/x?limti=1", as_viewer)) == "limti");
  BOOST_TEST(code_of(ask("GET /things/%2e%2e", as_viewer)) == "bad_target");
}

BOOST_AUTO_TEST_CASE(bodies_are_held_against_the_schema) {
  auto a = post(R"({"name":"a","part":{"id":1}})");
  BOOST_TEST(a.status == 201);
  BOOST_TEST(a.body == R"({"name":"a","part":{"id":1}})");
  BOOST_TEST(post("{\"name\":\"a\"}", "Application/JSON; charset=utf-8").status == 201);
  struct example {
    std::string body;
    int status;
    std::string code;
    std::string field;
  };
  const std::vector<example> table{
      {R"({"name":""})", 422, "body_invalid", "/name"},
      {R"({"name":"a","size":1.5})", 422, "body_invalid", "/size"},
      {R"({"name":"a","part":{}})", 422, "body_invalid", "/part/id"},
      {R"({"name":"a","other":1})", 422, "body_invalid", "/other"},
      {R"({"name":"a","name":"b"})", 400, "not_json", "/name"},
      {"{", 400, "not_json", ""},
      {"[]", 400, "not_json", ""},
      {"{\"name\":\"\xff\"}", 400, "not_json", ""},
      {R"({"name":"\u0000"})", 400, "not_json", "/name"},
      {R"({"name":"\ud800"})", 400, "not_json", "/name"},
      {std::string(100, '['), 400, "not_json", ""},
      {R"({"name":)" + std::string(90, '[') + std::string(90, ']') + "}", 400, "not_json", ""},
  };
  for (const auto& [body, status, code, field] : table) {
    a = post(body);
    BOOST_TEST(a.status == status, body << ": " << a.body);
    BOOST_TEST(code_of(a) == code, body);
    if (!field.empty()) BOOST_TEST(field_of(a) == field, body << ": " << a.body);
  }
  a = post(R"({"size":"x","other":1})");
  BOOST_TEST(json::parse(a.body).at("errors").as_array().size() >= 2u, a.body);
  BOOST_TEST(code_of(post("name=a", "application/x-www-form-urlencoded")) ==
             "unsupported_media_type");
  BOOST_TEST(code_of(ask("POST /things", "Authorization: Bearer operator\r\n", "{}")) ==
             "unsupported_media_type");
  BOOST_TEST(code_of(ask("POST /things",
                         "Authorization: Bearer operator\r\nContent-Type: application/json\r\n")) ==
             "not_json");  // no body at all
}

BOOST_AUTO_TEST_CASE(a_body_over_the_routes_limit_is_too_large) {
  auto a = post(R"({"name":")" + std::string(200, 'x') + "\"}");
  BOOST_TEST(a.status == 413);
  BOOST_TEST(a.body.find("this route takes 200 bytes") != std::string::npos, a.body);
  BOOST_TEST(client->closed());
}

BOOST_AUTO_TEST_CASE(a_client_that_waits_to_be_asked_for_its_body_is_asked_once_it_is_admitted) {
  client->send("PUT /raw HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-Continue\r\n\r\n");
  BOOST_TEST(client->answer()->status == 100);
  client->send("body");
  BOOST_TEST(client->answer()->body == "body");
  client->send(
      "POST /things HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  BOOST_TEST(client->answer()->status == 401);
  BOOST_TEST(client->closed());
}

BOOST_AUTO_TEST_CASE(failures_become_problems_with_their_place) {
  const auto a = ask("GET /conflict");
  BOOST_TEST(a.status == 409);
  BOOST_TEST(code_of(a) == "conflict");
  BOOST_TEST(field_of(a) == "/state");
  BOOST_TEST(a.body.find("it is archived") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(strange_hosts_are_refused_with_the_setting) {
  client->send("GET /conflict HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  auto a = client->answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->status == 421);
  BOOST_TEST(a->body.find("http.hosts") != std::string::npos);
  client->send("GET http://evil.example/conflict HTTP/1.1\r\nHost: h\r\n\r\n");
  BOOST_TEST(client->answer()->status == 421);
}

BOOST_AUTO_TEST_CASE(requests_are_counted_by_template_and_never_by_what_was_written) {
  ask("GET /things/secret", as_viewer);
  ask("GET /things/other?limit=99", as_viewer);
  ask("GET /nowhere/secret");
  const auto text = prometheus::TextSerializer{}.Serialize(meters->registry()->Collect());
  const auto has = [&](std::string_view line) {
    BOOST_TEST(text.find(line) != std::string::npos, line << "\n" << text);
  };
  has(R"(taylordash_http_requests_total{method="GET",route="/things/{id}",status="200"} 1)");
  has(R"(taylordash_http_requests_total{method="GET",route="/things/{id}",status="400"} 1)");
  has(R"(taylordash_http_requests_total{method="other",route="unmatched",status="404"} 1)");
  has(R"(taylordash_http_request_seconds_count{method="GET",route="/things/{id}"} 2)");
  has("taylordash_http_connections 1");
  BOOST_TEST(text.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(request_ids_are_those_of_the_trace_or_made_here) {
  auto a = ask("GET /conflict",
               "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n");
  BOOST_TEST(a.headers["x-request-id"] == "4bf92f3577b34da6a3ce929d0e0e4736");
  BOOST_TEST(a.body.find("4bf92f3577b34da6a3ce929d0e0e4736") != std::string::npos);
  a = ask("GET /conflict", "traceparent: nonsense\r\n");
  BOOST_TEST(a.headers["x-request-id"].size() == 32u);
  const auto first = a.headers["x-request-id"];
  BOOST_TEST(ask("GET /conflict").headers["x-request-id"] != first);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(dispatch_rules)

BOOST_AUTO_TEST_CASE(rates_are_per_principal_and_told_in_headers) {
  auto api = test_api({test_route(http_method::get, "/r", plain_handler{[](const request&) {
                                    return http_answer{200, "text/plain", "r"};
                                  }})});
  api.routes[0].rate = rate_class::read;
  http_options options;
  options.rates.read = {2, 30s};
  const auto server = serve_api(
      std::move(api), options, {.who = std::make_shared<token_authenticator>(), .meters = nullptr});
  raw_client client{server->port()};
  const auto ask = [&](std::string_view token) {
    client.send(
        fmt::format("GET /r HTTP/1.1\r\nHost: h\r\n{}\r\n",
                    token.empty() ? "" : fmt::format("Authorization: Bearer {}\r\n", token)));
    return client.answer().value();
  };
  auto a = ask("");
  BOOST_TEST(a.status == 200);
  BOOST_TEST(a.headers["ratelimit-limit"] == "2");
  BOOST_TEST(a.headers["ratelimit-remaining"] == "1");
  BOOST_TEST(a.headers["ratelimit-reset"] == "30");
  ask("");
  a = ask("");
  BOOST_TEST(a.status == 429);
  BOOST_TEST(code_of(a) == "rate_limited");
  BOOST_TEST(a.headers["retry-after"] == "30");
  BOOST_TEST(a.headers["ratelimit-remaining"] == "0");
  BOOST_TEST(ask("viewer").status == 200);  // somebody else
  BOOST_TEST(ask("admin").status == 200);
}

BOOST_AUTO_TEST_CASE(guessing_tokens_ends_in_a_wait) {
  const auto server =
      serve_api(things(), {}, {.who = std::make_shared<token_authenticator>(), .meters = nullptr});
  raw_client client{server->port()};
  std::map<int, int> seen;
  for (int i = 0; i < 40; ++i) {
    client.send(
        fmt::format("GET /things/x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer g{}\r\n\r\n", i));
    const auto a = client.answer();
    BOOST_REQUIRE(a);
    ++seen[a->status];
  }
  BOOST_TEST(seen[401] >= 30);
  BOOST_TEST(seen[429] >= 5);
  // Whoever has a good one is not kept out by it.
  client.send("GET /things/x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer viewer\r\n\r\n");
  BOOST_TEST(client.answer()->status == 200);
}

BOOST_AUTO_TEST_CASE(origins_are_told_by_list) {
  http_options options;
  options.cors_origins = {"https://dash.example"};
  const fixture f{options};
  raw_client client{f.server->port()};
  client.send(
      "OPTIONS /things HTTP/1.1\r\nHost: h\r\nOrigin: https://dash.example\r\n"
      "Access-Control-Request-Method: POST\r\n\r\n");
  auto a = client.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->status == 204);
  BOOST_TEST(a->headers["access-control-allow-origin"] == "https://dash.example");
  BOOST_TEST(a->headers["access-control-allow-methods"] == "POST, OPTIONS");
  client.send("GET /conflict HTTP/1.1\r\nHost: h\r\nOrigin: https://other.example\r\n\r\n");
  a = client.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->headers.count("access-control-allow-origin") == 0u);
  BOOST_TEST(a->headers["vary"] == "Origin");
}

/// The handlers of different connections run at the same time; those of one do not.
BOOST_AUTO_TEST_CASE(connections_are_spread_over_the_threads) {
  std::promise<void> second_came;
  auto came = second_came.get_future().share();
  auto api = test_api(
      {test_route(http_method::get, "/first", plain_handler{[came](const request&) {
                    const bool met = came.wait_for(10s) == std::future_status::ready;
                    return http_answer{200, "text/plain", met ? "met" : "alone"};
                  }}),
       test_route(http_method::get, "/second", plain_handler{[&second_came](const request&) {
                    second_came.set_value();
                    return http_answer{200, "text/plain", "second"};
                  }})});
  const auto server = serve_api(std::move(api), {.threads = 2});
  raw_client first{server->port()};
  raw_client second{server->port()};
  second.get("/docs");  // both are accepted when it is answered: by the thread that will be busy
  BOOST_TEST(second.answer()->status == 200);
  first.get("/first");
  second.get("/second");
  BOOST_TEST(second.answer()->body == "second");
  BOOST_TEST(first.answer()->body == "met");
}

BOOST_AUTO_TEST_SUITE_END()
