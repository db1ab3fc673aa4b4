// The official JSON Schema Test Suite, as Debian's libtest-json-schema-acceptance-perl has it:
// every file of draft 7 and draft 2020-12, the optional ones included. What is not passed stands in
// skipped.txt with its reason; an entry there that is not needed is a failure too.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <simdjson.h>

#include "schema/compiled_schema.hpp"
#include "tests/pipeline/bodies.hpp"

namespace {

namespace fs = std::filesystem;
namespace ondemand = simdjson::ondemand;

constexpr const char* usual_suite =
    "/usr/share/perl5/auto/share/dist/Test-JSON-Schema-Acceptance/tests";

struct suite_test {
  std::string description;
  std::string data;  ///< as written: numbers of any size
  bool valid{};
};

struct suite_group {
  std::string description;
  std::string schema;  ///< as written
  std::vector<suite_test> tests;
};

std::string raw_text(ondemand::value value) {
  std::string_view text;
  switch (value.type().value()) {
    case ondemand::json_type::object:
      text = value.get_object().value().raw_json().value();
      break;
    case ondemand::json_type::array:
      text = value.get_array().value().raw_json().value();
      break;
    default:
      text = value.raw_json_token();
  }
  return std::string{text};
}

std::vector<suite_group> read_groups(const fs::path& file) {
  auto const text = simdjson::padded_string::load(file.string()).value();
  ondemand::parser parser;
  auto document = parser.iterate(text).value();
  std::vector<suite_group> groups;
  for (ondemand::object group : document.get_array()) {
    auto& g = groups.emplace_back();
    for (auto field : group) {
      std::string_view const key = field.unescaped_key();
      if (key == "description") g.description = std::string_view{field.value()};
      if (key == "schema") g.schema = raw_text(field.value());
      if (key != "tests") continue;
      for (ondemand::object test : field.value().get_array()) {
        auto& t = g.tests.emplace_back();
        for (auto part : test) {
          std::string_view const name = part.unescaped_key();
          if (name == "description") t.description = std::string_view{part.value()};
          if (name == "data") t.data = raw_text(part.value());
          if (name == "valid") t.valid = part.value().get_bool();
        }
      }
    }
  }
  return groups;
}

/// The schemas of draft 7 leave their draft to the folder.
std::string with_draft(std::string schema, std::string_view file) {
  auto const brace = schema.find_first_not_of(" \t\r\n");
  if (!file.starts_with("draft7/") || schema[brace] != '{' ||
      schema.find("\"$schema\"") != std::string::npos) {
    return schema;
  }
  auto const more = schema.find_first_not_of(" \t\r\n", brace + 1);
  return schema.insert(brace + 1,
                       fmt::format("\"$schema\":\"http://json-schema.org/draft-07/schema#\"{}",
                                   schema[more] == '}' ? "" : ","));
}

/// What skipped.txt lists: `file | group | test | reason`, `*` for all of a file or of a group.
class skip_list {
 public:
  explicit skip_list(const fs::path& file) {
    std::ifstream in{file};
    BOOST_REQUIRE_MESSAGE(in, "no " << file);
    for (std::string line; std::getline(in, line);) {
      if (line.empty() || line.front() == '#') continue;
      std::vector<std::string> fields;
      for (std::size_t at = 0; at <= line.size();) {
        auto const end = std::min(line.find(" | ", at), line.size());
        fields.push_back(line.substr(at, end - at));
        at = end + 3;
      }
      BOOST_REQUIRE_MESSAGE(fields.size() == 4 && !fields[3].empty(), "not four fields: " << line);
      auto const added = entries_.try_emplace({fields[0], fields[1], fields[2]}).second;
      BOOST_TEST(added, "twice: " << line);
    }
  }

