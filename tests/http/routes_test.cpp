#include "http/routes.hpp"

#include <map>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include "http/request.hpp"
#include "http/snapshot_json.hpp"

using namespace td;

namespace {

constexpr timestamp noon =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + std::chrono::hours{12};

struct fixture {
  service_snapshot snapshot{};
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  std::map<std::string, plain_handler> routes;

  fixture() {
    snapshot.version = "0.1.0";
    snapshot.ready = true;
    snapshot.dependencies = {{"mqtt", true, "", noon, std::chrono::microseconds{250}},
                             {"postgresql", true, "", noon, std::chrono::microseconds{1200}}};
    const auto registries = [this] { return std::vector{registry}; };
    for (auto& route : service_routes([this] { return snapshot; }, registries).routes) {
      routes[route.path] = std::get<plain_handler>(route.handler);
    }
  }

  http_answer get(const std::string& path) { return routes.at(path)({}); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(routes, fixture)

BOOST_AUTO_TEST_CASE(live_answers_whatever_the_state) {
  snapshot.ready = false;
  snapshot.stopping = true;
  BOOST_TEST(get("/health/live").status == 200u);
  BOOST_TEST(get("/health/live").body == R"({"status":"alive"})");
}

BOOST_AUTO_TEST_CASE(ready_shows_each_dependency_with_latency_and_since) {
  const auto a = get("/health/ready");
  BOOST_TEST(a.status == 200u);
  BOOST_TEST(a.content_type == "application/json");
  BOOST_TEST(
      a.body ==
      R"({"ready":true,"reasons":[],"dependencies":[)"
      R"({"name":"mqtt","ok":true,"reason":"","since":"2026-11-20T12:00:00.000000Z","latency_us":250},)"
      R"({"name":"postgresql","ok":true,"reason":"","since":"2026-11-20T12:00:00.000000Z","latency_us":1200}],"findings":[]})");
}

BOOST_AUTO_TEST_CASE(not_ready_is_503_and_says_what_is_missing) {
  snapshot.ready = false;
  BOOST_TEST(get("/health/ready").status == 503u);
  BOOST_TEST(get("/health/ready")
                 .body.starts_with(R"({"ready":false,"reasons":["the service is starting"],)"));
  snapshot.dependencies[1] = {"postgresql", false, "connection refused", noon, {}};
  snapshot.lanes = {{.slot = 1, .state = "paused", .reason = "the database is away"},
                    {.slot = 2, .state = "reading"}};
  const auto a = get("/health/ready");
  BOOST_TEST(a.status == 503u);
  BOOST_TEST(
      a.body.starts_with(
          R"({"ready":false,"reasons":["postgresql is away since 2026-11-20T12:00:00.000000Z: )"
          R"(connection refused","lane 1 is paused: the database is away"],)"),
      a.body);
  BOOST_TEST(a.body.find(R"("name":"postgresql","ok":false,"reason":"connection refused")") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_stopping_service_is_not_ready) {
  snapshot.stopping = true;
  BOOST_TEST(get("/health/ready").status == 503u);
  BOOST_TEST(get("/health/ready")
                 .body.starts_with(R"({"ready":false,"reasons":["the service is stopping"])"));
}

BOOST_AUTO_TEST_CASE(metrics_are_in_the_text_format_of_prometheus) {
  prometheus::BuildCounter()
      .Name("td_test_total")
      .Help("Help.")
      .Register(*registry)
      .Add({{"a", "b\""}})
      .Increment(2);
  const auto a = get("/metrics");
  BOOST_TEST(a.status == 200u);
  BOOST_TEST(a.content_type == "text/plain; version=0.0.4; charset=utf-8");
  BOOST_TEST(
      a.body ==
      "# HELP td_test_total Help.\n# TYPE td_test_total counter\ntd_test_total{a=\"b\\\"\"} 2\n");
}

BOOST_AUTO_TEST_CASE(status_is_the_whole_snapshot) {
  const auto a = get("/api/v1/status");
  BOOST_TEST(a.status == 200u);
  BOOST_TEST(a.content_type == "application/json");
  BOOST_TEST(a.body == to_json(snapshot));
}

BOOST_AUTO_TEST_SUITE_END()
