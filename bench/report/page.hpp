#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/report/plot.hpp"

namespace td::bench {

/// How a verdict is coloured.
enum class verdict_tone { good, bad, neutral };

/// An HTML page that stands alone: no script, no request to anywhere, light and dark, readable on
/// a telephone and on paper. Everything given is text and is escaped. One thread.
class report_page {
 public:
  explicit report_page(std::string_view title);

  /// The answer, large, at the top: "20,000/s fits: 1.6 times headroom". The last one counts.
  void verdict(std::string_view sentence, verdict_tone tone);
  void heading(std::string_view text);
  void paragraph(std::string_view text);
  void facts(const std::vector<std::pair<std::string, std::string>>& rows);
  /// Numbers are set to the right: a column is one when all its cells begin with a digit or sign
  /// (empty ones don't count). A cell of "holds" or "MISSED" is coloured. The heading before it is
  /// its caption for a screen reader.
  void table(const std::vector<std::string>& columns,
             const std::vector<std::vector<std::string>>& rows);
  void figure(const plot& p);
  /// As it stands, in a fixed font: commands, profiles.
  void listing(std::string_view text);

  std::string html() const;

 private:
  std::string title_;
  std::string verdict_;
  std::string body_;
  std::string heading_;  ///< the last one
};

}  // namespace td::bench
