#include <set>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "http/api_documents.hpp"
#include "http/router.hpp"
#include "http/routes.hpp"
#include "tests/http/raw_client.hpp"
#include "tests/http/test_api.hpp"

using namespace td;
using td::testing::raw_client;
using td::testing::serve_api;
using td::testing::test_route;

namespace {

namespace json = boost::json;

const plain_handler nothing{[](const request&) { return http_answer{}; }};

/// What the service serves, and a row of each further kind.
http_api whole_api() {
  auto api = service_routes([] { return service_snapshot{}; },
                            [] { return std::vector<std::shared_ptr<prometheus::Registry>>{}; });
  auto r = test_route(http_method::patch, "/api/v1/things/{id}/parts/{part}", nothing);
  r.access = for_role(role::manager, scope::projects_write);
  r.rate = rate_class::write;
  r.in_path = {{.name = "id", .what = parameter::type::uuid, .meaning = "Which <thing>."},
               {.name = "part", .meaning = "Which part."}};
  r.in_query = {
      {.name = "state",
       .what = parameter::type::choice,
       .meaning = "Which state.",
       .required = true,
       .choices = {"open", "done"}},
      {.name = "limit",
       .what = parameter::type::integer,
       .meaning = "How many.",
       .fallback = "5",
       .least = 1,
       .most = 9},
      {.name = "all", .what = parameter::type::flag, .meaning = "All.", .fallback = "true"},
      {.name = "since", .what = parameter::type::time, .meaning = "Since."}};
  r.request_schema = "thing";
  r.response_schema = "thing";
  r.problems = {&problems::precondition_failed};
  api.routes.push_back(std::move(r));
  auto ingest = test_route(http_method::post, "/api/v1/lines",
                           exchange_handler{[](exchange&) -> asio::awaitable<void> { co_return; }});
  ingest.request_type = "application/x-ndjson";
  api.routes.push_back(std::move(ingest));
  api.components.push_back({"thing", R"({"type":"object","properties":{
      "finding":{"$ref":"#/components/schemas/finding"}}})"});
  api += api_documents(api);
  return api;
}

/// Calls `see(pointer-ish path, value)` for every value below.
template <class See>
void walk(const json::value& v, const See& see) {
  see(v);
  if (const auto* list = v.if_array()) {
    for (const auto& item : *list)
      walk(item, see);
  } else if (const auto* object = v.if_object()) {
    for (const auto& member : *object)
      walk(member.value(), see);
  }
}

struct fixture {
  http_api api = whole_api();
  json::value document = json::parse(openapi_json(api));

