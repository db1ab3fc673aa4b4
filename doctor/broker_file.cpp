#include "doctor/broker_file.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "config/files.hpp"

namespace td {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest = 1u << 20;
constexpr std::size_t most_files = 200;

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

result<std::vector<fs::path>> included(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator each{folder, error}, end; !error && each != end;
       each.increment(error)) {
    if (each->path().extension() == ".conf" && files.size() < most_files)
      files.push_back(each->path());
  }
  if (error) {
    return failure{errc::configuration_invalid, fmt::format("include_dir {} can't be listed: {}",
                                                            folder.string(), error.message())};
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::vector<broker_file::option> broker_options_in(std::string_view text, const fs::path& file) {
  std::vector<broker_file::option> all;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto content = trimmed(line);
    if (content.empty() || content.front() == '#') continue;
    const auto end = std::min(content.find_first_of(" \t"), content.size());
    all.push_back({std::string{content.substr(0, end)}, std::string{trimmed(content.substr(end))},
                   file, number});
  }
  return all;
}

result<broker_file> read_broker_file(const fs::path& file) {
  broker_file found{file, {}};
  const auto read = [](const fs::path& path) -> result<std::vector<broker_file::option>> {
    const auto content = config::read_file(path.string(), largest);
    if (!content.problem.empty()) {
      return failure{errc::configuration_invalid,
                     fmt::format("{} {}", path.string(), content.problem)};
    }
    return broker_options_in(content.text, path);
  };
  auto own = read(file);
  if (!own) return own.error();
  for (auto& option : *own) {
    if (option.name != "include_dir") {
      found.options.push_back(std::move(option));
      continue;
    }
    const auto paths = included(option.value);
    if (!paths) return paths.error();
    for (const auto& path : *paths) {
      auto more = read(path);
      if (!more) return more.error();
      found.options.insert(found.options.end(), more->begin(), more->end());
    }
  }
  return found;
}

const broker_file::option* broker_file::find(std::string_view name) const noexcept {
  const auto last = std::find_if(options.rbegin(), options.rend(),
                                 [name](const option& o) { return o.name == name; });
  return last == options.rend() ? nullptr : &*last;
}

std::optional<std::int64_t> broker_file::number(std::string_view name) const noexcept {
  const auto* o = find(name);
  if (o == nullptr) return std::nullopt;
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(o->value.data(), o->value.data() + o->value.size(), n);
  if (error != std::errc{}) return std::nullopt;
  return n;
}

std::optional<bool> broker_file::truth(std::string_view name) const noexcept {
  const auto* o = find(name);
  if (o == nullptr) return std::nullopt;
  if (o->value == "true" || o->value == "1") return true;
  if (o->value == "false" || o->value == "0") return false;
  return std::nullopt;
}

std::string broker_file::place_of(std::string_view name) const {
  const auto* o = find(name);
  if (o == nullptr) return file.string();
  return fmt::format("{}:{}", o->file.string(), o->line);
}

}  // namespace td
