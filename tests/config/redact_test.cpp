#include "config/redact.hpp"

#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace td;

namespace {

struct example {
  std::string_view url;
  std::string_view shown;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(redact)

BOOST_AUTO_TEST_CASE(passwords_are_starred_and_the_rest_stays_readable) {
  const std::vector<example> examples{
      {"postgresql://app:s3cret@db.example:5432/taylordash",
       "postgresql://app:***@db.example:5432/taylordash"},
      {"postgres://app:s3cret@h", "postgres://app:***@h"},
      {"postgresql://app:@h/d", "postgresql://app:***@h/d"},
      {"postgresql://:s3cret@h/d", "postgresql://:***@h/d"},
      {"postgresql://app:s3cret@h1:1,h2:2/d?connect_timeout=3",
       "postgresql://app:***@h1:1,h2:2/d?connect_timeout=3"},
      {"postgresql:///d?host=/run/pg&user=a&password=s3cret&sslpassword=s3cret",
       "postgresql:///d?host=/run/pg&user=a&password=***&sslpassword=***"},
      {"host=h password=s3cret dbname=d", "host=h password=*** dbname=d"},
      {"password = 's3 cr\\'et' host = h", "password=*** host=h"},
      {"host=h password=s3\\ cret", "host=h password=***"},
      {"host=h sslpassword=s3cret passfile=/etc/p", "host=h sslpassword=*** passfile=/etc/p"},
  };
  for (const auto& [url, shown] : examples) {
    BOOST_TEST(redact_url(url) == shown);
    BOOST_TEST(holds_password(url));
  }
}

BOOST_AUTO_TEST_CASE(urls_without_a_password_are_shown_as_they_are) {
  for (std::string_view url :
       {"", "postgresql:///taylordash", "postgresql://app@h:5432/d?sslmode=verify-full",
        "postgresql://[::1]:5432/d", "host=h dbname=d user=u", "host='/run/p g' dbname=d"}) {
    BOOST_TEST(redact_url(url) == url);
    BOOST_TEST(!holds_password(url));
  }
}

BOOST_AUTO_TEST_CASE(what_can_not_be_read_for_sure_is_starred_as_a_whole) {
  for (std::string_view url :
       {"postgresql://app:s3cr@et@h/d", "postgresql://app:s3/cret@h/d",
        "postgresql://app:s3?cret@h", "postgresql://app:s3#cret@h/d",
        "postgresql:///d?%70assword=s3cret", "host=h password='s3cret", "password s3cret", "s3cret",
        "host=h password=s3cret\\", "= s3cret", "mysql://u:s3cret@h/d"}) {
    const auto shown = redact_url(url);
    BOOST_TEST(shown.find("s3") == std::string::npos, shown);
    BOOST_TEST(shown.find("cret") == std::string::npos, shown);
    BOOST_TEST(holds_password(url));
  }
}

/// Whatever else stands around it, the password's own characters never come out.
RC_BOOST_PROP(no_password_comes_out_of_a_url, ()) {
  const auto password =
      "Zq" + *rc::gen::container<std::string>(rc::gen::elementOf(std::string{"Zq:@/?#&=%'\\ ab0"}));
  const auto form = *rc::gen::inRange(0, 4);
  const std::vector<std::string> forms{
      "postgresql://app:" + password + "@host:5432/db", "postgresql:///db?password=" + password,
      "host=h password=" + password + " dbname=d", "host=h password='" + password + "' dbname=d"};
  const auto shown = redact_url(forms[static_cast<std::size_t>(form)]);
  RC_ASSERT(shown.find("Zq") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
