#include "http/router.hpp"

#include <boost/test/unit_test.hpp>

#include "http/target.hpp"
#include "tests/http/test_api.hpp"

using namespace td;
using td::testing::test_route;

namespace {

const plain_handler nothing{[](const request&) { return http_answer{}; }};

std::vector<route> table(std::initializer_list<std::pair<http_method, std::string>> rows) {
  std::vector<route> routes;
  for (const auto& [method, path] : rows)
    routes.push_back(test_route(method, path, nothing));
  return routes;
}

struct fixture {
  std::vector<route> routes = table({{http_method::get, "/"},
                                     {http_method::get, "/things"},
                                     {http_method::post, "/things"},
                                     {http_method::get, "/things/{id}"},
                                     {http_method::erase, "/things/{id}"},
                                     {http_method::get, "/things/stream"},
                                     {http_method::get, "/things/{id}/parts/{part}"},
                                     {http_method::get, "/{any}/parts"}});
  router way{routes};

  /// "/things/{id} a": the template and the values.
  std::string find(http_method m, std::string_view path) {
    const auto found = way.find(m, parse_target(path)->segments);
    if (found.to == nullptr) {
      return found.methods.empty() ? "nothing" : "not this: " + allow_header(found.methods);
    }
    std::string text = found.to->path;
    for (const auto& v : found.values)
      text += " " + v;
    return text;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(routing, fixture)

BOOST_AUTO_TEST_CASE(literals_win_over_parameters_and_what_fails_is_taken_back) {
  const auto get = http_method::get;
  BOOST_TEST(find(get, "/") == "/");
  BOOST_TEST(find(get, "/things") == "/things");
  BOOST_TEST(find(get, "/things/7") == "/things/{id} 7");
  BOOST_TEST(find(get, "/things/a%20b") == "/things/{id} a b");
  BOOST_TEST(find(get, "/things/stream") == "/things/stream");
  BOOST_TEST(find(get, "/things/stream/parts/2") == "/things/{id}/parts/{part} stream 2");
  BOOST_TEST(find(get, "/things/parts") == "/things/{id} parts");
  BOOST_TEST(find(get, "/other/parts") == "/{any}/parts other");
  BOOST_TEST(find(http_method::erase, "/things/7") == "/things/{id} 7");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_nothing_and_other_methods_are_named) {
  const auto get = http_method::get;
  for (auto path :
       {"/thing", "/things/", "/things//parts/2", "/things/7/parts", "//parts", "/things/7/x"})
    BOOST_TEST(find(get, path) == "nothing", path);
  BOOST_TEST(find(http_method::put, "/things") == "not this: GET, HEAD, POST, OPTIONS");
  BOOST_TEST(find(http_method::other, "/things/7") == "not this: GET, HEAD, DELETE, OPTIONS");
}

BOOST_AUTO_TEST_CASE(a_table_with_faults_is_named_row_by_row) {
  http_api api;
  BOOST_TEST(faults_of(api).empty());
  auto good = test_route(http_method::get, "/a/{id}", nothing);
  good.in_path = {{.name = "id", .meaning = "Which one."}};
  api.routes = {good};
  BOOST_TEST(faults_of(api).empty());

  const auto one_fault = [&](auto change) {
    http_api broken = api;
    change(broken);
    const auto faults = faults_of(broken);
    BOOST_REQUIRE_MESSAGE(!faults.empty(), "the change is no fault");
    return faults.front();
  };
  const auto says = [&](std::string_view what, auto change) {
    const auto fault = one_fault(change);
    BOOST_TEST(fault.find(what) != std::string::npos, fault);
  };
  says("operation", [](http_api& a) { a.routes[0].operation = "No Name"; });
  says("operation get_a__id_ is there twice", [&](http_api& a) {
    a.routes.push_back(good);
    a.routes[1].path = "/b/{id}";
  });
  says("is there twice", [&](http_api& a) {
    a.routes.push_back(good);
    a.routes[1].operation = "other";
    a.routes[1].path = "/a/{name}";
    a.routes[1].in_path[0].name = "name";
  });
  says("tag or summary", [](http_api& a) { a.routes[0].summary = ""; });
  says("no handler", [](http_api& a) { a.routes[0].handler = plain_handler{}; });
  says("in_path", [](http_api& a) { a.routes[0].in_path.clear(); });
  for (auto path :
       {"a", "/a/", "/a//b", "/a{id}", "/a/{}", "/a/{ID}", "/{id}/{id}", "/a b", "/a?b"}) {
    says("malformed", [path](http_api& a) { a.routes[0].path = path; });
  }
  says("has no meaning", [](http_api& a) { a.routes[0].in_query = {{.name = "x"}}; });
  says("no choices", [](http_api& a) {
    a.routes[0].in_query = {{.name = "x", .what = parameter::type::choice, .meaning = "m"}};
  });
  says("fallback", [](http_api& a) {
    a.routes[0].in_query = {
        {.name = "x", .what = parameter::type::integer, .meaning = "m", .fallback = "many"}};
  });
  says("component gone is missing", [](http_api& a) { a.routes[0].response_schema = "gone"; });
  says("component c is there twice", [](http_api& a) {
    a.components = {{"c", "{}"}, {"c", "{}"}};
  });
  says("component c", [](http_api& a) { a.components = {{"c", "{"}}; });
  says("component c", [](http_api& a) { a.components = {{"c", R"({"type":"text"})"}}; });
  says("component c", [](http_api& a) {
    a.components = {{"c", R"({"$ref":"#/components/schemas/d"})"}};
  });
}

BOOST_AUTO_TEST_CASE(a_server_does_not_start_with_a_table_that_has_faults) {
  auto broken = test_route(http_method::get, "/a/{id}", nothing);
  const auto server = start_http({.port = 0}, {{broken}, {}});
  BOOST_REQUIRE(!server);
  BOOST_TEST((server.error().code == errc::internal));
  BOOST_TEST(server.error().detail.find("GET /a/{id}: in_path") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
