#include "cli/excerpt.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "cli/text_width.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

using namespace terminal;

constexpr std::size_t bytes_per_dump_row = 16;
constexpr std::size_t least_columns = 20;
constexpr std::string_view indent = "  ";

/// One character, or one byte that is none, as it is shown.
struct glyph {
  std::string text{};
  std::size_t columns{};
  std::size_t bytes{};
  bool ends_row{};
};

glyph glyph_at(std::string_view bytes, std::size_t at) {
  if (bytes[at] == '\n') return {"\\n", 2, 1, true};
  const auto c = first_character(bytes.substr(at));
  const auto size = std::max<std::size_t>(c.size, 1);
  auto text = printable(bytes.substr(at, size), size);
  const auto columns = width_of(text);
  return {std::move(text), columns, size, false};
}

/// A row of text or of a dump: bytes [first, last).
struct span_of_row {
  std::size_t first{};
  std::size_t last{};
};

std::vector<span_of_row> wrapped(std::string_view bytes, std::size_t columns) {
  std::vector<span_of_row> rows;
  span_of_row row{};
  std::size_t used = 0;
  const auto end_row = [&](std::size_t at) {
    row.last = at;
    rows.push_back(row);
    row.first = at;
    used = 0;
  };
  for (std::size_t at = 0; at < bytes.size();) {
    const auto g = glyph_at(bytes, at);
    if (used + g.columns > columns && at > row.first) end_row(at);
    used += g.columns;
    at += g.bytes;
    if (g.ends_row) end_row(at);
  }
  if (row.first < bytes.size()) end_row(bytes.size());
  return rows;
}

std::vector<span_of_row> dump_rows(std::string_view bytes) {
  std::vector<span_of_row> rows;
  for (std::size_t at = 0; at < bytes.size(); at += bytes_per_dump_row)
    rows.push_back({at, std::min(at + bytes_per_dump_row, bytes.size())});
  return rows;
}

/// What is shown and, under it, carets and blanks.
struct two_lines {
  std::string shown{};
  std::string marks{};
};

class excerpt {
 public:
  excerpt(const output& to, std::string_view bytes, const std::optional<json_place>& place,
          const excerpt_limits& limits)
      : to_{to},
        bytes_{bytes},
        place_{place},
        limits_{limits},
        binary_{looks_binary(bytes)},
        gutter_{std::max<std::size_t>(4, fmt::formatted_size("{}", bytes.size()))} {
    const auto taken = indent.size() + gutter_ + 2;
    columns_ = std::max(limits.columns, taken + least_columns) - taken;
    rows_ = binary_ ? dump_rows(bytes) : wrapped(bytes, columns_);
  }

  std::string render() const {
    if (rows_.empty()) return fmt::format("{}(no bytes)\n", indent);
    std::size_t first = 0;
    auto last = std::min(rows_.size(), limits_.head);
    if (place_ && rows_.size() > limits_.head) {
      const auto marked = row_of(place_->at);
      first = marked - std::min(marked, limits_.around);
      last = std::min(rows_.size(), marked + limits_.around + 1);
    }
    std::string out;
    if (first > 0) out += cut(rows_[first].first, "before");
    for (auto i = first; i < last; ++i)
      out += render_row(rows_[i]);
    if (last < rows_.size()) out += cut(bytes_.size() - rows_[last].first, "more");
    return out;
  }

 private:
  std::size_t row_of(std::size_t at) const {
    const auto behind = std::upper_bound(rows_.begin(), rows_.end(), at,
                                         [](std::size_t x, const auto& r) { return x < r.first; });
    return static_cast<std::size_t>(behind - rows_.begin()) - 1;
  }

  /// An empty place is seen behind the last byte.
  bool marks(std::size_t at, std::size_t size) const {
    return place_ && at < place_->at + place_->size && place_->at < at + size;
  }
  bool marks_end(const span_of_row& row) const {
    return place_ && place_->size == 0 && place_->at == bytes_.size() && row.last == bytes_.size();
  }

  std::string cut(std::size_t bytes, std::string_view where) const {
    const auto words = fmt::format("... {} {}", counted(bytes, "byte"), where);
    return fmt::format("{}{:{}}  {}\n", indent, "", gutter_, paint(to_, colour::dim, words));
  }

  std::string render_row(const span_of_row& row) const {
    auto lines = binary_ ? dump(row) : text(row);
    const auto offset = fmt::format("{:>{}}", row.first, gutter_);
    auto out = fmt::format("{}{}  {}\n", indent, paint(to_, colour::dim, offset), lines.shown);
    lines.marks.erase(lines.marks.find_last_not_of(' ') + 1);
    if (lines.marks.empty()) return out;
    return out +
           fmt::format("{}{:{}}  {}\n", indent, "", gutter_, paint(to_, colour::red, lines.marks));
  }

  two_lines text(const span_of_row& row) const {
    two_lines lines;
    for (auto at = row.first; at < row.last;) {
      const auto g = glyph_at(bytes_, at);
      lines.shown += g.text;
      const bool marked = marks(at, g.bytes);
      lines.marks.append(g.columns, marked ? '^' : ' ');
      if (marked && g.columns == 0 && !lines.marks.empty()) lines.marks.back() = '^';
      at += g.bytes;
    }
    if (marks_end(row)) lines.marks += '^';
    return lines;
  }

  two_lines dump(const span_of_row& row) const {
    two_lines hex;
    two_lines plain;
    for (auto at = row.first; at < row.first + bytes_per_dump_row; ++at) {
      const bool half = at == row.first + bytes_per_dump_row / 2;
      const bool there = at < row.last;
      const auto byte = there ? static_cast<unsigned char>(bytes_[at]) : 0u;
      const bool marked = (there && marks(at, 1)) || (at == row.last && marks_end(row));
      hex.shown += (half ? " " : "") + (there ? fmt::format("{:02x} ", byte) : "   ");
      hex.marks += (half ? " " : "") + std::string{marked ? "^^ " : "   "};
      if (there) plain.shown += byte < 0x20 || byte > 0x7e ? '.' : static_cast<char>(byte);
      plain.marks += marked ? '^' : ' ';
    }
    return {hex.shown + " " + plain.shown, hex.marks + " " + plain.marks};
  }

  const output& to_;
  std::string_view bytes_;
  const std::optional<json_place>& place_;
  const excerpt_limits& limits_;
  bool binary_;
  std::size_t gutter_;
  std::size_t columns_{};
  std::vector<span_of_row> rows_{};
};

}  // namespace

bool looks_binary(std::string_view bytes) {
  std::size_t strange = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto c = first_character(bytes.substr(at));
    const bool space = c.code_point == '\n' || c.code_point == '\r' || c.code_point == '\t';
    if (c.size == 0 || (c.code_point < 0x20 && !space)) ++strange;
    at += std::max<std::size_t>(c.size, 1);
  }
  return strange * 4 > bytes.size();
}

std::string render_excerpt(const output& to, std::string_view bytes,
                           const std::optional<json_place>& place, const excerpt_limits& limits) {
  return excerpt{to, bytes, place, limits}.render();
}

}  // namespace td