  /// Whether something that fails is listed, and so marks its entry as needed.
  bool covers_failure(const std::string& file, const std::string& group, const std::string& test) {
    for (auto const& key :
         {key_of(file, "*", "*"), key_of(file, group, "*"), key_of(file, group, test)}) {
      auto const found = entries_.find(key);
      if (found == entries_.end()) continue;
      found->second.failures++;
      return true;
    }
    return false;
  }

  /// Remembers that something passes, which no entry may say it does not.
  void note_success(const std::string& file, const std::string& group, const std::string& test) {
    for (auto const& key :
         {key_of(file, "*", "*"), key_of(file, group, "*"), key_of(file, group, test)}) {
      auto const found = entries_.find(key);
      if (found != entries_.end()) found->second.successes.push_back(group + " | " + test);
    }
  }

  void expect_all_needed() const {
    for (auto const& [key, e] : entries_) {
      auto const& [file, group, test] = key;
      BOOST_TEST(e.failures > 0,
                 "nothing fails any more for: " << file << " | " << group << " | " << test);
      if (e.successes.empty()) continue;
      BOOST_TEST(e.successes.empty(),
                 "listed, but passes: " << file << " | " << e.successes.front());
    }
  }

 private:
  using entry_key = std::tuple<std::string, std::string, std::string>;
  struct entry {
    int failures{};
    std::vector<std::string> successes{};
  };

  static entry_key key_of(std::string file, std::string group, std::string test) {
    return {std::move(file), std::move(group), std::move(test)};
  }

  std::map<entry_key, entry> entries_;
};

/// Why a test is not passed; empty when it is.
std::string failure_of(const td::compiled_schema& schema, const suite_test& test) {
  simdjson::dom::parser parser;
  td::test::padded_body const body{test.data};
  simdjson::dom::element document;
  auto const error = parser.parse(body.view().data(), body.view().size(), false).get(document);
  if (error != simdjson::SUCCESS) return simdjson::error_message(error);
  auto const v = schema.check(document);
  if (v.has_value() != test.valid) return {};
  return v ? "refused: " + v->sentence : "accepted";
}

struct tally {
  int passed{};
  int listed{};
};

tally run_draft(const fs::path& suite, const std::string& draft, skip_list& skips) {
  tally t;
  std::set<fs::path> files;
  for (auto const& e : fs::recursive_directory_iterator{suite / draft}) {
    if (e.path().extension() == ".json") files.insert(e.path());
  }
  for (auto const& path : files) {
    auto const file = path.lexically_relative(suite).string();
    for (auto const& group : read_groups(path)) {
      auto const schema = td::compiled_schema::compile(with_draft(group.schema, file));
      for (auto const& test : group.tests) {
        auto const failure = schema ? failure_of(**schema, test) : to_string(schema.error());
        if (failure.empty()) {
          ++t.passed;
          skips.note_success(file, group.description, test.description);
        } else {
          ++t.listed;
          auto const covered = skips.covers_failure(file, group.description, test.description);
          BOOST_TEST(covered, file << " | " << group.description << " | "
                                   << (schema ? test.description : "*") << " | " << failure);
        }
      }
    }
  }
  BOOST_TEST_MESSAGE(draft << ": " << t.passed << " tests passed, " << t.listed << " listed");
  return t;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(official_suite)

BOOST_AUTO_TEST_CASE(passes_but_for_what_is_listed) {
  auto const* const named = std::getenv("TD_JSON_SCHEMA_SUITE");
  fs::path const suite = named != nullptr ? named : usual_suite;
  BOOST_REQUIRE_MESSAGE(fs::is_directory(suite / "draft2020-12"),
                        "no " << suite << ": install libtest-json-schema-acceptance-perl");
  skip_list skips{TD_SKIPPED_FILE};
  auto const draft_7 = run_draft(suite, "draft7", skips);
  auto const draft_2020_12 = run_draft(suite, "draft2020-12", skips);
  skips.expect_all_needed();
  BOOST_TEST(draft_7.passed > 800);
  BOOST_TEST(draft_2020_12.passed > 800);
}

BOOST_AUTO_TEST_SUITE_END()
