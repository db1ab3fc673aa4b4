#include "config/load.hpp"

#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/config/temporary_files.hpp"

using namespace td;
using td::testing::temporary_files;

namespace {

using lines = std::vector<std::string>;

std::string joined(const lines& all) {
  std::string text;
  for (const auto& line : all)
    text += line + "\n";
  return text;
}

std::string problems_of(const loaded_config& config, const temporary_files& files) {
  std::string text;
  for (const auto& problem : config.problems)
    text += files.without_root(problem.text()) + "\n";
  return text;
}

struct bad_file {
  std::string toml;
  lines expected;
};

struct bad_text {
  std::string name;
  std::string value;
  std::string expected;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(load)

BOOST_AUTO_TEST_CASE(a_bad_file_is_explained_line_by_line) {
  const std::vector<bad_file> table{
      // -- names ---
      {"[mqtt]\nhots = \"x\"\n", {"t.toml:2: mqtt.hots: unknown key; did you mean mqtt.host?"}},
      {"\n[mqt]\nhost = \"x\"\nport = 1\n",
       {"t.toml:2: mqt: unknown table; did you mean mqtt? allowed: mqtt, database, ingest, events, "
        "schemas, "
        "retention, outbox, identity, http, log, shutdown"}},
      {"[http]\nlanes = 2\n", {"t.toml:2: http.lanes: unknown key; did you mean ingest.lanes?"}},
      {"port = 1\n", {"t.toml:1: port: unknown key; did you mean mqtt.port or http.port?"}},
      {"[log]\ncolour = true\n",
       {"t.toml:2: log.colour: unknown key; allowed in [log]: level, format"}},
      {"[mqtt.broker]\nhost = \"x\"\n",
       {"t.toml:1: mqtt.broker: unknown key; allowed in [mqtt]: host, port, username, password, "
        "password_file, tls, ca_file, certificate_file, key_file, keepalive, connect_timeout, "
        "group, filter"}},
      {"mqtt = 5\n", {"t.toml:1: mqtt: must be a table; write [mqtt] on a line of its own"}},
      {"[[mqtt]]\nhost = \"x\"\n",
       {"t.toml:1: mqtt: must be a table; write [mqtt] on a line of its own"}},
      // -- types ---
      {"[mqtt]\nport = \"1883\"\n",
       {"t.toml:2: mqtt.port: is text in quotes, not an integer; allowed: 1 to 65535, without "
        "quotes"}},
      {"[mqtt]\nport = 1883.0\n",
       {"t.toml:2: mqtt.port: is a number with a fraction, not an integer; allowed: 1 to 65535"}},
      {"[mqtt]\nhost = 1\n",
       {"t.toml:2: mqtt.host: is an integer, not text in quotes; allowed: a host name or an IP "
        "address"}},
      {"[mqtt]\ntls = \"true\"\n",
       {"t.toml:2: mqtt.tls: is text in quotes, not a boolean; allowed: true or false, without "
        "quotes"}},
      {"[mqtt]\nkeepalive = 60\n",
       {"t.toml:2: mqtt.keepalive: is an integer, not a duration in quotes with its unit, for "
        "example \"60s\"; allowed: 10s to 1h in whole seconds"}},
      {"[mqtt]\nkeepalive = 2020-01-01\n",
       {"t.toml:2: mqtt.keepalive: is a date or a time, not a duration in quotes with its unit, "
        "for "
        "example \"30s\"; allowed: 10s to 1h in whole seconds"}},
      {"[ingest]\nbatch_bytes = true\n",
       {"t.toml:2: ingest.batch_bytes: is a boolean, not a size; allowed: 64KiB to 256MiB, as "
        "bytes "
        "or with KiB, MiB, GiB"}},
      {"[events]\nfamilies = \"tasks\"\n",
       {"t.toml:2: events.families: is text in quotes, not a list of names in quotes; allowed: "
        "names without / + #, each once"}},
      {"[events]\nfamilies = [\"tasks\", 1]\n",
       {"t.toml:2: events.families: is a list that holds something else than text, not a list of "
        "names in quotes; allowed: names without / + #, each once"}},
      {"[log]\nlevel = {}\n",
       {"t.toml:2: log.level: is a table, not a word in quotes; allowed: debug, info, warning, "
        "error"}},
      // -- values ---
      {"[mqtt]\nport = 70000\n",
       {"t.toml:2: mqtt.port: 70000 is out of range; allowed: 1 to 65535"}},
      {"[mqtt]\nport = -1\n", {"t.toml:2: mqtt.port: -1 is out of range; allowed: 1 to 65535"}},
      {"[mqtt]\nkeepalive = \"10500ms\"\n",
       {"t.toml:2: mqtt.keepalive: 10500ms is too fine; allowed: 10s to 1h in whole seconds"}},
      {"[mqtt]\nkeepalive = \"1h30m\"\n",
       {"t.toml:2: mqtt.keepalive: \"1h30m\" is not a duration (a whole number with ms, s, m, h or "
        "d); allowed: 10s to 1h in whole seconds"}},
      {"[retention]\nevents = \"36h\"\n",
       {"t.toml:2: retention.events: 36h is too fine; allowed: 1d to 3650d in steps of 1d"}},
      {"[ingest]\nbatch_bytes = \"4MB\"\n",
       {"t.toml:2: ingest.batch_bytes: \"4MB\" is not a size; allowed: 64KiB to 256MiB, as bytes "
        "or "
        "with KiB, MiB, GiB"}},
      {"[log]\nlevel = \"warn\"\n",
       {"t.toml:2: log.level: \"warn\" is not known; allowed: debug, info, warning, error"}},
      {"[log]\nformat = \"jsn\"\n",
       {"t.toml:2: log.format: \"jsn\" is not known, did you mean json; allowed: auto, text, "
        "json"}},
      {"[mqtt]\nhost = \"\"\n",
       {"t.toml:2: mqtt.host: \"\" is not one; allowed: a host name or an IP address"}},
      {"[mqtt]\nhost = \"a\\u0000b\"\n",
       {"t.toml:2: mqtt.host: has a control character or invalid UTF-8 in it; allowed: a host name "
        "or an IP address"}},
      {"[mqtt]\nfilter = \"tracker/#/x\"\n",
       {"t.toml:2: mqtt.filter: \"tracker/#/x\" is not one; allowed: an MQTT topic filter: # only "
        "at the end, + and # alone between slashes"}},
      {"[mqtt]\ngroup = \"a/b\"\n",
       {"t.toml:2: mqtt.group: \"a/b\" is not one; allowed: text without / + #"}},
      {"[http]\nlisten = \"localhost\"\n",
       {"t.toml:2: http.listen: \"localhost\" is not one; allowed: an IPv4 or IPv6 address, for "
        "example 127.0.0.1, 0.0.0.0, ::"}},
      {"[events]\nfamilies = []\n",
       {"t.toml:2: events.families: is empty; allowed: names without / + #, each once"}},
      {"[events]\nfamilies = [\"a\", \"a\"]\n",
       {"t.toml:2: events.families: \"a\" is there twice; allowed: names without / + #, each "
        "once"}},
      {"[events]\nfamilies = [\"a/b\"]\n",
       {"t.toml:2: events.families: \"a/b\" is not one; allowed: names without / + #, each once"}},
      {"[database]\nurl = \"mysql\"\n",
       {"t.toml:2: database.url: what is given (not shown, it may hold a password) is not one; "
        "allowed: postgresql://USER@HOST:PORT/DATABASE or \"host=... dbname=...\" (libpq)"}},
      // -- all of them at once, by line ---
      {"[shutdown]\ngrace = \"1ms\"\n[mqtt]\nport = 0\nhost = \"x\"\nprot = 1\n",
       {"t.toml:2: shutdown.grace: 1ms is out of range; allowed: 1s to 10m",
        "t.toml:4: mqtt.port: 0 is out of range; allowed: 1 to 65535",
        "t.toml:6: mqtt.prot: unknown key; did you mean mqtt.port?"}},
  };
  for (const auto& [toml, expected] : table) {
    const temporary_files files;
    const auto config = load_config({files.write("t.toml", toml), {}, {}}, database_need::optional);
    BOOST_TEST(problems_of(config, files) == joined(expected));
  }
}

BOOST_AUTO_TEST_CASE(text_that_is_no_toml_is_located_and_not_quoted) {
  const temporary_files files;
  for (auto text :
       {"[mqtt]\npassword = hunter2\n", "[mqtt]\npassword = 98765432109876543210unter2\n",
        "[mqtt]\npassword = \"hunter2\n", "[mqtt]\npassword = \"a\"hunter2\n",
        "[mqtt]\npassword = 'x'\npassword = 'hunter2'", "[mqtt]\npassword hunter2\n",
        "[mqtt]\npassword = \"hunter2\xff\"\n"}) {
    const auto config = load_config({files.write("t.toml", text), {}, {}}, database_need::optional);
    BOOST_TEST(config.problems.size() == 1u);
    const auto message = problems_of(config, files);
    BOOST_TEST_MESSAGE(message);
    BOOST_TEST((message.starts_with("t.toml:2: is not TOML: ") ||
                message.starts_with("t.toml:3: is not TOML: ")),
               message);
    BOOST_TEST(message.find("unter2") == std::string::npos, message);
    BOOST_TEST(message.find("98765") == std::string::npos, message);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_can_not_be_read_says_why) {
  const temporary_files files;
  BOOST_TEST(problems_of(load_config({files.path("none.toml"), {}, {}}, database_need::optional),
                         files) == "none.toml: cannot be read: No such file or directory\n");
  BOOST_TEST(problems_of(load_config({files.path("."), {}, {}}, database_need::optional), files) ==
             ".: cannot be read: Is a directory\n");
  const auto large = files.write("large.toml", std::string(2u << 20, '#'));
  BOOST_TEST(problems_of(load_config({large, {}, {}}, database_need::optional), files) ==
             "large.toml: is larger than 1048576 bytes\n");
}

BOOST_AUTO_TEST_CASE(bad_variables_are_named) {
  const std::vector<bad_text> table{
      {"TAYLORDASH_MQTT__PORT", "70000",
       "environment TAYLORDASH_MQTT__PORT: mqtt.port: 70000 is out of range; allowed: 1 to "
       "65535\n"},
      {"TAYLORDASH_MQTT__PORT", "",
       "environment TAYLORDASH_MQTT__PORT: mqtt.port: \"\" is not an integer; allowed: 1 to "
       "65535\n"},
      {"TAYLORDASH_MQTT__TLS", "yes",
       "environment TAYLORDASH_MQTT__TLS: mqtt.tls: \"yes\" is not a boolean; allowed: true or "
       "false\n"},
      {"TAYLORDASH_MQTT__HOTS", "x",
       "environment TAYLORDASH_MQTT__HOTS: sets no known key; did you mean "
       "TAYLORDASH_MQTT__HOST?\n"},
      {"TAYLORDASH_NO__SUCH", "x",
       "environment TAYLORDASH_NO__SUCH: sets no known key; allowed: TAYLORDASH_TABLE__KEY; all "
       "keys: taylordash config keys\n"},
      {"TAYLORDASH_MQTT__HOST", "\xff",
       "environment TAYLORDASH_MQTT__HOST: mqtt.host: has a control character or invalid UTF-8 in "
       "it; allowed: a host name or an IP address\n"},
      {"TAYLORDASH_EVENTS__FAMILIES", "a,,b",
       "environment TAYLORDASH_EVENTS__FAMILIES: events.families: \"\" is not one; allowed: names "
       "without / + #, each once\n"},
      {"TAYLORDASH_EVENTS__FAMILIES", "a,",
       "environment TAYLORDASH_EVENTS__FAMILIES: events.families: \"\" is not one; allowed: names "
       "without / + #, each once\n"},
      {"PATH", "whatever", ""},
  };
  const temporary_files files;
  for (const auto& [name, value, expected] : table) {
    const auto config = load_config({"", {{name, value}}, {}}, database_need::optional);
    BOOST_TEST(problems_of(config, files) == expected);
  }
}

/// Kubernetes gives every pod variables like these for a service called taylordash.
BOOST_AUTO_TEST_CASE(variables_that_are_not_ours_do_not_stop_the_start) {
  const auto config = load_config({"",
                                   {{"TAYLORDASH_PORT", "tcp://10.0.0.1:8080"},
                                    {"TAYLORDASH_SERVICE_HOST", "10.0.0.1"},
                                    {"TAYLORDASH_CONFIG", "x.toml"},
                                    {"TAYLORDASH_MQTT_HOST", "broker"}},
                                   {}},
                                  database_need::optional);
  BOOST_TEST(config.ok());
  BOOST_TEST(config.values.mqtt.host == "127.0.0.1");
  BOOST_TEST(config.warnings.size() == 1u);
  BOOST_TEST(config.warnings.at(0).text() ==
             "environment TAYLORDASH_MQTT_HOST: is ignored; did you mean TAYLORDASH_MQTT__HOST?");
}

BOOST_AUTO_TEST_CASE(bad_flags_are_named) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"mqtt.prot=1", "--set: mqtt.prot: unknown key; did you mean mqtt.port?\n"},
      {"mqtt.port=", "--set: mqtt.port: \"\" is not an integer; allowed: 1 to 65535\n"},
      {"mqtt.port",
       "--set: mqtt.port: has no value; write --set KEY=VALUE, for example --set mqtt.port=8883\n"},
      {"=x",
       "--set: unknown key; allowed: TABLE.KEY with one of the tables mqtt, database, ingest, "
       "events, schemas, retention, outbox, identity, http, log, shutdown\n"},
      {"mqtt.password=hunter2",
       "--set: mqtt.password: a command line can be read by every user of this machine; use "
       "TAYLORDASH_MQTT__PASSWORD, the file, or mqtt.password_file\n"},
      {"database.url=postgresql://u:hunter2@h/d",
       "--set: database.url: a command line can be read by every user of this machine; use "
       "TAYLORDASH_DATABASE__URL, the file, or database.url_file\n"},
      {"database.url=postgresql://u@h/d", ""},
  };
  const temporary_files files;
  for (const auto& [text, expected] : table) {
    const auto config = load_config({"", {}, {text}}, database_need::optional);
    BOOST_TEST(problems_of(config, files) == expected);
  }
}

