#include "config/keys.hpp"

#include <map>
#include <set>

#include <boost/pfr/tuple_size.hpp>
#include <boost/test/unit_test.hpp>

using namespace td;

BOOST_AUTO_TEST_SUITE(keys)

BOOST_AUTO_TEST_CASE(every_member_of_the_tree_has_its_key) {
  std::map<std::string_view, std::size_t> per_table;
  for (const auto& key : setting_keys())
    ++per_table[key.table()];
  const settings s;
#define MEMBERS(table) boost::pfr::tuple_size_v<std::remove_cvref_t<decltype(s.table)>>
  BOOST_TEST(per_table["mqtt"] == MEMBERS(mqtt));
  BOOST_TEST(per_table["database"] == MEMBERS(database));
  BOOST_TEST(per_table["ingest"] == MEMBERS(ingest));
  BOOST_TEST(per_table["events"] == MEMBERS(events));
  BOOST_TEST(per_table["retention"] == MEMBERS(retention));
  BOOST_TEST(per_table["outbox"] == MEMBERS(outbox));
  BOOST_TEST(per_table["identity"] == MEMBERS(identity));
  BOOST_TEST(per_table["http"] == MEMBERS(http));
  BOOST_TEST(per_table["log"] == MEMBERS(log));
  BOOST_TEST(per_table["shutdown"] == MEMBERS(shutdown));
#undef MEMBERS
  BOOST_TEST(per_table.size() == boost::pfr::tuple_size_v<settings>);
}

BOOST_AUTO_TEST_CASE(names_and_variables_are_unique_and_found) {
  std::set<std::string> names, variables;
  for (const auto& key : setting_keys()) {
    BOOST_TEST(names.insert(key.name).second);
    BOOST_TEST(variables.insert(key.environment).second);
    BOOST_TEST(find_key(key.name) == &key);
    BOOST_TEST(find_key_of_environment(key.environment) == &key);
  }
  BOOST_TEST(find_key("mqtt.host")->environment == "TAYLORDASH_MQTT__HOST");
  BOOST_TEST(find_key("database.url_file")->environment == "TAYLORDASH_DATABASE__URL_FILE");
  BOOST_TEST(!find_key("mqtt"));
  BOOST_TEST(!find_key_of_environment("TAYLORDASH_MQTT"));
}

BOOST_AUTO_TEST_CASE(every_key_is_explained) {
  for (const auto& key : setting_keys()) {
    BOOST_TEST(!key.what.empty(), key.name);
    BOOST_TEST(key.what.ends_with('.'), key.name << ": " << key.what);
    BOOST_TEST(!key.why.empty(), key.name);
    BOOST_TEST(!key.allowed.empty(), key.name);
    BOOST_TEST(!key.type.empty(), key.name);
  }
}

BOOST_AUTO_TEST_CASE(every_default_is_allowed_by_its_own_key) {
  const settings built_in;
  for (const auto& key : setting_keys()) {
    settings s;
    std::string text = key.print(built_in);
    if (text.starts_with('"')) text = text.substr(1, text.size() - 2);
    if (key.kind == key_kind::names)  // ["a", "b"] is a,b in the environment
      std::erase_if(
          text, [](char c) { return std::string_view{"[]\" "}.find(c) != std::string_view::npos; });
    const auto wrong = key.assign(s, plain{text});
    BOOST_TEST(!wrong, key.name << ": " << wrong.value_or(""));
    BOOST_TEST(key.print(s) == key.print(built_in));
  }
}

BOOST_AUTO_TEST_CASE(ranges_hold_at_both_ends_and_not_one_step_beyond) {
  for (const auto& key : setting_keys()) {
    if (key.range.most == 0) continue;
    const auto accepts = [&key](std::int64_t n) {
      settings s;
      const auto text = std::to_string(n) + (key.kind == key_kind::duration ? "ms" : "");
      return !key.assign(s, plain{text});
    };
    BOOST_TEST(accepts(key.range.least), key.name);
    BOOST_TEST(accepts(key.range.most), key.name);
    BOOST_TEST(!accepts(key.range.least - key.range.step), key.name);
    BOOST_TEST(!accepts(key.range.most + key.range.step), key.name);
    if (key.range.step > 1) BOOST_TEST(!accepts(key.range.least + 1), key.name);
  }
}

BOOST_AUTO_TEST_CASE(toml_strings_escape_what_would_end_or_break_them) {
  BOOST_TEST(toml_string("a\"b\\c\n\x7f\x01 \xc3\xa9") ==
             "\"a\\\"b\\\\c\\u000A\\u007F\\u0001 \xc3\xa9\"");
}

BOOST_AUTO_TEST_SUITE_END()
