#include "actors/schemas.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/actors/deterministic.hpp"

using namespace td;
using namespace std::chrono_literals;

namespace {

/// What stands in the database.
struct shelf {
  std::int64_t revision{1};
  std::vector<schema_definition> definitions{{"order", 1, false, R"({"required":["a"]})"}};
  bool away{};
  std::vector<shadow_counts> saved;
};

class shelf_store final : public schema_store {
 public:
  explicit shelf_store(shelf& s) : s_{s} {}
  result<std::int64_t> revision() override {
    if (s_.away) return failure{errc::database_away, "away"};
    return s_.revision;
  }
  result<in_force> load() override { return in_force{s_.revision, s_.definitions}; }
  result<void> add_shadows(std::span<const shadow_counts> counts) override {
    if (s_.away) return failure{errc::database_away, "away"};
    s_.saved.insert(s_.saved.end(), counts.begin(), counts.end());
    return ok();
  }
  result<void> reconnect() override {
    if (s_.away) return failure{errc::database_away, "away"};
    return ok();
  }
  // what SCHEMAS does not use
  result<std::vector<stored_schema>> list(std::string_view) override { return unused(); }
  result<stored_schema> find(std::string_view, std::int32_t) override { return unused(); }
  result<std::int32_t> add(std::string_view, std::int32_t, std::string_view,
                           std::string_view) override {
    return unused();
  }
  result<void> promote(std::string_view, std::int32_t, std::string_view) override {
    return unused();
  }
  result<void> retire(std::string_view, std::int32_t, std::string_view) override {
    return unused();
  }
  result<shadow_report> shadows(std::string_view, std::int32_t) override { return unused(); }
  result<void> visit(std::string_view, std::int32_t, timestamp, const payload_visitor&) override {
    return unused();
  }

 private:
  static failure unused() { return {errc::internal, "not expected here"}; }
  shelf& s_;
};

struct fixture : test::deterministic {
  shelf db;
  std::shared_ptr<schema_service> schemas = std::make_shared<schema_service>();
  schemas_actor actor;

  fixture() {
    shelf_store first{db};
    BOOST_REQUIRE(load_schemas(first, shared->set, *schemas));
    actor = make_scheduled_schemas(sys, shared, schemas,
                                   [this]() -> result<std::unique_ptr<schema_store>> {
                                     if (db.away) return failure{errc::database_away, "away"};
                                     return std::make_unique<shelf_store>(db);
                                   });
    run();
  }
  ~fixture() { end(actor); }

  /// Whether `{"b":1}` passes as an order.
  bool b_passes() {
    simdjson::dom::parser parser;
    const auto document = simdjson::padded_string{std::string_view{R"({"b":1})"}};
    const simdjson::dom::element payload = parser.parse(document);
    return !schemas->current.get()->check({.kind = "order"}, payload).refused;
  }
  void change(std::vector<schema_definition> to) {
    db.definitions = std::move(to);
    ++db.revision;
  }
};

constexpr const char* needs_b = R"({"required":["b"]})";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(schemas_test, fixture)

BOOST_AUTO_TEST_CASE(puts_a_change_in_force_within_a_second) {
  BOOST_TEST(!b_passes());
  change({{"order", 2, false, needs_b}});
  advance(1s);
  BOOST_TEST(b_passes());
}

BOOST_AUTO_TEST_CASE(a_change_that_cannot_be_compiled_leaves_the_old_set_in_force) {
  const auto before = schemas->current.get();
  change({{"order", 2, false, R"({"unheardOf":1})"}});
  advance(5s);
  BOOST_TEST((schemas->current.get() == before));
  change({{"order", 3, false, needs_b}});
  advance(1s);
  BOOST_TEST(b_passes());
}

BOOST_AUTO_TEST_CASE(an_absent_database_changes_nothing_and_is_looked_for_again) {
  db.away = true;
  advance(10s);
  BOOST_TEST(!b_passes());
  db.away = false;
  change({{"order", 2, false, needs_b}});
  advance(2s);
  BOOST_TEST(b_passes());
}

BOOST_AUTO_TEST_CASE(what_candidates_say_is_saved_and_survives_an_absent_database) {
  change({{"order", 1, true, needs_b}});
  advance(1s);
  BOOST_TEST(b_passes());
  db.away = true;
  advance(10s);
  BOOST_TEST(b_passes());
  db.away = false;
  advance(10s);
  std::uint64_t checked = 0;
  for (const auto& c : db.saved)
    checked += c.checked;
  BOOST_TEST(checked == 2u);
}

BOOST_AUTO_TEST_CASE(an_ordered_stop_saves_the_last_counts) {
  change({{"order", 1, true, needs_b}});
  advance(1s);
  BOOST_TEST(b_passes());
  end(actor);
  BOOST_TEST(db.saved.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
