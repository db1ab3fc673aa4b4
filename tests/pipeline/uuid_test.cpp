#include "pipeline/uuid.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using td::parse_trace_id;
using td::parse_uuid;
using td::uuid;

namespace {

uuid made_of(const std::array<std::uint8_t, 16>& bytes) {
  return {bytes};
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string without_dashes(std::string text) {
  std::erase(text, '-');
  return text;
}

uuid id(std::string_view text) {
  auto const parsed = parse_uuid(text);
  BOOST_REQUIRE(parsed);
  return *parsed;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(uuids)

BOOST_AUTO_TEST_CASE(bytes_are_in_network_order) {
  std::array<std::uint8_t, 16> const bytes{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                           0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
  BOOST_TEST((id("00112233-4455-6677-8899-aabbccddeeff").bytes == bytes));
}

BOOST_AUTO_TEST_CASE(upper_case_is_accepted_and_written_in_lower_case) {
  BOOST_TEST(to_string(id("6BA7B811-9DAD-11D1-80B4-00C04FD430C8")) ==
             "6ba7b811-9dad-11d1-80b4-00c04fd430c8");
}

BOOST_AUTO_TEST_CASE(every_other_form_is_absent) {
  for (auto const* const text :
       {"", "-", "6ba7b811-9dad-11d1-80b4-00c04fd430c", "6ba7b811-9dad-11d1-80b4-00c04fd430c80",
        "{6ba7b811-9dad-11d1-80b4-00c04fd430c8}", "urn:uuid:6ba7b811-9dad-11d1-80b4-00c04fd430c8",
        "6ba7b8119dad11d180b400c04fd430c8", "6ba7b811-9dad-11d1-80b400c04fd430c8",
        "6ba7b811-9dad-11d1-80b4+00c04fd430c8", "6ba7b81-19dad-11d1-80b4-00c04fd430c8",
        "6ba7b811-9dad-11d1-80b4-00c04fd430cg", " 6ba7b811-9dad-11d1-80b4-00c04fd430c",
        "6ba7b811_9dad_11d1_80b4_00c04fd430c8", "6ba7b811-9dad-11d1-80b4-00c04fd430\xc3\xa9"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!parse_uuid(text));
    }
  }
}

BOOST_AUTO_TEST_CASE(each_character_that_is_no_hex_digit_is_noticed_at_each_place) {
  std::string const good = "00112233-4455-6677-8899-aabbccddeeff";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      auto text = good;
      text[at] = static_cast<char>(c);
      auto const fine = good[at] == '-' ? c == '-' : std::isxdigit(c) != 0;
      if (parse_uuid(text).has_value() != fine) BOOST_ERROR("place " << at << " character " << c);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_trace_id_has_either_form_and_is_never_zero) {
  auto const expected = id("4bf92f35-77b3-4da6-a3ce-929d0e0e4736");
  BOOST_TEST((parse_trace_id("4bf92f3577b34da6a3ce929d0e0e4736") == expected));
  BOOST_TEST((parse_trace_id("4bf92f35-77b3-4da6-a3ce-929d0e0e4736") == expected));
  BOOST_TEST((parse_trace_id("4BF92F3577B34DA6A3CE929D0E0E4736") == expected));
  BOOST_TEST(!parse_trace_id("00000000000000000000000000000000"));
  BOOST_TEST(!parse_trace_id("00000000-0000-0000-0000-000000000000"));
  BOOST_TEST(!parse_trace_id("4bf92f3577b34da6a3ce929d0e0e473"));
  BOOST_TEST(!parse_trace_id("4bf92f3577b34da6a3ce929d0e0e473g"));
  BOOST_TEST(!parse_trace_id(""));
}

BOOST_AUTO_TEST_CASE(version_5_gives_the_published_values) {
  auto const dns = id("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  auto const url = id("6ba7b811-9dad-11d1-80b4-00c04fd430c8");
  // RFC 9562 appendix A.4.
  BOOST_TEST(to_string(uuid_v5(dns, "www.example.com")) == "2ed6657d-e927-568b-95e1-2665a8aea6a2");
  // Python's documentation of the module uuid.
  BOOST_TEST(to_string(uuid_v5(dns, "python.org")) == "886313e1-3b8a-5372-9b90-0c9aee199e5d");
  BOOST_TEST(to_string(uuid_v5(url, "")) == "1b4db7eb-4057-5ddf-91e0-36dec72071f5");
}

RC_BOOST_PROP(what_is_written_is_read_back, (const std::array<std::uint8_t, 16>& bytes)) {
  auto const one = made_of(bytes);
  auto const text = to_string(one);
  RC_ASSERT(parse_uuid(text) == one);
  RC_ASSERT(parse_uuid(upper(text)) == one);
  if (one != uuid{}) RC_ASSERT(parse_trace_id(without_dashes(text)) == one);
}

RC_BOOST_PROP(random_text_is_an_id_only_in_the_canonical_form, (const std::string& text)) {
  auto const parsed = parse_uuid(text);
  if (!parsed) return;
  RC_ASSERT(upper(to_string(*parsed)) == upper(text));
}

RC_BOOST_PROP(version_5_is_marked_and_repeatable,
              (const std::array<std::uint8_t, 16>& bytes, const std::string& name)) {
  auto const made = uuid_v5(made_of(bytes), name);
  RC_ASSERT((made.bytes[6] >> 4) == 5);
  RC_ASSERT((made.bytes[8] >> 6) == 2);
  RC_ASSERT(made == uuid_v5(made_of(bytes), name));
  RC_ASSERT(made != uuid_v5(made_of(bytes), name + "x"));
}

BOOST_AUTO_TEST_CASE(random_ids_are_of_version_4_and_differ) {
  std::unordered_set<uuid> seen;
  for (int i = 0; i < 10'000; ++i) {
    auto const one = td::random_uuid();
    if (one.bytes[6] >> 4 != 4 || one.bytes[8] >> 6 != 2) BOOST_ERROR(to_string(one));
    seen.insert(one);
  }
  BOOST_TEST(seen.size() == 10'000u);
}

BOOST_AUTO_TEST_CASE(threads_make_the_same_version_5_ids) {
  auto const expected = td::uuid_v5({}, "order-4711");
  std::array<uuid, 4> made{};
  {
    std::vector<std::jthread> threads;
    for (auto& one : made) {
      threads.emplace_back([&one] {
        for (int i = 0; i < 1000; ++i)
          one = td::uuid_v5({}, "order-4711");
      });
    }
  }
  for (auto const& one : made)
    BOOST_TEST((one == expected));
}

BOOST_AUTO_TEST_CASE(the_hash_spreads_ids_that_differ_in_one_bit) {
  std::set<std::uint64_t> hashes;
  std::set<std::uint64_t> low_bits;
  for (std::size_t bit = 0; bit < 128; ++bit) {
    uuid one;
    one.bytes[bit / 8] = static_cast<std::uint8_t>(1u << bit % 8);
    hashes.insert(hash_of(one));
    low_bits.insert(hash_of(one) & 0xffff);
  }
  BOOST_TEST(hashes.size() == 128u);
  BOOST_TEST(low_bits.size() > 120u);
}

BOOST_AUTO_TEST_SUITE_END()
