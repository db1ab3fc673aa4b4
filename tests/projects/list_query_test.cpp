#include "projects/list_query.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace td;

namespace {

uuid id_of(std::uint8_t n) {
  uuid id;
  id.bytes[15] = n;
  return id;
}

void refused(const list_query& q, entity_kind kind, std::string_view pointer,
             std::string_view words) {
  const auto r = check(q, kind);
  BOOST_REQUIRE_MESSAGE(!r, words);
  BOOST_TEST((r.error().code == errc::value_invalid));
  BOOST_TEST(r.error().pointer == pointer);
  BOOST_TEST(r.error().detail.find(words) != std::string::npos, r.error().detail);
}

std::string value_for(sort_key k) {
  switch (k) {
    case sort_key::created:
    case sort_key::updated:
    case sort_key::due:
      return std::to_string(
          *rc::gen::inRange<std::int64_t>(-62'135'596'800'000'000, 253'402'300'800'000'000));
    case sort_key::urgency:
      return std::to_string(*rc::gen::inRange(0, 5));
    case sort_key::number:
      return std::to_string(*rc::gen::inRange(1, 2'000'000'000));
    case sort_key::position:
      return "V0001";
    case sort_key::relevance:
      return "0.6079271";
    case sort_key::title:
      break;
  }
  return "straße \"x\" \\ 😀";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(list_queries)

RC_BOOST_PROP(a_cursor_comes_back_as_it_went, ()) {
  list_cursor c;
  c.order = static_cast<sort_key>(*rc::gen::inRange(0, 8));
  c.descending = *rc::gen::arbitrary<bool>();
  c.id = id_of(*rc::gen::arbitrary<std::uint8_t>());
  c.value = value_for(c.order);
  const auto text = to_text(c);
  RC_ASSERT(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                   "-_") == text.npos);
  const auto back = list_cursor_from(text);
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == c);
}

RC_BOOST_PROP(a_cursor_with_a_changed_character_is_refused_or_is_another, ()) {
  const list_cursor c{sort_key::updated, true, value_for(sort_key::updated), id_of(7)};
  auto text = to_text(c);
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
  text[at] = *rc::gen::arbitrary<char>();
  const auto back = list_cursor_from(text);
  if (back) RC_ASSERT(to_text(*back) == text);
}

RC_BOOST_PROP(no_text_breaks_the_reader_of_cursors, ()) {
  const auto text = *rc::gen::arbitrary<std::string>();
  const auto r = list_cursor_from(text);
  if (r) RC_ASSERT(to_text(*r) == text);
}

BOOST_AUTO_TEST_CASE(a_value_that_its_order_can_not_have_is_refused) {
  for (const auto& [order, value] :
       std::vector<std::pair<sort_key, std::string>>{{sort_key::created, "yesterday"},
                                                     {sort_key::created, "253402300800000000"},
                                                     {sort_key::due, ""},
                                                     {sort_key::urgency, "5"},
                                                     {sort_key::urgency, "1x"},
                                                     {sort_key::number, "0"},
                                                     {sort_key::relevance, "nan"},
                                                     {sort_key::relevance, "-1"},
                                                     {sort_key::position, "0"},
                                                     {sort_key::title, "a\xff"}}) {
    BOOST_TEST(!list_cursor_from(to_text({order, false, value, id_of(1)})), value);
  }
}

BOOST_AUTO_TEST_CASE(a_cursor_of_another_order_is_refused) {
  list_query q;
  q.cursor = to_text({sort_key::updated, true, "5", id_of(1)});
  q.sort = sort_key::updated;
  refused(q, entity_kind::task, "/cursor", "belongs to another order");
  q.descending = true;
  BOOST_TEST(check(q, entity_kind::task).has_value());
  q.cursor = "AAAA";
  refused(q, entity_kind::task, "/cursor", "take `next` of the page before");
}

BOOST_AUTO_TEST_CASE(parameters_are_held_to_what_lists_of_the_kind_have) {
  list_query q;
  q.project_id = id_of(1);
  refused(q, entity_kind::project, "/project_id", "leave it out for projects");
  q = {};
  q.statuses = {"todo"};
  BOOST_TEST(check(q, entity_kind::task).has_value());
  refused(q, entity_kind::project, "/status",
          "allowed: planned, active, paused, completed, cancelled");
  q = {};
  q.sort = sort_key::number;
  refused(q, entity_kind::component, "/sort", "number does not fit components");
  q.sort = sort_key::relevance;
  refused(q, entity_kind::task, "/sort", "needs a text");
  q.text = "card";
  BOOST_TEST(check(q, entity_kind::task).has_value());
  BOOST_TEST(q.is_descending());
  q = {};
  q.limit = 201;
  refused(q, entity_kind::task, "/limit", "allowed: 1 to 200");
  q.limit = 0;
  refused(q, entity_kind::task, "/limit", "is 0");
  q = {};
  q.text = std::string(401, 'x');
  refused(q, entity_kind::task, "/q", "at most 400");
  q.text = "a\xff";
  refused(q, entity_kind::task, "/q", "UTF-8");
}

BOOST_AUTO_TEST_CASE(without_a_sort_a_search_is_by_relevance_and_a_list_by_age) {
  list_query q;
  BOOST_TEST((q.order() == sort_key::created));
  q.text = "x";
  BOOST_TEST((q.order() == sort_key::relevance));
  for (const auto k : {entity_kind::project, entity_kind::component, entity_kind::task}) {
    for (const auto s : sort_keys_of(k))
      BOOST_TEST((sort_key_named(name_of(s)) == s));
  }
  BOOST_TEST(!sort_key_named("colour"));
}

BOOST_AUTO_TEST_SUITE_END()
