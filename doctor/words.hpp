#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Numbers in findings, for people.
namespace td::words {

std::string grouped(std::uint64_t n);                      ///< "1,234,567"
std::string size(std::uint64_t bytes);                     ///< "1.5 GiB"
std::string duration(std::chrono::seconds d);              ///< "45 s", "12 min", "3 h", "5 d"
std::string signed_duration(std::chrono::microseconds d);  ///< "+1.204 s", "-350 ms"
std::string postgres_version(int number);                  ///< 150018: "15.18"

/// "a, b and 3 more"
std::string listed(const std::vector<std::string>& all, std::size_t shown);

/// A name as SQL has it: "odd ""name""" where it must be quoted.
std::string sql_name(std::string_view name);
std::string sql_text(std::string_view text);  ///< 'it''s'

}  // namespace td::words