BOOST_AUTO_TEST_CASE(flags_win_over_the_environment_and_that_over_the_file) {
  const temporary_files files;
  const auto file =
      files.write("t.toml", "[mqtt]\nhost = \"file\"\nport = 1\nusername = \"file\"\n");
  const auto config =
      load_config({file,
                   {{"TAYLORDASH_MQTT__PORT", "2"}, {"TAYLORDASH_MQTT__USERNAME", "env"}},
                   {"mqtt.username=first", "mqtt.username=flag"}},
                  database_need::optional);
  BOOST_TEST(config.ok());
  BOOST_TEST(config.values.mqtt.host == "file");
  BOOST_TEST(config.values.mqtt.port == 2);
  BOOST_TEST(config.values.mqtt.username == "flag");
  BOOST_TEST(config.values.mqtt.group == "taylordash");
  BOOST_TEST(files.without_root(config.source("mqtt.host").text()) == "t.toml:2");
  BOOST_TEST(config.source("mqtt.port").text() == "environment TAYLORDASH_MQTT__PORT");
  BOOST_TEST(config.source("mqtt.username").text() == "--set");
  BOOST_TEST(config.source("mqtt.group").text() == "default");
}

BOOST_AUTO_TEST_CASE(a_wrong_value_is_reported_even_where_a_later_source_replaces_it) {
  const temporary_files files;
  const auto config =
      load_config({files.write("t.toml", "[mqtt]\nport = 0\n"), {}, {"mqtt.port=8883"}},
                  database_need::optional);
  BOOST_TEST(problems_of(config, files) ==
             "t.toml:2: mqtt.port: 0 is out of range; allowed: 1 to 65535\n");
}

