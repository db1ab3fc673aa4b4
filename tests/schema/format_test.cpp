#include "schema/format.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"

using td::format;
using td::has_format;

namespace {

void expect_valid(format f, std::initializer_list<std::string_view> texts) {
  for (auto const text : texts)
    BOOST_TEST(has_format(f, text), td::name_of(f) << " refuses " << text);
}

void expect_invalid(format f, std::initializer_list<std::string_view> texts) {
  for (auto const text : texts)
    BOOST_TEST(!has_format(f, text), td::name_of(f) << " accepts " << text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(formats)

BOOST_AUTO_TEST_CASE(names_are_found_and_told) {
  for (auto const name : td::format_names()) {
    auto const f = td::format_named(name);
    BOOST_REQUIRE(f);
    BOOST_TEST(td::name_of(*f) == name);
  }
  BOOST_TEST(td::format_names().size() == 5u);
  BOOST_TEST((td::format_named("date-time") == format::date_time));
  BOOST_TEST((td::format_named("email") == format::email));
  for (auto const* const other : {"", "time", "Date", "date_time", "uri-reference", "ipv4"})
    BOOST_TEST(!td::format_named(other));
}

BOOST_AUTO_TEST_CASE(date_times_are_those_of_rfc_3339) {
  expect_valid(
      format::date_time,
      {"1963-06-19T08:30:06.283185Z", "1963-06-19T08:30:06Z", "1937-01-01T12:00:27.87+00:20",
       "1990-12-31T15:59:50.123-08:00", "1963-06-19t08:30:06.283185z", "0000-01-01T00:00:00Z",
       "9999-12-31T23:59:59.9-23:59", "2026-11-20T12:00:00-00:00",
       "2026-11-20T12:00:00.123456789012345678901234567890Z", "2024-02-29T00:00:00+23:59"});
  expect_invalid(format::date_time, {"",
                                     "Z",
                                     "2026-11-20",
                                     "2026-11-20T12:00:00",
                                     "2026-11-20 12:00:00Z",
                                     "2026-11-20T12:00Z",
                                     "2026-11-20T12:00:00.Z",
                                     "2026-11-20T12:00:00,5Z",
                                     "2026-11-20T24:00:00Z",
                                     "2026-11-20T12:60:00Z",
                                     "2026-11-20T12:00:61Z",
                                     "2026-02-29T12:00:00Z",
                                     "2026-13-01T12:00:00Z",
                                     "2026-00-01T12:00:00Z",
                                     "2026-01-00T12:00:00Z",
                                     "1990-12-31T15:59:59-24:00",
                                     "1990-12-31T15:59:59+08:60",
                                     "1990-12-31T15:59:59+0800",
                                     "1990-12-31T15:59:59+08",
                                     "1990-12-31T15:59:59+08:00Z",
                                     "1990-12-31T15:59:59ZZ",
                                     "1990-12-31T15:59:59Z\n",
                                     " 1990-12-31T15:59:59Z",
                                     "06/19/1963 08:30:06 PST",
                                     "2013-350T01:01:01",
                                     "1963-6-19T08:30:06Z",
                                     "1963-06-1T08:30:06Z",
                                     "1963-06-1\xe0\xa7\xaaT00:00:00Z",
                                     "1963-06-11T0\xe0\xa7\xaa:00:00Z",
                                     "1963-06-11T00:00:00.\xd9\xa3Z",
                                     "+11963-06-19T08:30:06Z",
                                     "1963-06-19T08:30:06\342\210\22208:00",
                                     "1963/06/19T08:30:06Z",
                                     "1963-06-19T08.30.06Z",
                                     "2026-11-20T12:00:00 Z",
                                     "2026-11-20T12:00:00+1:00:00"});
}

BOOST_AUTO_TEST_CASE(a_leap_second_stands_only_before_midnight_utc) {
  expect_valid(format::date_time, {"1998-12-31T23:59:60Z", "1998-12-31T15:59:60.123-08:00",
                                   "1999-01-01T00:29:60+00:30", "1998-12-31T00:00:60-23:59",
                                   "1998-12-31T23:58:60+23:59", "1990-06-30T23:59:60.5z"});
  expect_invalid(format::date_time,
                 {"1998-12-31T23:58:60Z", "1998-12-31T22:59:60Z", "1998-12-31T23:59:60+00:01",
                  "1998-12-31T15:59:60-07:00", "1998-12-31T23:59:61Z"});
}

BOOST_AUTO_TEST_CASE(dates_are_in_the_calendar) {
  expect_valid(format::date, {"1963-06-19", "2020-02-29", "2000-02-29", "0000-02-29", "2026-12-31",
                              "2026-01-31", "2026-04-30", "9999-12-31"});
  expect_invalid(format::date, {"",
                                "06/19/1963",
                                "2013-350",
                                "1998-1-20",
                                "1998-01-1",
                                "1998-13-01",
                                "1998-00-01",
                                "1998-01-00",
                                "1998-01-32",
                                "1998-04-31",
                                "1998-06-31",
                                "1998-09-31",
                                "1998-11-31",
                                "2021-02-29",
                                "1900-02-29",
                                "2100-02-29",
                                "2020-02-30",
                                "20230328",
                                "2023-W01",
                                "2023-W13-2",
                                "2022W527",
                                "1963-06-1\xe0\xa7\xaa",
                                "1963-06-19T",
                                "1963-06-19Z",
                                "2020-11-28T23:55:45Z",
                                "1963-06-1a",
                                "-963-06-19"});
}

BOOST_AUTO_TEST_CASE(uuids_have_36_characters) {
  expect_valid(format::uuid,
               {"2EB8AA08-AA98-11EA-B4AA-73B441D16380", "2eb8aa08-aa98-11ea-b4aa-73b441d16380",
                "2eb8aa08-AA98-11ea-B4Aa-73B441D16380", "00000000-0000-0000-0000-000000000000",
                "99c17cbb-656f-f64a-940f-1a4568f03487"});
  expect_invalid(
      format::uuid,
      {"", "2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08-aa98-11ea-73b441d16380",
       "2eb8aa08-aa98-11ea-b4ga-73b441d16380", "2eb8aa08aa9811eab4aa73b441d16380",
       "2eb8aa08aa98-11ea-b4aa73b441d16380", "2eb8-aa08-aa98-11ea-b4aa73b44-1d16380",
       "2eb8aa08-aa98-11ea-b4aa-73b441d16380 ", "{2eb8aa08-aa98-11ea-b4aa-73b441d16380}"});
}

BOOST_AUTO_TEST_CASE(uris_have_a_scheme) {
  expect_valid(format::uri, {"http://foo.bar/?baz=qux#quux",
                             "http://foo.com/blah_(wikipedia)_blah#cite-1",
                             "http://foo.bar/?q=Test%20URL-encoded%20stuff",
                             "http://xn--nw2a.xn--j6w193g/",
                             "http://-.~_!$&'()*+,;=:%40:80%2f::::::@example.com",
                             "http://223.255.255.254",
                             "ftp://ftp.is.co.za/rfc/rfc1808.txt",
                             "ldap://[2001:db8::7]/c=GB?objectClass?one",
                             "mailto:John.Doe@example.com",
                             "news:comp.infosystems.www.servers.unix",
                             "tel:+1-816-555-1212",
                             "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
                             "a:",
                             "a:/",
                             "a:?",
                             "a:#",
                             "z+.-1:x",
                             "file:///etc/hosts",
                             "http://:80/",
                             "http://x:/",
                             "http://[v1.x:y]/",
                             "http://[::ffff:1.2.3.4]/",
                             "http://1.2.3.999/",
                             "http://1.2.3.4.example.org/",
                             "a://1.2.3.4*80/",
                             "http:/",
                             "http://",
                             "a:b:c@d",
                             "a:/b//c",
                             "http://[V1f.a:b]:80",
                             "a://u:p@h:1?/?#/?",
                             "a:%41"});
  expect_invalid(format::uri, {"",
                               "//foo.bar/?baz=qux#quux",
                               "/abc",
                               "\\\\WINDOWS\\fileshare",
                               "abc",
                               "#a",
                               "?a",
                               "http:// shouldfail.com",
                               ":// should fail",
                               "bar,baz:fail",
                               "1a:b",
                               ":a",
                               "http://a b/",
                               "http://a/%4",
                               "http://a/%zz",
                               "http://a/%",
                               "http://a/\xc3\xa9",
                               "http://a/<>",
                               "http://a/{}",
                               "http://a/|",
                               "http://a/^",
                               "http://a/`",
                               "http://a/\"",
                               "http://a/\\",
                               "http://a/[",
                               "http://[::1",
                               "http://[1.2.3.4]/",
                               "http://a:b/",
                               "http://a#b#c",
                               "http://[::g]/",
                               "http://@@a/",
                               "a:b\n",
                               "\na:b",
                               "https://[@example.org/test.txt",
                               "https://example.org/foobar\\.txt",
                               "http://a:80:80/",
                               "http://[::1]x/",
                               "http://[::1]:x/",
                               "http://[v.a]/",
                               "http://[v1.]/",
                               "http://[v1]/",
                               "http://[vg.a]/",
                               "http://[v1.%41]/",
                               "http://a@b@c/",
                               "http://[::1%25eth0]/",
                               "http://[1::2::3]/",
                               "http://[::12345]/",
                               "http://[1:2:3:4:5:6:7:8:9]/",
                               "+a:b",
                               "a_b:c"});
}

BOOST_AUTO_TEST_CASE(emails_are_mailboxes_of_rfc_5321) {
  auto const label = std::string(63, 'a');
  expect_valid(
      format::email,
      {"joe.bloggs@example.com", "te~st@example.com", "~test@example.com", "test~@example.com",
       "te.s.t@example.com", R"("joe bloggs"@example.com)", R"("joe..bloggs"@example.com)",
       R"("joe@bloggs"@example.com)", "joe.bloggs@[127.0.0.1]", "joe.bloggs@[IPv6:::1]",
       "joe@[ipv6:2001:db8::7]", "!#$%&'*+-/=?^_`{|}~@a", "a@b", "A@1.2-3.c", R"(""@a)",
       R"("\\\"\ "@a)", std::string(64, 'l') + "@a", "a@" + label + '.' + label});
  expect_invalid(format::email, {"",
                                 "2962",
                                 "@",
                                 "a@",
                                 "@a",
                                 ".test@example.com",
                                 "test.@example.com",
                                 "te..st@example.com",
                                 "joe.bloggs@invalid=domain.com",
                                 "joe.bloggs@[127.0.0.300]",
                                 "a@[]",
                                 "a@[",
                                 "a@]",
                                 "a@[IPv6:]",
                                 "a@[IPv6:1.2.3.4]",
                                 "a@[::1]",
                                 "a@[IPv6:::1",
                                 "a@b@c",
                                 "a@-b",
                                 "a@b-",
                                 "a@b..c",
                                 "a@.b",
                                 "a@b.",
                                 "a@b_c",
                                 "a b@c",
                                 "a@b c",
                                 " a@b",
                                 "a@b ",
                                 "a@b\n",
                                 "\"a\"",
                                 "\"a\"b@c",
                                 "\"a@b",
                                 "\"a\\\"@b",
                                 "\"a\"b\"@c",
                                 "\"\x01\"@b",
                                 "\"\x7f\"@b",
                                 "\"\\\x7f\"@b",
                                 "\xc3\xa9@b",
                                 "\"\xc3\xa9\"@b",
                                 "a@\xc3\xa9",
                                 "a(b)@c",
                                 "<a@b>",
                                 "user1@oceania.org, user2@oceania.org",
                                 R"("Winston Smith" <winston.smith@recdep.minitrue>)",
                                 std::string(65, 'l') + "@a",
                                 "a@" + label + 'a',
                                 "a@" + label + '.' + label + '.' + label + '.' + label + ".b"});
}

BOOST_AUTO_TEST_CASE(a_nul_byte_fits_no_format) {
  using namespace std::string_view_literals;
  for (auto const text :
       {"2026-11-20T12:00:00Z\0"sv, "2026-11-2\0"sv, "a:\0"sv, "a\0@b"sv, "a@b\0"sv}) {
    for (auto const name : td::format_names())
      BOOST_TEST(!has_format(*td::format_named(name), text));
  }
}

RC_BOOST_PROP(what_times_are_written_as_is_a_date_time, ()) {
  auto const seconds = *rc::gen::inRange<std::int64_t>(-62135596800, 253402300800);
  auto const micros = *rc::gen::inRange(0, 1'000'000);
  td::timestamp const t{std::chrono::seconds{seconds} + std::chrono::microseconds{micros}};
  auto const text = td::to_rfc3339(t);
  RC_ASSERT(has_format(format::date_time, text));
  RC_ASSERT(has_format(format::date, text.substr(0, 10)));
}

/// The parser of event times is the second opinion. It allows a space for the T, and no year 0.
RC_BOOST_PROP(one_changed_character_is_judged_as_the_parser_of_event_times_does, ()) {
  std::string text = *rc::gen::element<std::string>(
      "2024-02-29T23:59:60.5Z", "1999-12-31T00:29:60+00:30", "2100-02-28T12:34:56-08:00");
  auto const place = *rc::gen::inRange<std::size_t>(0, text.size());
  text[place] = *rc::gen::elementOf(std::string_view{"0123456789-:.+TtZz/;,\x7f"});
  RC_PRE(!text.starts_with("0000"));
  auto const parsed = td::parse_rfc3339(text).has_value();
  RC_ASSERT(has_format(format::date_time, text) == parsed);
}

BOOST_AUTO_TEST_SUITE_END()
