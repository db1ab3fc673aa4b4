#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace td::test {

/// Writes random JSON objects, with all the freedom that the grammar gives (white space, escapes,
/// ways to write a number, equal keys) and, as often as asked, with what our scan refuses. The
/// same seed gives the same document.
class json_maker {
 public:
  /// One in `fault_rarity` strings, numbers and keys is a faulty one; 0: none is.
  json_maker(std::uint64_t seed, unsigned fault_rarity)
      : random_{seed}, fault_rarity_{fault_rarity} {}

  /// An object of up to about `values` values.
  std::string object(unsigned values) {
    budget_ = static_cast<int>(values);
    text_.clear();
    space();
    add_object();
    space();
    return text_;
  }

  std::uint64_t pick(std::uint64_t below) { return random_() % below; }

  std::string_view one_of(std::initializer_list<std::string_view> pieces) {
    return *(pieces.begin() + pick(pieces.size()));
  }

 private:
  bool faulty() { return fault_rarity_ != 0 && pick(fault_rarity_) == 0; }

  void space() {
    if (pick(4) != 0) return;
    for (auto n = pick(3); n > 0; --n)
      text_ += one_of({" ", "\t", "\n", "\r"});
  }

  void add_value() {
    --budget_;
    switch (pick(budget_ > 0 ? 8 : 6)) {
      case 0:
        text_ += one_of({"true", "false", "null"});
        break;
      case 1:
      case 2:
        add_number();
        break;
      case 3:
      case 4:
        add_string();
        break;
      case 5:
        text_ += one_of({"{}", "[]", "{ }", "[\n]"});
        break;
      case 6:
        add_object();
        break;
      default:
        add_array();
    }
  }

  void add_array() {
    text_ += '[';
    space();
    for (auto n = pick(5); n > 0 && budget_ > 0; --n) {
      add_value();
      space();
      if (n > 1 && budget_ > 0) text_ += ',';
      space();
    }
    text_ += ']';
  }

  void add_object() {
    text_ += '{';
    space();
    std::vector<std::string> keys;
    auto const members = pick(8) == 0 ? 17 + pick(30) : pick(6);
    for (std::uint64_t i = 0; i < members && budget_ > 0; ++i) {
      if (i > 0) {
        text_ += ',';
        space();
      }
      add_key(keys);
      space();
      text_ += ':';
      space();
      add_value();
      space();
    }
    text_ += '}';
  }

  /// A new key, or (a fault) one that is there already, written the same or another way.
  void add_key(std::vector<std::string>& keys) {
    if (!keys.empty() && faulty()) {
      auto const& again = keys[pick(keys.size())];
      text_ += '"';
      if (pick(2) == 0 || again.empty() || again.front() < 0x20 || again.front() == '\\') {
        text_ += again;
      } else {
        static constexpr std::string_view hex = "0123456789abcdef";
        auto const c = static_cast<unsigned char>(again.front());
        if (c < 0x80) {
          text_ += "\\u00";
          text_ += hex[c >> 4];
          text_ += hex[c & 15];
          text_ += again.substr(1);
        } else {
          text_ += again;
        }
      }
      text_ += '"';
      return;
    }
    auto key = faulty() ? inside_of_string() : inside_of_good_string();
    key += one_of({"", "", "_long_common_middle_"});
    key += std::to_string(keys.size());
    text_ += '"' + key + '"';
    keys.push_back(key);
  }

  void add_string() {
    text_ += '"' + (faulty() ? inside_of_string() : inside_of_good_string()) + '"';
  }

  std::string inside_of_good_string() {
    std::string inside;
    for (auto n = pick(6); n > 0; --n) {
      inside += one_of({"a",
                        "id",
                        "status",
                        "~",
                        "/",
                        " ",
                        "x y",
                        "\xc3\xa4",
                        "\xe2\x82\xac",
                        "\xf0\x9f\x98\x80",
                        "\\n",
                        "\\\"",
                        "\\\\",
                        "\\/",
                        "\\u0041",
                        "\\u00e4",
                        "\\ud83d\\ude00",
                        "\\uFFFF",
                        "{",
                        "}",
                        "[",
                        ":",
                        ",",
                        "\\\\u0000"});
    }
    return inside;
  }

  std::string inside_of_string() {
    auto inside = inside_of_good_string();
    inside += one_of({"\\u0000", "\\ud800", "\\udc00", "\\ud800x", "\\ud800\\u0041",
                      "\\udfff\\ud800", "\\ud800\\ud800\\udc00",
                      "a string that is longer than the short limit of the tests"});
    return inside + inside_of_good_string();
  }

  void add_number() {
    if (faulty()) {
      text_ +=
          one_of({"1e309", "1E+309", "-1e-309", "1e-9999", "1e99999999999999999999",
                  "0e0000000000000000000000000000000000000009", "9.9e308", "18446744073709551616",
                  "-9223372036854775809", "1000000000000000000000000000000000000000000",
                  "0.1234567890123456789012345678901234567890"});
      return;
    }
    text_ +=
        one_of({"0", "-0", "1", "-1", "42", "0.5", "-0.0", "1e1", "1E+2", "1.5e-3", "1e308",
                "1e-308", "2.2250738585072014e-308", "18446744073709551615", "-9223372036854775808",
                "1e0000000000000000000308", "0e-308", "123456789012345678901.5"});
  }

  std::mt19937_64 random_;
  unsigned fault_rarity_;
  int budget_{};
  std::string text_{};
};

/// Changes some bytes of a document: deletes, repeats, replaces, inserts what matters to JSON.
inline std::string mutate(std::string text, json_maker& random) {
  for (auto changes = 1 + random.pick(4); changes > 0 && !text.empty(); --changes) {
    auto const at = random.pick(text.size());
    switch (random.pick(5)) {
      case 0:
        text.erase(at, 1 + random.pick(3));
        break;
      case 1:
        text.insert(at, text.substr(at, 1 + random.pick(8)));
        break;
      case 2:
        text[at] = static_cast<char>(random.pick(256));
        break;
      case 3:
        text.resize(at);
        break;
      default:
        text.insert(
            at, random.one_of({"{",    "}",    "[",       "]",      ",",    ":",    "\"",
                               "\\",   "\\u",  "0",       "-",      ".",    "e",    "1",
                               "null", "tru",  " ",       "\n",     "\x01", "\x7f", "\xef\xbb\xbf",
                               "\xc3", "\x80", "\\ud800", "\\u0000"}));
    }
  }
  return text;
}

}  // namespace td::test
