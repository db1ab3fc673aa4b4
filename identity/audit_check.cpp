#include "identity/audit_check.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace td {

namespace {

using kind = audit_fault::kind;

std::string places(std::int64_t first, std::int64_t last) {
  return first == last ? fmt::format("row {}", first) : fmt::format("rows {} to {}", first, last);
}

std::string described(const audit_row& row) {
  return fmt::format("row {} ({} {}, {})", row.position, to_rfc3339(row.at),
                     name_of(row.entry.action), to_string(row.id));
}

}  // namespace

std::string_view name_of(audit_fault::kind k) noexcept {
  static constexpr std::array<std::string_view, 6> names{"edited", "removed",  "inserted",
                                                         "cut",    "replaced", "misplaced"};
  return names[static_cast<std::size_t>(k)];
}

void audit_check::add(const audit_row& row) {
  ++rows_;
  audit_row again = row;
  chain(again, {row.position - 1, head_.link}, key_);
  const bool genuine = crypto::equal(crypto::view(again.mac), crypto::view(row.mac));
  genuine_ += genuine ? 1 : 0;
  if (row.position <= head_.position) {
    if (genuine && takes_place_of_forged(row)) return;
    fault({kind::inserted, row.position, row.position, row.id,
           described(row) + " shares its place with another row"});
    return;
  }
  if (const auto expected = head_.position + 1; row.position > expected) {
    fault({kind::removed, expected, row.position - 1, std::nullopt,
           fmt::format("{} missing", expected == row.position - 1
                                         ? places(expected, expected) + " is"
                                         : places(expected, row.position - 1) + " are")});
    gap_ = true;
  }
  if (!genuine && row.position > database_.position) {
    fault({kind::inserted, row.position, row.position, row.id,
           described(row) + " was put behind the end of the chain"});
  } else if (!genuine) {
    fault({kind::edited, row.position, row.position, row.id,
           described(row) + " is not what was recorded"});
  } else if (!gap_ && !crypto::equal(crypto::view(again.link), crypto::view(row.link))) {
    fault({kind::misplaced, row.position, row.position, row.id,
           described(row) + " does not follow the row before it"});
  }
  gap_ = false;
  head_ = {row.position, row.link};
  if (std::find(wanted_.begin(), wanted_.end(), row.position) != wanted_.end())
    seen_.push_back(head_);
}

/// Two rows at one place, the genuine one second: then the first is the one too many.
bool audit_check::takes_place_of_forged(const audit_row& row) {
  if (faults_.empty() || row.position != head_.position) return false;
  auto& last = faults_.back();
  if (last.what != kind::edited || last.first != row.position) return false;
  last.what = kind::inserted;
  last.sentence = fmt::format("row {} has a second row at its place ({})", row.position,
                              last.id ? to_string(*last.id) : "");
  head_.link = row.link;
  for (auto& seen : seen_) {
    if (seen.position == row.position) seen.link = row.link;
  }
  return true;
}

void audit_check::hold_against(const audit_head& head, std::string_view where_from) {
  if (head.position == 0) return;
  if (head.position > head_.position) {
    fault({kind::cut, head_.position + 1, head.position, std::nullopt,
           fmt::format("the end was cut: {} {} missing ({} ends at row {})",
                       places(head_.position + 1, head.position),
                       head_.position + 1 == head.position ? "is" : "are", where_from,
                       head.position)});
    return;
  }
  const auto there = std::find_if(seen_.begin(), seen_.end(),
                                  [&](const auto& h) { return h.position == head.position; });
  if (there == seen_.end()) return;  // it is among the missing ones
  if (there->link != head.link) {
    fault(
        {kind::replaced, head.position, head.position, std::nullopt,
         fmt::format("row {} is another one than {} has seen: the end was cut and has grown again",
                     head.position, where_from)});
  }
}

void audit_check::fault(audit_fault f) {
  ++count_;
  if (faults_.size() < most_faults) faults_.push_back(std::move(f));
}

}  // namespace td
