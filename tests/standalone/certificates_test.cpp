#include "standalone/certificates.hpp"

#include <algorithm>

#include "standalone/tls_identity.hpp"
#include "tests/standalone/support.hpp"

using namespace td;
using namespace td::test;
using std::chrono::hours;
using std::chrono::system_clock;

BOOST_AUTO_TEST_SUITE(certificates_test)

BOOST_AUTO_TEST_CASE(is_good_for_the_names_it_was_made_for_and_no_others) {
  const auto now = system_clock::now();
  const auto authority = must(make_authority("test", now));
  const auto server =
      must(make_server_certificate(authority, {"localhost", "127.0.0.1", "::1", "box.lan"}, now));
  BOOST_TEST(is_good_for(server, authority, {"localhost", "127.0.0.1", "::1", "box.lan"}, now));
  BOOST_TEST(!is_good_for(server, authority, {"127.0.0.2"}, now));
  BOOST_TEST(!is_good_for(server, authority, {"other.lan"}, now));
}

BOOST_AUTO_TEST_CASE(is_good_until_it_expires) {
  const auto now = system_clock::now();
  const auto authority = must(make_authority("test", now));
  const auto server = must(make_server_certificate(authority, {"localhost"}, now));
  BOOST_TEST(is_good_for(server, authority, {"localhost"}, now + hours{24 * 396}));
  BOOST_TEST(!is_good_for(server, authority, {"localhost"}, now + hours{24 * 398}));
}

BOOST_AUTO_TEST_CASE(is_not_good_with_the_authority_or_key_of_another) {
  const auto now = system_clock::now();
  const auto authority = must(make_authority("test", now));
  const auto other = must(make_authority("test", now));
  auto server = must(make_server_certificate(authority, {"localhost"}, now));
  BOOST_TEST(!is_good_for(server, other, {"localhost"}, now));
  server.key = must(make_server_certificate(authority, {"localhost"}, now)).key;
  BOOST_TEST(!is_good_for(server, authority, {"localhost"}, now));
  BOOST_TEST(!is_complete(server));
  BOOST_TEST(!is_complete({}));
  refusal(make_server_certificate({}, {"localhost"}, now), errc::configuration_invalid);
}

BOOST_AUTO_TEST_CASE(stands_up_to_the_openssl_command_line) {
  const temp_dir folder;
  const auto now = system_clock::now();
  const auto authority = must(make_authority("test", now));
  const auto server = must(make_server_certificate(authority, {"localhost"}, now));
  child_process verify({"/usr/bin/openssl", "verify", "-x509_strict", "-purpose", "sslserver",
                        "-verify_hostname", "localhost", "-CAfile",
                        folder.write("ca", authority.certificate),
                        folder.write("server", server.certificate)});
  verify.await_output("no such line");
  BOOST_TEST(verify.end(0) == 0, verify.output());
}

BOOST_AUTO_TEST_CASE(keeps_the_authority_and_renews_the_certificate_when_needed) {
  const temp_dir folder;
  const auto files = tls_files::in(folder.path());
  const auto now = system_clock::now();
  const auto self = current_user();
  must(ensure_tls_identity(files, {"localhost"}, self, now));
  const auto authority = read_text(files.ca_certificate).value();
  const auto first = read_text(files.certificate).value();
  BOOST_TEST(mode_of(files.ca_key) == 0600u);
  BOOST_TEST(mode_of(files.key) == 0600u);
  BOOST_TEST(mode_of(files.ca_certificate) == 0644u);

  must(ensure_tls_identity(files, {"localhost"}, self, now));
  BOOST_TEST(read_text(files.certificate).value() == first);
  BOOST_TEST(!tls_identity_is_current(files, {"localhost"}, now + hours{24 * 368}));
  must(ensure_tls_identity(files, {"localhost"}, self, now + hours{24 * 368}));
  const auto second = read_text(files.certificate).value();
  BOOST_TEST(second != first);
  must(ensure_tls_identity(files, {"localhost", "10.1.2.3"}, self, now));
  BOOST_TEST(read_text(files.certificate).value() != second);
  BOOST_TEST(read_text(files.ca_certificate).value() == authority);
}

BOOST_AUTO_TEST_CASE(makes_no_second_authority_behind_the_devices_backs) {
  const temp_dir folder;
  const auto files = tls_files::in(folder.path());
  const auto now = system_clock::now();
  must(ensure_tls_identity(files, {"localhost"}, current_user(), now));
  std::filesystem::remove(files.ca_key);
  std::filesystem::remove(files.certificate);
  const auto why = refusal(ensure_tls_identity(files, {"localhost"}, current_user(), now),
                           errc::configuration_invalid);
  BOOST_TEST(contains(why, files.ca_key.string()));
}

BOOST_AUTO_TEST_CASE(knows_the_names_of_this_machine) {
  const auto all = names_of_this_machine("0.0.0.0");
  BOOST_TEST((std::find(all.begin(), all.end(), "127.0.0.1") != all.end()));
  BOOST_TEST((std::find(all.begin(), all.end(), "localhost") != all.end()));
  const auto one = names_of_this_machine("10.9.8.7");
  BOOST_TEST((std::find(one.begin(), one.end(), "10.9.8.7") != one.end()));
  BOOST_TEST((std::find(one.begin(), one.end(), "127.0.0.1") == one.end()));
}

BOOST_AUTO_TEST_SUITE_END()
