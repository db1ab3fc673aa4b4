#include <functional>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "config/load.hpp"
#include "tests/config/temporary_files.hpp"

using namespace td;
using td::testing::temporary_files;

namespace {

struct contradiction {
  std::string toml;
  std::string expected;
};

template <class List>
std::string texts(const List& list, const temporary_files& files) {
  std::string text;
  for (const auto& one : list)
    text += files.without_root(one.text()) + "\n";
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(checks)

BOOST_AUTO_TEST_CASE(contradictions_are_explained) {
  const temporary_files files;
  files.write("secret", "s3cret\n");
  files.write("empty", "\n");
  files.write("two", "one\ntwo\n");
  files.write("pem", "PEM");
  const auto at = [&files](std::string_view name) { return "\"" + files.path(name) + "\"\n"; };
  const std::vector<contradiction> table{
      {"[mqtt]\nusername = \"u\"\npassword = \"p\"\npassword_file = " + at("secret"),
       "t.toml:4: mqtt.password_file: is set, and mqtt.password (t.toml:3) too; set one of them\n"},
      {"[database]\nurl = \"host=h\"\nurl_file = " + at("secret"),
       "t.toml:3: database.url_file: is set, and database.url (t.toml:2) too; set one of them\n"},
      {"[mqtt]\npassword = \"p\"\n",
       "t.toml:2: mqtt.password: is set without mqtt.username; set both or neither\n"},
      {"[mqtt]\npassword_file = " + at("secret"),
       "t.toml:2: mqtt.password_file: is set without mqtt.username; set both or neither\n"},
      {"[mqtt]\nusername = \"u\"\npassword_file = " + at("none"),
       "t.toml:3: mqtt.password_file: none cannot be read: No such file or directory\n"},
      {"[mqtt]\nusername = \"u\"\npassword_file = " + at("empty"),
       "t.toml:3: mqtt.password_file: empty is empty; allowed: the secret on one line\n"},
      {"[mqtt]\nusername = \"u\"\npassword_file = " + at("two"),
       "t.toml:3: mqtt.password_file: two has a control character or invalid UTF-8 in it; allowed: "
       "any text without control characters, from a file or the environment\n"},
      {"[database]\nurl_file = " + at("secret"),
       "t.toml:2: database.url_file: secret what is given (not shown, it may hold a password) is "
       "not "
       "one; allowed: postgresql://USER@HOST:PORT/DATABASE or \"host=... dbname=...\" (libpq)\n"},
      {"[mqtt]\ntls = true\nport = 8883\ncertificate_file = " + at("pem"),
       "t.toml:4: mqtt.certificate_file: is set without mqtt.key_file; set both or neither\n"},
      {"[mqtt]\ntls = true\nport = 8883\nkey_file = " + at("pem"),
       "t.toml:4: mqtt.key_file: is set without mqtt.certificate_file; set both or neither\n"},
      {"[mqtt]\nca_file = " + at("pem"),
       "t.toml:2: mqtt.ca_file: is set while mqtt.tls is false; set mqtt.tls = true or remove "
       "it\n"},
      {"[mqtt]\ntls = true\nport = 8883\nca_file = " + at("none"),
       "t.toml:4: mqtt.ca_file: none cannot be read: No such file or directory\n"},
      {"[ingest]\nordered = true\nlanes = 2\n",
       "t.toml:3: ingest.lanes: is 2 while ingest.ordered is true; order is kept by one lane: set "
       "ingest.lanes = 1 or ingest.ordered = false\n"},
      {"[ingest]\nbatch_events = 8001\n",
       "t.toml:2: ingest.batch_events: a batch of 8001 events can't fill with a receive_maximum of "
       "8000; set ingest.batch_events to at most ingest.receive_maximum\n"},
      {"[ingest]\nreceive_maximum = 100\n",
       "t.toml:2: ingest.receive_maximum: a batch of 4000 events can't fill with a receive_maximum "
       "of 100; set ingest.batch_events to at most ingest.receive_maximum\n"},
      {"[mqtt]\nkeepalive = \"10s\"\n",
       "t.toml:2: mqtt.keepalive: a lane that waits 20s for its batch may miss the keepalive of "
       "10s; set ingest.verdict_timeout to at most half of mqtt.keepalive\n"},
      {"[ingest]\nverdict_timeout = \"30001ms\"\n",
       "t.toml:2: ingest.verdict_timeout: a lane that waits 30001ms for its batch may miss the "
       "keepalive of 1m; set ingest.verdict_timeout to at most half of mqtt.keepalive\n"},
      {"[ingest]\nverdict_timeout = \"30s\"\n", ""},
      {"[ingest]\nstall_after = \"5s\"\n",
       "t.toml:2: ingest.stall_after: a lane that ends its session waits up to "
       "three times 5s, and would be an alarm after 5s; set ingest.stall_after above three times "
       "mqtt.connect_timeout\n"},
  };
  for (const auto& [toml, expected] : table) {
    const auto config = load_config({files.write("t.toml", toml), {}, {}}, database_need::optional);
    BOOST_TEST(texts(config.problems, files) == expected);
  }
}

BOOST_AUTO_TEST_CASE(order_alone_means_one_lane) {
  const auto config = load_config({"", {}, {"ingest.ordered=true"}}, database_need::optional);
  BOOST_TEST(config.ok());
  BOOST_TEST(config.values.ingest.lanes == 1u);
  BOOST_TEST(config.source("ingest.lanes").text() == "follows from ingest.ordered");
}

BOOST_AUTO_TEST_CASE(secrets_are_read_from_their_files) {
  const temporary_files files;
  const auto config =
      load_config({"",
                   {},
                   {"mqtt.username=u", "mqtt.password_file=" + files.write("p", "s3 cret\r\n"),
                    "database.url_file=" + files.write("u", "postgresql://u:s3cret@h/d\n")}},
                  database_need::required);
  for (const auto& problem : config.problems)
    BOOST_ERROR(problem.text());
  BOOST_TEST(config.warnings.empty());
  BOOST_TEST(config.values.mqtt.password == "s3 cret");
  BOOST_TEST(config.values.database.url == "postgresql://u:s3cret@h/d");
  BOOST_TEST(config.source("mqtt.password").text() == "content of mqtt.password_file");
}

BOOST_AUTO_TEST_CASE(what_others_may_read_is_warned_of) {
  const temporary_files files;
  struct open_file {
    std::string toml;
    mode_t mode;
    std::string expected;
  };
  const auto secret = files.write("secret", "s3cret", 0644);
  const auto key = files.write("key", "PEM", 0604);
  const std::vector<open_file> table{
      {"[mqtt]\nusername = \"u\"\npassword = \"s3cret\"\n", 0644,
       "t.toml: holds a password and every user of this machine may read it; mend with: chmod o= "
       "t.toml\n"},
      {"[database]\nurl = \"postgresql://u:s3cret@h/d\"\n", 0604,
       "t.toml: holds a password and every user of this machine may read it; mend with: chmod o= "
       "t.toml\n"},
      {"[mqtt]\nusername = \"u\"\npassword = \"s3cret\"\n", 0640, ""},
      {"[database]\nurl = \"postgresql://u@h/d\"\n", 0644, ""},
      {"[mqtt]\nusername = \"u\"\npassword_file = \"" + secret + "\"\n", 0644,
       "t.toml:3: mqtt.password_file: every user of this machine may read secret; mend with: chmod "
       "o= secret\n"},
      {"[mqtt]\ntls = true\nport = 8883\nca_file = \"" + secret + "\"\ncertificate_file = \"" +
           secret + "\"\nkey_file = \"" + key + "\"\n",
       0644,
       "t.toml:6: mqtt.key_file: every user of this machine may read key; mend with: chmod o= "
       "key\n"},
  };
  for (const auto& [toml, mode, expected] : table) {
    const auto config =
        load_config({files.write("t.toml", toml, mode), {}, {}}, database_need::optional);
    BOOST_TEST(config.ok());
    BOOST_TEST(texts(config.warnings, files) == expected);
  }
}

BOOST_AUTO_TEST_CASE(what_works_but_is_hardly_meant_is_warned_of) {
  const temporary_files files;
  const auto warnings = [&files](std::vector<std::string> flags) {
    const auto config = load_config({"", {}, std::move(flags)}, database_need::optional);
    BOOST_TEST(config.ok());
    return texts(config.warnings, files);
  };
  BOOST_TEST(warnings({"mqtt.tls=true"}) ==
             "mqtt.port: is 1883 while mqtt.tls is true; brokers speak TLS on 8883 as a "
             "rule\n");
  for (std::string filter :
       {"sensors/#", "tracker/event/#", "tracker/events", "tracker", "trackers/+"}) {
    BOOST_TEST(
        warnings({"mqtt.filter=" + filter}) ==
        "--set: mqtt.filter: matches no topic below tracker/events/: whatever it brings will "
        "be dead-lettered\n");
  }
  for (std::string filter :
       {"#", "tracker/#", "+/events/#", "tracker/events/tasks/created", "+/+/+/+"}) {
    BOOST_TEST(warnings({"mqtt.filter=" + filter}) == "");
  }
}

BOOST_AUTO_TEST_SUITE_END()
