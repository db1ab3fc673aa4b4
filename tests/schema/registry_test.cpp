#include "schema/registry.hpp"

#include <thread>

#include "schema/shipped.hpp"
#include "tests/schema/json.hpp"

using namespace td;
using namespace td::test;

namespace {

constexpr const char* needs_a = R"({"required":["a"]})";
constexpr const char* needs_b = R"({"required":["b"]})";

using definitions = std::vector<schema_definition>;

struct registry_fixture {
  std::shared_ptr<shadow_book> book = std::make_shared<shadow_book>();

  std::shared_ptr<const schema_registry> make(const definitions& all,
                                              unknown_kinds others = unknown_kinds::open,
                                              const schema_registry* previous = nullptr) const {
    return schema_registry::make(all, others, book, previous).value();
  }

  static schema_judgement judge(const schema_registry& r, std::string_view kind,
                                std::int32_t version, std::string_view payload) {
    const json document{payload};
    return r.check({.kind = kind, .version = version}, *document);
  }

  /// "passed 2", or the code.
  static std::string fate(const schema_registry& r, std::string_view kind, std::int32_t version,
                          std::string_view payload) {
    const auto j = judge(r, kind, version, payload);
    return j.refused ? std::string{name_of(j.refused->code)}
                     : "passed " + std::to_string(j.version);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(registry, registry_fixture)

BOOST_AUTO_TEST_CASE(an_event_is_judged_by_the_version_it_names) {
  const auto r = make({{"order", 1, false, needs_a}, {"order", 2, false, needs_b}});
  BOOST_TEST(fate(*r, "order", 1, R"({"a":1})") == "passed 1");
  BOOST_TEST(fate(*r, "order", 1, R"({"b":1})") == "schema_violation");
  BOOST_TEST(fate(*r, "order", 2, R"({"b":1})") == "passed 2");
}

BOOST_AUTO_TEST_CASE(one_that_names_none_is_judged_by_the_highest_active_version) {
  const auto r = make(
      {{"order", 2, false, needs_b}, {"order", 1, false, needs_a}, {"order", 3, true, needs_a}});
  BOOST_TEST(fate(*r, "order", 0, R"({"b":1})") == "passed 2");
  BOOST_TEST(fate(*r, "order", 0, R"({"a":1})") == "schema_violation");
}

BOOST_AUTO_TEST_CASE(a_version_that_is_not_active_is_refused_and_the_active_ones_named) {
  const auto r = make(
      {{"order", 1, false, needs_a}, {"order", 2, false, needs_b}, {"order", 3, true, needs_b}});
  const auto j = judge(*r, "order", 3, "{}");
  BOOST_REQUIRE(j.refused.has_value());
  BOOST_TEST((j.refused->code == errc::schema_version_unknown));
  BOOST_TEST(j.refused->detail ==
             R"(the kind "order" has no active schema version 3; active: 2, 1)");
}

BOOST_AUTO_TEST_CASE(kinds_without_an_active_schema_pass_or_not_as_is_set) {
  const auto open = make({{"candidate", 1, true, needs_a}});
  BOOST_TEST(fate(*open, "order", 0, "{}") == "passed 0");
  BOOST_TEST(fate(*open, "order", 7, "{}") == "passed 0");
  BOOST_TEST(fate(*open, "candidate", 0, "{}") == "passed 0");
  const auto strict = make({{"candidate", 1, true, needs_a}}, unknown_kinds::strict);
  BOOST_TEST(fate(*strict, "order", 0, "{}") == "unknown_kind");
  BOOST_TEST(fate(*strict, "candidate", 0, R"({"a":1})") == "unknown_kind");
}

BOOST_AUTO_TEST_CASE(a_refusal_names_place_keyword_kind_and_version) {
  const auto r = make({{"order", 4, false, R"({"properties":{"a":{"maximum":5}}})"}});
  const auto j = judge(*r, "order", 0, R"({"a":9})");
  BOOST_REQUIRE(j.refused.has_value());
  BOOST_TEST(j.version == 4);
  BOOST_TEST(j.refused->pointer == "/a");
  BOOST_TEST(j.refused->detail.ends_with("(\"maximum\", order version 4)"));
}

BOOST_AUTO_TEST_CASE(candidates_refuse_nothing_and_their_answers_are_noted) {
  const auto r = make({{"order", 1, false, needs_a}, {"order", 2, true, needs_b}});
  BOOST_TEST(fate(*r, "order", 0, R"({"a":1})") == "passed 1");
  BOOST_TEST(fate(*r, "order", 0, R"({"a":1,"b":1})") == "passed 1");
  BOOST_TEST(fate(*r, "order", 0, R"({"b":1})") == "schema_violation");  // not the candidate's
  BOOST_TEST(fate(*r, "order", 1, R"({"a":1})") == "passed 1");          // names another version
  const auto counts = book->take();
  BOOST_REQUIRE(counts.size() == 1u);
  BOOST_TEST(counts[0].kind == "order");
  BOOST_TEST(counts[0].version == 2);
  BOOST_TEST(counts[0].checked == 3u);
  BOOST_TEST(counts[0].failed == 1u);
  BOOST_TEST(counts[0].failures[0].pointer == "/b");
  BOOST_TEST(counts[0].failures[0].keyword == "required");
  BOOST_TEST(book->take().empty());
}

BOOST_AUTO_TEST_CASE(what_has_not_changed_is_not_compiled_again) {
  const auto before = make({{"order", 1, false, needs_a}, {"order", 2, true, needs_b}});
  BOOST_TEST(fate(*before, "order", 0, R"({"a":1})") == "passed 1");
  const auto after = make({{"order", 1, false, needs_a}, {"order", 2, false, needs_b}},
                          unknown_kinds::open, before.get());
  BOOST_TEST(fate(*after, "order", 0, R"({"b":1})") == "passed 2");
  BOOST_TEST(after->active() == 2u);
  BOOST_TEST(after->candidates() == 0u);
}

BOOST_AUTO_TEST_CASE(one_bad_schema_names_itself) {
  const auto bad = schema_registry::make(
      definitions{{"order", 1, false, needs_a}, {"bill", 3, false, R"({"minimum":"x"})"}},
      unknown_kinds::open, book, nullptr);
  BOOST_REQUIRE(!bad);
  BOOST_TEST((bad.error().code == errc::configuration_invalid));
  BOOST_TEST(bad.error().detail.starts_with("schema of bill, version 3: "));
}

BOOST_AUTO_TEST_CASE(the_shipped_schemas_say_what_the_design_says) {
  definitions all;
  for (const auto& s : shipped_schemas())
    all.push_back({std::string{s.kind}, s.version, false, std::string{s.body}});
  const auto r = make(all, unknown_kinds::strict);
  constexpr const char* id = "0b8a7d9e-3c1f-4f6a-9d2e-5b7c8a9d0e1f";
  const auto with = [&](std::string_view member, std::string_view more = "") {
    return "{\"" + std::string{member} + "\":\"" + id + "\"" + std::string{more} + "}";
  };
  for (const auto& [kind, member] :
       {std::pair{"project_created", "project_id"}, std::pair{"component_archived", "component_id"},
        std::pair{"task_updated", "task_id"}, std::pair{"plugin_stopped", "plugin_id"},
        std::pair{"login_succeeded", "user_id"}, std::pair{"login_failed", "user_id"}}) {
    BOOST_TEST_CONTEXT(kind) {
      BOOST_TEST(fate(*r, kind, 0, with(member)) == "passed 1");
      BOOST_TEST(fate(*r, kind, 0, with(member, R"(,"more":{"of":[1]})")) == "passed 1");
      BOOST_TEST(fate(*r, kind, 0, "{}") == "schema_violation");
      BOOST_TEST(fate(*r, kind, 0, "{\"" + std::string{member} + "\":7}") == "schema_violation");
    }
  }
  BOOST_TEST(fate(*r, "login_failed", 0, R"({"account":"nobody"})") == "passed 1");
  const auto task = [&](std::string_view more) {
    return fate(*r, "task_updated", 0, with("task_id", more));
  };
  for (const auto* good :
       {R"(,"status":"todo")", R"(,"status":"in_progress")", R"(,"status":"blocked")",
        R"(,"status":"done")", R"(,"status":"cancelled")", R"(,"progress":0)", R"(,"progress":100)",
        R"(,"title":"x")", R"(,"due_at":"2026-11-20T12:00:00Z")", R"(,"due_at":null)"}) {
    BOOST_TEST_CONTEXT(good) BOOST_TEST(task(good) == "passed 1");
  }
  for (const auto* bad : {R"(,"status":"finished")", R"(,"progress":-1)", R"(,"progress":100.5)",
                          R"(,"title":"")", R"(,"due_at":"tomorrow")"}) {
    BOOST_TEST_CONTEXT(bad) BOOST_TEST(task(bad) == "schema_violation");
  }
  BOOST_TEST(task(",\"title\":\"" + std::string(200, 'x') + "\"") == "passed 1");
  BOOST_TEST(task(",\"title\":\"" + std::string(201, 'x') + "\"") == "schema_violation");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(shadow_books)

namespace {

violation at(std::string pointer, std::string_view keyword = "type") {
  return {.pointer = std::move(pointer), .keyword = keyword, .sentence = "wrong"};
}

}  // namespace

BOOST_AUTO_TEST_CASE(group_by_keyword_and_place_with_a_few_samples) {
  shadow_tally t;
  for (int i = 0; i < 10; ++i)
    t.failed(at("/items/" + std::to_string(i) + "/name"), {}, {});
  t.failed(at("/x", "minimum"), {}, {});
  t.passed();
  const auto c = t.take();
  BOOST_TEST(c.checked == 12u);
  BOOST_TEST(c.failed == 11u);
  BOOST_REQUIRE(c.failures.size() == 2u);
  BOOST_TEST(c.failures[0].pointer == "/items/*/name");
  BOOST_TEST(c.failures[0].failed == 10u);
  BOOST_TEST(c.failures[0].samples.size() == shadow_tally::most_samples);
  BOOST_TEST(c.failures[0].samples[1].pointer == "/items/1/name");
}

BOOST_AUTO_TEST_CASE(stay_bounded_whatever_the_pointers) {
  shadow_tally t;
  for (int i = 0; i < 1000; ++i)
    t.failed(at("/k" + std::to_string(i)), {}, {});
  const auto c = t.take();
  BOOST_TEST(c.failures.size() == shadow_tally::most_groups + 1);
  BOOST_TEST(c.failures[0].keyword == "other");
  BOOST_TEST(c.failures[0].failed == 900u);
}

BOOST_AUTO_TEST_CASE(forget_candidates_that_are_gone_but_not_their_last_counts) {
  shadow_book book;
  auto tally = book.tally_of("order", 1);
  tally->passed();
  tally.reset();
  BOOST_TEST(book.take().size() == 1u);
  tally = book.tally_of("order", 1);
  BOOST_TEST((book.tally_of("order", 1) == tally));
}

BOOST_AUTO_TEST_CASE(count_exactly_from_many_threads) {
  shadow_book book;
  const auto tally = book.tally_of("order", 1);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n)
        n % 2 == 0 ? tally->passed() : tally->failed(at("/a"), {}, {});
    });
  }
  std::uint64_t checked = 0, failed = 0;
  for (int looks = 0; looks < 10; ++looks) {
    for (const auto& c : book.take()) {
      checked += c.checked;
      failed += c.failed;
    }
  }
  for (auto& t : threads)
    t.join();
  for (const auto& c : book.take()) {
    checked += c.checked;
    failed += c.failed;
  }
  BOOST_TEST(checked == 4000u);
  BOOST_TEST(failed == 2000u);
}

BOOST_AUTO_TEST_SUITE_END()
