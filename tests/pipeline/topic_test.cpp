#include "pipeline/topic.hpp"

#include <string>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>
#include <simdjson.h>

using td::errc;

namespace {

const td::topic_rules rules{
    "tracker/events/", {"projects", "components", "tasks", "auth", "plugins"}, 512};

bool allowed(std::string_view topic) {
  return !rules.check(topic);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(topics)

BOOST_AUTO_TEST_CASE(a_family_and_one_verb_are_allowed) {
  for (auto const* const topic :
       {"tracker/events/projects/created", "tracker/events/components/archived",
        "tracker/events/tasks/updated", "tracker/events/auth/login_failed",
        "tracker/events/plugins/stopped", "tracker/events/tasks/x",
        "tracker/events/tasks/-_09az"}) {
    BOOST_TEST_CONTEXT(topic) {
      BOOST_TEST(allowed(topic));
    }
  }
}

BOOST_AUTO_TEST_CASE(everything_else_is_not) {
  for (auto const* const topic : {
           "",
           "/",
           "tracker",
           "tracker/events",
           "tracker/events/",
           "tracker/events//updated",
           "tracker/events/tasks",
           "tracker/events/tasks/",
           "tracker/events/tasks//updated",
           "tracker/events/tasks/updated/",
           "tracker/events/tasks/a/b",
           "tracker/events/task/updated",
           "tracker/events/tasksx/updated",
           "tracker/events/Tasks/updated",
           "tracker/events/tasks/Updated",
           "tracker/events/tasks/up dated",
           "tracker/events/tasks/upd\xc3\xa4ted",
           "tracker/events/tasks/+",
           "tracker/events/#",
           "tracker/events/$SYS/x",
           "Tracker/events/tasks/updated",
           "/tracker/events/tasks/updated",
           "x/tracker/events/tasks/updated",
           "tracker/events/secrets/read",
       }) {
    BOOST_TEST_CONTEXT(topic) {
      auto const fault = rules.check(topic);
      BOOST_REQUIRE(fault);
      BOOST_TEST((fault->code == errc::topic_not_allowed));
      BOOST_TEST(fault->pointer.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(the_length_is_bounded_in_bytes) {
  std::string topic = "tracker/events/tasks/";
  topic.resize(512, 'x');
  BOOST_TEST(allowed(topic));
  topic += 'x';
  auto const fault = rules.check(topic);
  BOOST_REQUIRE(fault);
  BOOST_TEST((fault->code == errc::topic_too_long));
  BOOST_TEST(fault->detail.ends_with("(513 bytes) is too long; at most 512 bytes are allowed"));
}

BOOST_AUTO_TEST_CASE(the_detail_shows_the_topic_safely_and_what_is_allowed) {
  BOOST_TEST(rules.check("tracker/events/tasks/\x1b[2J")->detail ==
             "the topic \"tracker/events/tasks/\\u001b[2J\" has a verb that is not one segment of "
             "a-z, 0-9, '_' and '-'; allowed is "
             "tracker/events/{projects,components,tasks,auth,plugins}/<verb>");
}

BOOST_AUTO_TEST_CASE(families_come_from_the_configuration) {
  td::topic_rules const own{"tracker/events/", {"pumps"}, 512};
  BOOST_TEST(!own.check("tracker/events/pumps/started"));
  BOOST_TEST(own.check("tracker/events/tasks/updated").has_value());
}

RC_BOOST_PROP(any_bytes_get_a_printable_answer, (const std::string& tail)) {
  auto const fault =
      rules.check(*rc::gen::element("", "tracker/events/", "tracker/events/tasks/") + tail);
  if (fault) RC_ASSERT(simdjson::validate_utf8(fault->detail));
  if (fault) RC_ASSERT(fault->detail.find('\0') == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
