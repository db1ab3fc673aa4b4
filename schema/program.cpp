#include "schema/program.hpp"

#include <algorithm>

#include "pipeline/json_text.hpp"

namespace td {

std::string schema_program::pointer_to(location_id where) const {
  std::vector<location_id> steps;
  for (; where != 0; where = locations[where].parent)
    steps.push_back(where);
  std::string pointer;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    auto const& l = locations[*step];
    auto const before = pointer.size();
    append_pointer_token(pointer, l.token.data() ? std::string{l.token} : std::to_string(l.index));
    if (pointer.size() > max_pointer_bytes) {
      pointer.resize(before);
      break;
    }
  }
  return pointer;
}

}  // namespace td
