#include "pipeline/log.hpp"

#include <array>
#include <cmath>
#include <fcntl.h>
#include <limits>
#include <map>
#include <regex>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>
#include <simdjson.h>

#include "pipeline/text.hpp"
#include "pipeline/time.hpp"

using namespace td;
using namespace std::chrono_literals;

namespace {

/// A pipe that the log writes into; what came is read from another thread, so that it never fills
/// for good. The log goes back to standard error at the end.
class captured_log {
 public:
  captured_log(log_level level, log_format format, bool nonblocking = false) {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    if (nonblocking) ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    init_log(level, format, ends_[1]);
    reader_ = std::thread{[this] {
      std::array<char, 1000> piece;
      for (ssize_t n; (n = ::read(ends_[0], piece.data(), piece.size())) > 0;) {
        text_.append(piece.data(), static_cast<std::size_t>(n));
      }
    }};
  }
  ~captured_log() { text(); }
  captured_log(const captured_log&) = delete;
  captured_log& operator=(const captured_log&) = delete;

  /// Everything; ends the capture.
  const std::string& text() {
    if (reader_.joinable()) {
      init_log(log_level::info, log_format::text);
      ::close(ends_[1]);
      reader_.join();
      ::close(ends_[0]);
    }
    return text_;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
  std::string text_;
  std::thread reader_;
};

std::string without_time(const std::string& line) {
  return std::regex_replace(line, std::regex{R"(^\S+ )"}, "");
}

/// The text as JSON can carry it.
std::string replaced(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto c = first_character(text);
    out += c.size == 0 ? std::string_view{"\xef\xbf\xbd"} : text.substr(0, c.size);
    text.remove_prefix(std::max<std::size_t>(1, c.size));
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(log_lines)

BOOST_AUTO_TEST_CASE(text_has_time_level_message_and_fields) {
  captured_log captured{log_level::debug, log_format::text};
  log_info("mirror reconnected", {kv("attempts", 3), kv("after", 1200ms), kv("ok", true)});
  log_warning("lane said \"no\"", {kv("reason", "a b"), kv("empty", ""), kv("path", "x=y")});
  log_error("gave up");
  log_debug("detail", {kv("ratio", 0.5)});
  const auto& text = captured.text();
  const std::regex line{
      R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d (info   |warning|error  |debug  ) .*)"};
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    BOOST_TEST(std::regex_match(lines.back(), line), lines.back());
    begin = end + 1;
  }
  BOOST_TEST_REQUIRE(lines.size() == 4u);
  BOOST_TEST(without_time(lines[0]) ==
             "info    mirror reconnected attempts=3 after=1.200s ok=true");
  BOOST_TEST(without_time(lines[1]) ==
             "warning lane said \"no\" reason=\"a b\" empty=\"\" path=\"x=y\"");
  BOOST_TEST(without_time(lines[2]) == "error   gave up");
  BOOST_TEST(without_time(lines[3]) == "debug   detail ratio=0.5");
}

BOOST_AUTO_TEST_CASE(text_is_one_line_and_commands_no_terminal) {
  captured_log captured{log_level::info, log_format::text};
  log_info("a\nb\x1b[2J\xe2\x80\xae\xff\xc2\x9b", {kv("k", "1\r\n2\x07")});
  BOOST_TEST(without_time(captured.text()) ==
             "info    a\\nb\\u001b[2J\\u202e\xef\xbf\xbd\\u009b k=\"1\\u000d\\n2\\u0007\"\n");
}

BOOST_AUTO_TEST_CASE(json_has_ts_level_message_and_fields) {
  captured_log captured{log_level::info, log_format::json};
  const auto before = now();
  log_info("mirror reconnected",
           {kv("attempts", 3), kv("after", 1200ms), kv("ok", true), kv("nan", std::nan("")),
            kv("letter", 'x'), kv("low", -std::numeric_limits<double>::infinity()),
            kv("big", 1e300), kv("most", std::numeric_limits<std::uint64_t>::max())});
  log_warning("no fields");
  const auto after = now();
  const auto& text = captured.text();
  const auto first = text.substr(0, text.find('\n'));
  const auto second = text.substr(first.size() + 1);
  const std::regex shape{R"re(\{"ts":"([^"]+)","level":"(\w+)",(.*)\})re"};
  std::smatch m;
  BOOST_TEST_REQUIRE(std::regex_match(first, m, shape), first);
  BOOST_TEST(m[1].length() == 27);  // six fraction digits and Z
  const auto at = parse_rfc3339(m[1].str());
  BOOST_TEST_REQUIRE(at.has_value());
  BOOST_TEST((*at >= before && *at <= after));
  BOOST_TEST(m[2] == "info");
  BOOST_TEST(m[3] ==
             R"("message":"mirror reconnected","fields":{"attempts":3,"after":"1.200s","ok":true,)"
             R"("nan":"nan","letter":"x","low":"-inf","big":1e+300,"most":18446744073709551615})");
  BOOST_TEST_REQUIRE(second.back() == '\n');
  const auto line = second.substr(0, second.size() - 1);
  BOOST_TEST_REQUIRE(std::regex_match(line, m, shape), line);
  BOOST_TEST(m[2] == "warning");
  BOOST_TEST(m[3] == R"("message":"no fields")");
}

/// Any bytes at all come back out of a JSON parser as they went in, but for invalid UTF-8.
RC_BOOST_PROP(json_carries_every_text, ()) {
  const auto bytes = rc::gen::container<std::string>(rc::gen::oneOf(
      rc::gen::arbitrary<char>(), rc::gen::elementOf(std::string{"\"\\\n\x7f\xc3\xa9\xe2\x82"})));
  const auto message = *bytes;
  const auto value = *bytes;
  captured_log captured{log_level::info, log_format::json};
  log_info(message, {kv("value", value)});
  auto text = captured.text();
  RC_ASSERT(text.find('\n') == text.size() - 1);
  simdjson::dom::parser parser;
  simdjson::dom::element line;
  RC_ASSERT(parser.parse(text).get(line) == simdjson::SUCCESS);
  RC_ASSERT(std::string(line["message"].get_string().value()) == replaced(message));
  RC_ASSERT(std::string(line["fields"]["value"].get_string().value()) == replaced(value));
}

BOOST_AUTO_TEST_CASE(lines_below_the_level_are_not_written) {
  const std::array levels{log_level::debug, log_level::info, log_level::warning, log_level::error};
  for (std::size_t least = 0; least < levels.size(); ++least) {
    captured_log captured{levels[least], log_format::text};
    for (auto level : levels)
      log(level, "x");
    const auto& text = captured.text();
    const auto lines = std::count(text.begin(), text.end(), '\n');
    BOOST_TEST(static_cast<std::size_t>(lines) == levels.size() - least);
  }
}

/// Also through a pipe that is full most of the time and does not block.
BOOST_AUTO_TEST_CASE(no_line_is_lost_or_torn_by_many_threads) {
  constexpr int threads = 8;
  constexpr int lines = 400;
  for (const bool nonblocking : {false, true}) {
    captured_log captured{log_level::info, log_format::text, nonblocking};
    std::vector<std::thread> writers;
    for (int t = 0; t < threads; ++t) {
      writers.emplace_back([t] {
        const std::string filler(500, static_cast<char>('a' + t));
        for (int i = 0; i < lines; ++i)
          log_info("line", {kv("t", t), kv("i", i), kv("f", filler)});
      });
    }
    for (auto& writer : writers)
      writer.join();
    std::map<int, int> next;
    const auto& text = captured.text();
    const std::regex shape{R"(\S+ info    line t=(\d) i=(\d+) f=(a+|b+|c+|d+|e+|f+|g+|h+))"};
    for (std::size_t begin = 0; begin < text.size();) {
      const auto end = text.find('\n', begin);
      const auto line = text.substr(begin, end - begin);
      std::smatch m;
      BOOST_TEST_REQUIRE(std::regex_match(line, m, shape), line);
      const int t = std::stoi(m[1]);
      BOOST_TEST_REQUIRE(std::stoi(m[2]) == next[t]++);
      BOOST_TEST_REQUIRE(m[3].str() == std::string(500, static_cast<char>('a' + t)));
      begin = end + 1;
    }
    for (int t = 0; t < threads; ++t)
      BOOST_TEST(next[t] == lines);
  }
}

BOOST_AUTO_TEST_CASE(a_reader_that_has_died_ends_nothing) {
  std::array<int, 2> ends{};
  BOOST_TEST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  ::close(ends[0]);
  init_log(log_level::info, log_format::json, ends[1]);
  log_error("nobody hears this");
  init_log(log_level::info, log_format::text);
  ::close(ends[1]);
  captured_log captured{log_level::info, log_format::text};
  log_info("heard again");
  BOOST_TEST(without_time(captured.text()) == "info    heard again\n");
}

BOOST_AUTO_TEST_CASE(levels_and_formats_have_names) {
  BOOST_TEST((log_level_named("debug") == log_level::debug));
  BOOST_TEST((log_level_named("info") == log_level::info));
  BOOST_TEST((log_level_named("warning") == log_level::warning));
  BOOST_TEST((log_level_named("error") == log_level::error));
  BOOST_TEST(!log_level_named("warn"));
  BOOST_TEST((log_format_named("text", false) == log_format::text));
  BOOST_TEST((log_format_named("json", true) == log_format::json));
  BOOST_TEST((log_format_named("auto", true) == log_format::text));
  BOOST_TEST((log_format_named("auto", false) == log_format::json));
  BOOST_TEST(!log_format_named("", true));
}

BOOST_AUTO_TEST_SUITE_END()
