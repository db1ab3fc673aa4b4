#include "cli/terminal.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iterator>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/text_width.hpp"
#include "pipeline/text.hpp"

namespace td::terminal {
namespace {

output look_at(int fd) {
  output o{fd, ::isatty(fd) == 1, false};
  const char* term = std::getenv("TERM");
  const char* no_color = std::getenv("NO_COLOR");
  const bool dumb = !term || std::string_view{term} == "dumb" || *term == '\0';
  o.colours = o.terminal && !dumb && !(no_color && *no_color);
  return o;
}

/// Three significant digits at most, no trailing ".0".
std::string shortened(double value) {
  auto text = value < 100 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

}  // namespace

const output& standard_output() {
  static const output o = look_at(STDOUT_FILENO);
  return o;
}

const output& standard_error() {
  static const output o = look_at(STDERR_FILENO);
  return o;
}

extent size_of(const output& to) {
  winsize size{};
  extent e;
  if (to.terminal && ::ioctl(to.fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
    e = {size.ws_row, size.ws_col};
  }
  return e;
}

std::string paint(const output& to, colour c, std::string_view text) {
  if (!to.colours || c == colour::none) return std::string{text};
  constexpr std::string_view codes[] = {"0", "1", "2", "31", "32", "33"};
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(c)], text);
}

bool write(const output& to, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(to.fd, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd ready{to.fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool print(std::string_view text) {
  return write(standard_output(), text);
}

void print_error(std::string_view line) {
  write(standard_error(), fmt::format("taylordash: {}\n", line));
}

std::string visible(std::string_view text) {
  return printable(text, text.size());
}

std::string aligned(const output& to, const std::vector<row>& rows, std::string_view indent) {
  std::vector<std::size_t> widths;
  for (const auto& r : rows) {
    widths.resize(std::max(widths.size(), r.size()));
    for (std::size_t i = 0; i < r.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(visible(r[i].text)));
    }
  }
  std::string out;
  for (const auto& r : rows) {
    std::string line{indent};
    for (std::size_t i = 0; i < r.size(); ++i) {
      const auto text = visible(r[i].text);
      const std::string padding(widths[i] - width_of(text), ' ');
      line += (i == 0 ? "" : "  ");
      if (r[i].right) line += padding;
      line += paint(to, r[i].paint, text);
      if (!r[i].right && i + 1 < r.size()) line += padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string bar(std::uint64_t per_cent, std::size_t width) {
  const auto filled = width * std::min<std::uint64_t>(per_cent, 100) / 100;
  return "[" + std::string(filled, '#') + std::string(width - filled, '-') + "]";
}

std::string grouped(std::uint64_t n) {
  auto text = std::to_string(n);
  for (auto i = static_cast<std::ptrdiff_t>(text.size()) - 3; i > 0; i -= 3) {
    text.insert(static_cast<std::size_t>(i), ",");
  }
  return text;
}

std::string counted(std::uint64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(n), noun, n == 1 ? "" : "s");
}

std::string short_size(std::uint64_t bytes) {
  constexpr std::string_view units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1023.5 && unit + 1 < std::size(units); ++unit)  // would be shown as 1024
    value /= 1024;
  return fmt::format("{} {}", shortened(value), units[unit]);
}

std::string short_rate(double per_second) {
  // Thresholds where the shorter form would round up to the next unit.
  if (per_second >= 999'500) return shortened(per_second / 1e6) + "M/s";
  if (per_second >= 9'950) return shortened(per_second / 1e3) + "k/s";
  return shortened(per_second) + "/s";
}

std::string short_duration(std::chrono::microseconds d) {
  const auto us = std::max<std::int64_t>(0, d.count());
  if (us < 1000) return fmt::format("{}us", us);
  if (us < 999'500) return shortened(static_cast<double>(us) / 1e3) + "ms";
  const auto s = us / 1'000'000;
  if (s < 60)
    return us < 9'950'000 ? shortened(static_cast<double>(us) / 1e6) + "s" : fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}m {}s", s / 60, s % 60);
  if (s < 86'400) return fmt::format("{}h {}m", s / 3600, s / 60 % 60);
  return fmt::format("{}d {}h", s / 86'400, s / 3600 % 24);
}

}  // namespace td::terminal
