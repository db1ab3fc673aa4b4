#include "standalone/secrets.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "tests/standalone/support.hpp"

using namespace td;
using namespace td::test;

BOOST_AUTO_TEST_SUITE(secrets_test)

BOOST_AUTO_TEST_CASE(makes_each_secret_once_for_its_owner_alone) {
  const temp_dir folder;
  const auto made = must(load_or_make_secrets(folder.path(), true));
  std::set<std::string> all{made.database_superuser, made.database, made.mqtt_service,
                            made.mqtt_producer, made.mqtt_group};
  BOOST_TEST(all.size() == 5u);
  for (const auto& secret : all) {
    BOOST_TEST(secret.size() == 32u);
    BOOST_TEST(std::all_of(secret.begin(), secret.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_';
    }));
  }
  for (const auto& file : std::filesystem::directory_iterator{folder.path()}) {
    BOOST_TEST(mode_of(file.path()) == 0600u, file.path());
  }
  const auto again = must(load_or_make_secrets(folder.path(), false));
  BOOST_TEST(again.database == made.database);
  BOOST_TEST(again.mqtt_group == made.mqtt_group);
}

BOOST_AUTO_TEST_CASE(makes_no_new_secret_for_a_database_that_knows_the_old_one) {
  const temp_dir folder;
  must(load_or_make_secrets(folder.path(), true));
  std::filesystem::remove(folder.path() / "database");
  const auto missing =
      refusal(load_or_make_secrets(folder.path(), false), errc::configuration_invalid);
  BOOST_TEST(contains(missing, folder.file("database") + " is missing"));
  folder.write("database", "short\n");
  const auto damaged =
      refusal(load_or_make_secrets(folder.path(), true), errc::configuration_invalid);
  BOOST_TEST(contains(damaged, "does not hold a generated secret"));
  BOOST_TEST(!contains(damaged, "short"));
}

BOOST_AUTO_TEST_CASE(writes_password_lines_that_mosquitto_can_read_and_recognises_them) {
  const auto line = must(password_file_line("u", "secret"));
  BOOST_TEST(line.starts_with("u:$7$101$"));
  BOOST_TEST(line.size() == std::string{"u:$7$101$"}.size() + 16 + 1 + 88 + 1);
  const auto text = must(password_file_line("other", "x")) + line;
  BOOST_TEST(password_file_admits(text, "u", "secret"));
  BOOST_TEST(!password_file_admits(text, "u", "Secret"));
  BOOST_TEST(!password_file_admits(text, "other", "secret"));
  BOOST_TEST(!password_file_admits(text, "nobody", "secret"));
  BOOST_TEST(!password_file_admits("", "u", "secret"));
}

BOOST_AUTO_TEST_CASE(recognises_what_mosquitto_passwd_has_hashed) {
  // Made with: mosquitto_passwd -b -c FILE u p (2.0.11).
  BOOST_TEST(password_file_admits(
      "u:$7$101$n9srQjEd60Q3WGuK$qUQ7LNR8H0GmZAoD91wuvZnJXfXpTqOQdio8Ulv1XxEXqTseHyJiGG2LisDpxsvy"
      "tBvUku5ELXAaLdlo3Bgm7g==\n",
      "u", "p"));
}

BOOST_AUTO_TEST_SUITE_END()
