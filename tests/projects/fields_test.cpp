#include "projects/fields.hpp"

#include <boost/test/unit_test.hpp>

using namespace td;

namespace {

void refused(const result<void>& r, std::string_view pointer, std::string_view words) {
  BOOST_REQUIRE_MESSAGE(!r, words);
  BOOST_TEST((r.error().code == errc::value_invalid));
  BOOST_TEST(r.error().pointer == pointer);
  BOOST_TEST(r.error().detail.find(words) != std::string::npos, r.error().detail);
}

std::string nested(std::size_t depth) {
  std::string text = R"({"a":)";
  for (std::size_t i = 1; i < depth; ++i)
    text += '[';
  text += '1';
  for (std::size_t i = 1; i < depth; ++i)
    text += ']';
  return text + "}";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fields_of_entities)

BOOST_AUTO_TEST_CASE(a_title_is_one_line_of_1_to_200_characters) {
  BOOST_TEST(fields::check_title("x").has_value());
  BOOST_TEST(fields::check_title(std::string(200, 'x')).has_value());
  std::string umlauts;
  for (int i = 0; i < 200; ++i)
    umlauts += "ü";  // characters count, not bytes
  BOOST_TEST(fields::check_title(umlauts).has_value());
  refused(fields::check_title(umlauts + "ü"), "/title",
          "title has 201 characters; at most 200 are allowed, shorten it");
  refused(fields::check_title(""), "/title", "title is empty; write 1 to 200 characters");
  refused(fields::check_title("  "), "/title", "is empty");
  refused(fields::check_title("a\nb"), "/title", "U+000A; write it on one line");
  refused(fields::check_title(std::string_view{"a\0b", 3}), "/title", "U+0000; leave it out");
  refused(fields::check_title("a\xff"), "/title", "is not valid UTF-8");
}

BOOST_AUTO_TEST_CASE(a_description_may_have_lines_and_be_empty) {
  BOOST_TEST(fields::check_description("").has_value());
  BOOST_TEST(fields::check_description("a\r\n\tb").has_value());
  BOOST_TEST(fields::check_description(std::string(20'000, 'x')).has_value());
  refused(fields::check_description(std::string(20'001, 'x')), "/description", "20001 characters");
  refused(fields::check_description("\x1b[31m"), "/description", "U+001B");
}

BOOST_AUTO_TEST_CASE(labels_are_bounded_in_number_and_length_and_there_once) {
  BOOST_TEST(fields::check_labels({"a", "b"}).has_value());
  refused(fields::check_labels({"a", "b", "a"}), "/labels/2", "label 3 is there twice");
  refused(fields::check_labels({"a", ""}), "/labels/1", "label 2 is empty");
  refused(fields::check_labels({std::string(101, 'x')}), "/labels/0", "at most 100");
  refused(fields::check_labels(std::vector<std::string>(51, "x")), "/labels", "at most 50");
}

BOOST_AUTO_TEST_CASE(numbers_have_bounds) {
  BOOST_TEST(fields::check_estimate(std::nullopt).has_value());
  BOOST_TEST(fields::check_estimate(0).has_value());
  refused(fields::check_estimate(-1), "/estimate", "is -1; allowed: 0 to 1000000");
  refused(fields::check_progress(101), "/progress", "is 101; allowed: 0 to 100");
}

BOOST_AUTO_TEST_CASE(a_due_time_lies_in_years_that_can_be_written) {
  BOOST_TEST(fields::check_due(parse_rfc3339("9999-12-31T23:59:59.999999Z")).has_value());
  BOOST_TEST(fields::check_due(parse_rfc3339("0001-01-01T00:00:00Z")).has_value());
  refused(fields::check_due(timestamp{std::chrono::microseconds{253'402'300'800'000'000}}),
          "/due_at", "years 1 to 9999");
}

BOOST_AUTO_TEST_CASE(metadata_is_an_object_that_the_database_can_keep) {
  BOOST_TEST(fields::check_metadata("{}").has_value());
  BOOST_TEST(fields::check_metadata(R"({"a":{"b":[1,2.5,null,"ü"]}})").has_value());
  BOOST_TEST(fields::check_metadata(nested(16)).has_value());
  const auto deep = fields::check_metadata(nested(17));
  BOOST_REQUIRE(!deep);
  BOOST_TEST(deep.error().pointer.starts_with("/metadata/a/0"));
  refused(fields::check_metadata("[]"), "/metadata", "an object is needed");
  refused(fields::check_metadata("{"), "/metadata", "must be a JSON object");
  refused(fields::check_metadata(R"({"a":1,"a":2})"), "/metadata/a", "must be a JSON object");
  refused(fields::check_metadata(R"({"a":"\u0000"})"), "/metadata/a", "must be a JSON object");
  refused(fields::check_metadata(R"({"a":1e-9999})"), "/metadata/a", "must be a JSON object");
  refused(fields::check_metadata("{\"a\":\"" + std::string(16'384, 'x') + "\"}"), "/metadata",
          "16384 bytes");
}

BOOST_AUTO_TEST_CASE(keys_and_slugs_have_one_form) {
  for (const auto* key : {"PAY", "R2", "ABCDEFGHIJ"})
    BOOST_TEST(fields::check_key(key).has_value(), key);
  for (const auto* key : {"", "P", "pay", "2R", "PAY-1", "ABCDEFGHIJK", "PÄY"})
    refused(fields::check_key(key), "/key", "for example PAY");
  for (const auto* slug : {"a", "card-payments", "v2"})
    BOOST_TEST(fields::check_slug(slug).has_value(), slug);
  for (const auto* slug : {"", "-a", "2a", "A", "a_b", "a b"})
    refused(fields::check_slug(slug), "/slug", "for example card-payments");
  BOOST_TEST(!fields::check_slug(std::string(64, 'a')));
}

BOOST_AUTO_TEST_SUITE_END()
