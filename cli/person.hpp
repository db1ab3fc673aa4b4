#pragma once

#include <string>

namespace td {

/// Who runs this command, for histories: "user@host". Behind sudo the user who called it. One line
/// of printable text, never empty. A note for people, no proof.
std::string acting_person();

}  // namespace td
