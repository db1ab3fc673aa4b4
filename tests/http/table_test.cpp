// The service's own routes, each through a server: what it answers, held against what the table
// says that it answers. A row without cases fails.

#include <map>
#include <set>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <prometheus/registry.h>

#include "http/api_documents.hpp"
#include "http/component_schemas.hpp"
#include "http/routes.hpp"
#include "tests/http/raw_client.hpp"
#include "tests/http/test_api.hpp"

using namespace td;
using td::testing::raw_answer;
using td::testing::raw_client;
using td::testing::serve_api;

namespace {

struct route_case {
  std::string line;  ///< "GET /health/live"
  int status;
  std::string headers{};
  std::string body{};
};

struct fixture {
  service_snapshot snapshot{};
  http_api api = make();
  std::unique_ptr<http_server> server = serve_api(make());

  fixture() {
    snapshot.version = "0.1.0";
    snapshot.lanes = {{.slot = 1, .client_id = "c", .state = "paused", .reason = "r"}};
    snapshot.dependencies = {{"mqtt", false, "away", now(), std::chrono::microseconds{3}}};
    snapshot.actors = {{"mirror 1", "running", 2}};
    snapshot.stalls = {{.lane = 1, .holder = "mirror 0"}};
    snapshot.findings = {{"broker", "broker_x", severity::danger, "what", "mend", "where"}};
  }

  http_api make() {
    return service_routes([this] { return snapshot; },
                          [] { return std::vector{std::make_shared<prometheus::Registry>()}; });
  }

  raw_answer ask(const route_case& c) {
    raw_client client{server->port()};
    client.send(fmt::format("{} HTTP/1.1\r\nHost: h\r\n{}Content-Length: {}\r\n\r\n{}", c.line,
                            c.headers, c.body.size(), c.body));
    const auto a = client.answer(c.line.starts_with("HEAD"));
    if (!a) throw std::runtime_error("no answer to " + c.line);
    return *a;
  }
};

/// The cases of each operation. Every public GET has: as it should be, as HEAD, with the wrong
/// method, with a body over the limit, from a strange host.
std::map<std::string, std::vector<route_case>> cases() {
  std::map<std::string, std::vector<route_case>> all;
  const auto probe = [&all](const std::string& operation, const std::string& path, int status) {
    all[operation] = {
        {"GET " + path, status},
        {"GET " + path + "?name[]=up", status},
        {"HEAD " + path, status},
        {"POST " + path, 405, "", "{}"},
        {"DELETE " + path, 405},
        {"GET " + path, 413, "", std::string(70'000, 'x')},
        {"GET http://evil.example" + path, 421},
        {"GET " + path + "?x=%ff", 400},
        {"OPTIONS " + path, 204},
    };
  };
  probe("read_live", "/health/live", 200);
  probe("read_ready", "/health/ready", 503);
  probe("read_metrics", "/metrics", 200);
  probe("read_status", "/api/v1/status", 200);
  probe("read_openapi", "/openapi.json", 200);
  probe("read_docs", "/docs", 200);
  probe("read_docs_style", "/docs/style.css", 200);
  return all;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(route_table, fixture)

BOOST_AUTO_TEST_CASE(every_row_has_its_cases) {
  auto whole = api;
  whole += api_documents(api);
  std::set<std::string> rows, tested;
  for (const auto& r : whole.routes)
    rows.insert(r.operation);
  for (const auto& [operation, list] : cases())
    tested.insert(operation);
  BOOST_CHECK_EQUAL_COLLECTIONS(rows.begin(), rows.end(), tested.begin(), tested.end());
}

BOOST_AUTO_TEST_CASE(every_case_is_answered_as_the_table_says) {
  auto whole = api;
  whole += api_documents(api);
  const component_schemas schemas{whole.components};
  for (const auto& [operation, list] : cases()) {
    const auto& row = *std::find_if(whole.routes.begin(), whole.routes.end(),
                                    [&o = operation](const route& r) { return r.operation == o; });
    for (const auto& c : list) {
      auto a = ask(c);
      BOOST_TEST(a.status == c.status, c.line << ": " << a.body);
      BOOST_TEST(a.headers["x-content-type-options"] == "nosniff");
      BOOST_TEST(a.headers["x-request-id"].size() == 32u);
      if (c.line.starts_with("HEAD") || a.status == 204) continue;
      const bool problem = a.headers["content-type"] == "application/problem+json";
      const auto schema = problem ? std::string{"problem"} : row.response_schema;
      if (!problem) BOOST_TEST(a.headers["content-type"] == row.response_type, c.line);
      if (schema.empty()) continue;
      const auto* compiled = schemas.find(schema);
      BOOST_REQUIRE(compiled);
      const auto read = read_json(a.body, compiled);
      BOOST_TEST(read.has_value(), c.line << ": " << (read ? "" : read.error().detail) << a.body);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