  /// Calls `see(path, method, operation)`.
  template <class See>
  void operations(const See& see) {
    for (const auto& path : document.at("paths").as_object()) {
      for (const auto& operation : path.value().as_object())
        see(std::string{path.key()}, std::string{operation.key()}, operation.value().as_object());
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(openapi, fixture)

BOOST_AUTO_TEST_CASE(the_table_has_no_faults) {
  const auto faults = faults_of(api);
  for (const auto& fault : faults)
    BOOST_TEST_MESSAGE(fault);
  BOOST_TEST(faults.empty());
}

BOOST_AUTO_TEST_CASE(every_route_is_in_the_document_once_and_nothing_else_is) {
  std::size_t seen = 0;
  std::set<std::string> ids;
  operations([&](const std::string& path, const std::string& method, const json::object& o) {
    ++seen;
    BOOST_TEST(ids.insert(std::string{o.at("operationId").as_string()}).second, path);
    const auto found = std::any_of(api.routes.begin(), api.routes.end(), [&](const route& r) {
      std::string lower{name_of(r.method)};
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      return r.path == path && lower == method && r.operation == o.at("operationId").as_string();
    });
    BOOST_TEST(found, path);
  });
  BOOST_TEST(seen == api.routes.size());
}

BOOST_AUTO_TEST_CASE(every_reference_leads_somewhere) {
  const auto& schemas = document.at("components").at("schemas").as_object();
  std::size_t references = 0;
  walk(document, [&](const json::value& v) {
    const auto* object = v.if_object();
    const auto* ref = object == nullptr ? nullptr : object->if_contains("$ref");
    if (ref == nullptr) return;
    constexpr std::string_view prefix = "#/components/schemas/";
    const std::string_view text = ref->as_string();
    BOOST_TEST(text.starts_with(prefix), text);
    BOOST_TEST(schemas.contains(text.substr(prefix.size())), text);
    ++references;
  });
  BOOST_TEST(references > 20u);
}

BOOST_AUTO_TEST_CASE(every_parameter_of_a_template_is_declared_and_required) {
  operations([&](const std::string& path, const std::string&, const json::object& o) {
    std::set<std::string> declared;
    if (const auto* list = o.if_contains("parameters")) {
      for (const auto& p : list->as_array()) {
        BOOST_TEST(p.as_object().contains("schema"));
        BOOST_TEST(!p.at("description").as_string().empty());
        if (p.at("in").as_string() != "path") continue;
        BOOST_TEST(p.at("required").as_bool());
        declared.insert(std::string{p.at("name").as_string()});
      }
    }
    const auto names = template_parameters(path).value();
    BOOST_TEST((declared == std::set<std::string>(names.begin(), names.end())), path);
  });
}

BOOST_AUTO_TEST_CASE(every_operation_says_who_may_what_it_takes_and_what_it_answers) {
  operations([&](const std::string& path, const std::string&, const json::object& o) {
    BOOST_TEST(!o.at("summary").as_string().empty());
    BOOST_TEST(o.at("tags").as_array().size() == 1u);
    BOOST_TEST((o.contains("security") || o.contains("x-required-role")), path);
    const auto& responses = o.at("responses").as_object();
    BOOST_TEST(responses.contains("500"), path);
    for (const auto& r : responses)
      BOOST_TEST(!r.value().at("description").as_string().empty());
  });
  const auto& patch =
      document.at("paths").at("/api/v1/things/{id}/parts/{part}").at("patch").as_object();
  BOOST_TEST(patch.at("x-required-role").as_string() == "operator");
  BOOST_TEST(patch.at("x-required-scope").as_string() == "projects:write");
  const auto& responses = patch.at("responses").as_object();
  for (auto status : {"200", "400", "401", "403", "412", "413", "415", "421", "422", "429", "500"})
    BOOST_TEST(responses.contains(status), status);
  BOOST_TEST(patch.at("parameters").as_array().at(3).at("schema").at("default").as_int64() == 5);
  BOOST_TEST(patch.at("parameters").as_array().at(4).at("schema").at("default").as_bool());
  const auto& ready =
      document.at("paths").at("/health/ready").at("get").at("responses").as_object();
  BOOST_TEST(ready.contains("503"));
}

BOOST_AUTO_TEST_CASE(the_page_names_every_route_schema_and_code_and_escapes_all_text) {
  const auto page = docs_page(api);
  const auto has = [&](std::string_view text) {
    BOOST_TEST(page.find(text) != std::string::npos, text);
  };
  for (const auto& r : api.routes) {
    has("id=\"" + r.operation + "\"");
    has(r.path);
  }
  for (const auto& c : api.components)
    has("id=\"schema-" + c.name + "\"");
  for (const auto* kind : problem_kinds())
    has("id=\"problem-" + std::string{kind->code} + "\"");
  has("Which &lt;thing&gt;.");
  for (auto word : {"<script", "style=", "http://", "https://", "onclick"})
    BOOST_TEST(page.find(word) == std::string::npos, word);
  // Every place that a link of the page leads to is there.
  for (std::size_t at = 0; (at = page.find("href=\"#", at)) != std::string::npos;) {
    at += 7;
    has("id=\"" + page.substr(at, page.find('"', at) - at) + "\"");
  }
}

BOOST_AUTO_TEST_CASE(both_are_served_with_policies_that_allow_nothing_from_elsewhere) {
  const auto server = serve_api(
      service_routes([] { return service_snapshot{}; },
                     [] { return std::vector<std::shared_ptr<prometheus::Registry>>{}; }));
  raw_client client{server->port()};
  client.get("/openapi.json");
  auto a = client.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->status == 200);
  BOOST_TEST(json::parse(a->body).at("openapi").as_string() == "3.1.0");
  BOOST_TEST(json::parse(a->body).at("paths").as_object().contains("/docs"));
  client.get("/docs");
  a = client.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->headers["content-type"] == "text/html; charset=utf-8");
  BOOST_TEST(a->headers["content-security-policy"] ==
             "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
             "frame-ancestors 'none'");
  client.get("/docs/style.css");
  a = client.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->headers["content-type"] == "text/css; charset=utf-8");
  BOOST_TEST(a->body.find("url(") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(problem_codes_are_unique_and_say_what_to_do) {
  std::set<std::string_view> codes;
  for (const auto* kind : problem_kinds()) {
    BOOST_TEST(codes.insert(kind->code).second, kind->code);
    BOOST_TEST((kind->status >= 400 && kind->status < 600), kind->code);
    BOOST_TEST(!kind->title.empty());
    BOOST_TEST(kind->mend.ends_with('.'), kind->code);
  }
}

BOOST_AUTO_TEST_SUITE_END()