BOOST_AUTO_TEST_CASE(problems_of_all_sources_come_in_their_order) {
  const temporary_files files;
  const auto config =
      load_config({files.write("t.toml", "[http]\nport = -1\n"),
                   {{"TAYLORDASH_LOG__LEVEL", "loud"}, {"TAYLORDASH_HTTP__PORT", "x"}},
                   {"nonsense=1"}});
  BOOST_TEST(
      problems_of(config, files) ==
      "t.toml: database.url: is not set; allowed: postgresql://USER@HOST:PORT/DATABASE or "
      "\"host=... dbname=...\" (libpq); in the file, or as TAYLORDASH_DATABASE__URL, or with "
      "database.url_file\n"
      "t.toml:2: http.port: -1 is out of range; allowed: 0 to 65535\n"
      "environment TAYLORDASH_HTTP__PORT: http.port: \"x\" is not an integer; allowed: 0 to 65535\n"
      "environment TAYLORDASH_LOG__LEVEL: log.level: \"loud\" is not known; allowed: debug, info, "
      "warning, error\n"
      "--set: nonsense: unknown key; allowed: TABLE.KEY with one of the tables mqtt, database, "
      "ingest, events, schemas, retention, outbox, identity, http, log, shutdown\n");
}

BOOST_AUTO_TEST_CASE(every_way_to_write_a_value_is_understood) {
  const temporary_files files;
  const auto file = files.write("t.toml",
                                "mqtt.port = 8883\n"  // dotted
                                "log = { level = \"debug\", format = 'json' }\n"
                                "[ingest]\nbatch_bytes = 1_048_576\nverdict_timeout = \"2500ms\"\n"
                                "[events]\nfamilies = [\n  \"tasks\", # one\n  \"builds\",\n]\n"
                                "max_body_bytes = \"2MiB\"\n");
  const auto config = load_config(
      {file, {{"TAYLORDASH_MQTT__TLS", "true"}}, {"retention.events=7d"}}, database_need::optional);
  for (const auto& problem : config.problems)
    BOOST_ERROR(problem.text());
  const auto& s = config.values;
  BOOST_TEST(s.mqtt.port == 8883);
  BOOST_TEST(s.mqtt.tls);
  BOOST_TEST(s.log.level == "debug");
  BOOST_TEST(s.log.format == "json");
  BOOST_TEST(s.ingest.batch_bytes == 1u << 20);
  BOOST_TEST(s.ingest.verdict_timeout.count() == 2500);
  BOOST_TEST(s.events.families == (lines{"tasks", "builds"}), boost::test_tools::per_element());
  BOOST_TEST(s.events.max_body_bytes == 2u << 20);
  BOOST_TEST(s.retention.events.count() == 7 * 24);
}

BOOST_AUTO_TEST_CASE(the_environment_is_split_at_the_first_equals_sign) {
  const char* const block[] = {"A=1=2", "NOTHING", "B=", nullptr};
  const auto variables = environment_of(block);
  BOOST_TEST(variables.size() == 2u);
  BOOST_TEST(variables.at(0).second == "1=2");
  BOOST_TEST(variables.at(1).second == "");
}

BOOST_AUTO_TEST_SUITE_END()
