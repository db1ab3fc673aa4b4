#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What commands print with: the same look everywhere, plain where nobody looks.
namespace td::terminal {

/// Where something is printed, and how much may be done there. Colours only on a terminal that is
/// not `dumb`, and not when NO_COLOR is set to anything (no-color.org).
struct output {
  int fd{-1};
  bool terminal{};
  bool colours{};
};

/// Looked up once, at the first call.
const output& standard_output();
const output& standard_error();

/// Rows and columns of the terminal; 24 x 80 where there is none.
struct extent {
  std::size_t rows{24};
  std::size_t columns{80};
};
extent size_of(const output& to);

enum class colour : std::uint8_t { none, bold, dim, red, green, yellow };

/// The text, coloured where the output takes colours.
std::string paint(const output& to, colour c, std::string_view text);

/// Writes all of it. False when it can't (the reader has gone, the disk is full).
bool write(const output& to, std::string_view text);

/// To standard output, as it is.
bool print(std::string_view text);

/// One line to standard error with "taylordash: " in front, control characters made visible.
void print_error(std::string_view line);

/// Text from elsewhere, fit for a terminal: control characters are shown, not obeyed.
std::string visible(std::string_view text);

/// One cell of a table. Numbers stand to the right.
struct cell {
  std::string text{};
  colour paint{colour::none};
  bool right{};
};
using row = std::vector<cell>;

/// Rows with aligned columns, two spaces between them, `indent` in front, nothing behind. Widths
/// are those on a terminal (text_width.hpp).
std::string aligned(const output& to, const std::vector<row>& rows, std::string_view indent = "  ");

/// "[#####-----]", `width` characters within the brackets.
std::string bar(std::uint64_t per_cent, std::size_t width);

// -- numbers for people ---

std::string grouped(std::uint64_t n);                         ///< "1,234,567"
std::string counted(std::uint64_t n, std::string_view noun);  ///< "1 problem", "2 problems"
std::string short_size(std::uint64_t bytes);  ///< "0 B", "1.5 KiB", "23 MiB", "1.2 TiB"
std::string short_rate(double per_second);    ///< "0/s", "7.5/s", "61.2k/s", "1.3M/s"
std::string short_duration(
    std::chrono::microseconds d);  ///< "85us", "1.2ms", "3.4s", "4m 5s", "2d 3h"

}  // namespace td::terminal
