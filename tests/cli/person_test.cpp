#include "cli/person.hpp"

#include <cstdlib>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

using namespace td;

namespace {

/// SUDO_USER as it is for one test.
struct sudo_user {
  explicit sudo_user(const char* value) {
    if (const char* now = std::getenv(name)) before = now;
    ::setenv(name, value, 1);
  }
  ~sudo_user() {
    if (before.empty())
      ::unsetenv(name);
    else
      ::setenv(name, before.c_str(), 1);
  }
  static constexpr const char* name = "SUDO_USER";
  std::string before{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(person)

BOOST_AUTO_TEST_CASE(is_user_at_host) {
  const auto who = acting_person();
  const auto at = who.find('@');
  BOOST_TEST_REQUIRE(at != who.npos);
  BOOST_TEST(at > 0u);
  BOOST_TEST(at + 1 < who.size());
}

BOOST_AUTO_TEST_CASE(behind_sudo_it_is_who_called_it) {
  const auto plain = acting_person();
  const sudo_user set{"ada\n"};
  const auto who = acting_person();
  if (::geteuid() == 0)
    BOOST_TEST(who.starts_with("ada\\u000a@"));
  else
    BOOST_TEST(who == plain);
}

BOOST_AUTO_TEST_SUITE_END()
