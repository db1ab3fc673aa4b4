#include "http/header_fields.hpp"

#include <algorithm>

namespace td {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool equal_without_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

bool has_token(std::string_view list, std::string_view word) noexcept {
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    auto token = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (!token.empty() && (token.front() == ' ' || token.front() == '\t'))
      token.remove_prefix(1);
    while (!token.empty() && (token.back() == ' ' || token.back() == '\t'))
      token.remove_suffix(1);
    if (equal_without_case(token, word)) return true;
  }
  return false;
}

void header_fields::add(std::string_view name, std::string_view value) {
  places_.push_back({static_cast<std::uint32_t>(text_.size()),
                     static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size())});
  text_ += name;
  text_ += value;
}

void header_fields::clear() noexcept {
  text_.clear();
  places_.clear();
}

std::string_view header_fields::name_at(const place& p) const noexcept {
  return std::string_view{text_}.substr(p.at, p.name);
}

std::string_view header_fields::value_at(const place& p) const noexcept {
  return std::string_view{text_}.substr(p.at + p.name, p.value);
}

std::optional<std::string_view> header_fields::find(std::string_view name) const noexcept {
  for (const auto& p : places_) {
    if (equal_without_case(name_at(p), name)) return value_at(p);
  }
  return std::nullopt;
}

std::string_view header_fields::operator[](std::string_view name) const noexcept {
  return find(name).value_or(std::string_view{});
}

std::size_t header_fields::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(places_.begin(), places_.end(),
                    [&](const place& p) { return equal_without_case(name_at(p), name); }));
}

}  // namespace td
