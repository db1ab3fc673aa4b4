#include "config/print.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

#include "config/keys.hpp"
#include "config/units.hpp"
#include "tests/config/temporary_files.hpp"

using namespace td;
using td::testing::temporary_files;

namespace {

/// Printable text of any script, quotes and backslashes among it.
rc::Gen<std::string> gen_text() {
  const std::vector<std::string> letters{"a",
                                         "Z",
                                         "0",
                                         " ",
                                         "\"",
                                         "\\",
                                         "#",
                                         "'",
                                         "=",
                                         "[",
                                         "\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xf0\x9f\x90\x98",
                                         "\\n"};
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(letters)),
                      [](const std::vector<std::string>& v) {
                        std::string text;
                        for (const auto& one : v)
                          text += one;
                        return text;
                      });
}

std::int64_t gen_in(const key_range& range) {
  return *rc::gen::inRange<std::int64_t>(range.least / range.step, range.most / range.step + 1) *
         range.step;
}

/// A value that this key allows, as the environment would give it.
std::string gen_value(const setting_key& key) {
  switch (key.kind) {
    case key_kind::flag:
      return *rc::gen::element("true", "false");
    case key_kind::integer:
      return std::to_string(gen_in(key.range));
    case key_kind::size:
      return format_size(gen_in(key.range));
    case key_kind::duration:
      return format_duration(milliseconds{gen_in(key.range)});
    case key_kind::choice:
      return key.name == "log.level" ? *rc::gen::element("debug", "info", "warning", "error")
                                     : *rc::gen::element("auto", "text", "json");
    case key_kind::names:
      return *rc::gen::element("tasks", "a,b,c", "projects, \xc3\xa9t\xc3\xa9,\"quoted\"");
    case key_kind::path:
      return "";  // files: see secrets_from_files_are_printed_as_comments
    case key_kind::text:
    case key_kind::secret:
      break;
  }
  settings ignored;
  return *rc::gen::suchThat(
      gen_text(), [&](const std::string& text) { return !key.assign(ignored, plain{text}); });
}

/// Random settings without contradictions, as a list for --set or the environment.
std::vector<std::pair<std::string, std::string>> gen_environment() {
  std::vector<std::pair<std::string, std::string>> variables;
  for (const auto& key : setting_keys()) {
    if (!*rc::gen::arbitrary<bool>()) continue;
    // Only words for the pickiest ones: random text would be discarded for ever.
    std::string value = key.name == "http.listen" ? *rc::gen::element("::1", "0.0.0.0", "10.1.2.3")
                        : key.name == "mqtt.filter" ? *rc::gen::element("tracker/#", "#")
                        : key.name == "http.cors_origins"
                            ? *rc::gen::element("https://a.example", "http://b:5173,https://c")
                        : key.name == "mqtt.group"   ? *rc::gen::element("a", "b \"c\"")
                        : key.name == "mqtt.host"    ? *rc::gen::element("::1", "b\xc3\xbc.example")
                        : key.name == "database.url" ? "password='" + *gen_text() + "'"
                                                     : gen_value(key);
    variables.emplace_back(key.environment, std::move(value));
  }
  return variables;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(print)

RC_BOOST_PROP(printed_settings_load_to_the_same_settings, ()) {
  const auto config = load_config({"", gen_environment(), {}}, database_need::optional);
  RC_PRE(config.ok());
  const temporary_files files;
  const auto toml = effective_toml(config, secrets::shown);
  const auto again = load_config({files.write("t.toml", toml), {}, {}}, database_need::optional);
  for (const auto& problem : again.problems)
    RC_FAIL(problem.text() + "\n" + toml);
  RC_ASSERT(again.values == config.values);
  RC_TAG(config.values == settings{} ? "defaults" : "changed");
}

BOOST_AUTO_TEST_CASE(hidden_secrets_are_starred_and_everything_else_is_shown) {
  const auto config =
      load_config({"",
                   {{"TAYLORDASH_MQTT__PASSWORD", "s3cret"},
                    {"TAYLORDASH_MQTT__USERNAME", "service"},
                    {"TAYLORDASH_DATABASE__URL", "postgresql://app:s3cret@db/taylordash"}},
                   {"mqtt.port=8883"}});
  BOOST_TEST(config.ok());
  const auto text = effective_toml(config);
  BOOST_TEST(text.find("s3cret") == std::string::npos);
  const auto has = [&text](std::string_view part) { return text.find(part) != std::string::npos; };
  const auto line = [](std::string setting, const std::string& source) {
    setting.resize(std::max<std::size_t>(44, setting.size()), ' ');
    return "\n" + setting + "  # " + source + "\n";
  };
  BOOST_TEST(has(line("password = \"***\"", "environment TAYLORDASH_MQTT__PASSWORD")));
  BOOST_TEST(has(line("url = \"postgresql://app:***@db/taylordash\"",
                      "environment TAYLORDASH_DATABASE__URL")));
  BOOST_TEST(has("username = \"service\" "));
  BOOST_TEST(has(line("port = 8883", "--set")));
  BOOST_TEST(has(line("keepalive = \"1m\"", "default")));
}

BOOST_AUTO_TEST_CASE(secrets_from_files_are_printed_as_comments) {
  const temporary_files files;
  const auto secret = files.write("password", "s3cret\n");
  const auto config = load_config(
      {"",
       {{"TAYLORDASH_MQTT__PASSWORD_FILE", secret}, {"TAYLORDASH_MQTT__USERNAME", "service"}},
       {}},
      database_need::optional);
  BOOST_TEST(config.ok());
  BOOST_TEST(config.values.mqtt.password == "s3cret");
  const auto text = effective_toml(config, secrets::shown);
  BOOST_TEST(text.find("s3cret") == std::string::npos);
  BOOST_TEST(text.find("# password = \"***\"") != std::string::npos);
  const auto again = load_config({files.write("t.toml", text), {}, {}}, database_need::optional);
  BOOST_TEST(again.ok());
  BOOST_TEST((again.values == config.values));
}

BOOST_AUTO_TEST_CASE(keys_are_described_and_can_be_searched) {
  const auto all = describe_keys();
  for (const auto& key : setting_keys()) {
    BOOST_TEST(all.find(key.name + "\n") != std::string::npos, key.name);
    BOOST_TEST(all.find(key.environment + "\n") != std::string::npos, key.name);
  }
  BOOST_TEST(describe_keys("keepalive") ==
             "mqtt.keepalive\n"
             "    How often an idle connection is proved alive.\n"
             "    duration; 10s to 1h in whole seconds\n"
             "    default \"1m\": the broker notices a dead peer after one and a half of it; most "
             "gateways keep\n"
             "    idle connections for longer than a minute\n"
             "    environment TAYLORDASH_MQTT__KEEPALIVE\n\n");
  BOOST_TEST(describe_keys("nothing like it") == "");
}

BOOST_AUTO_TEST_SUITE_END()
