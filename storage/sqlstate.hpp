#pragma once

#include <span>
#include <string_view>

#include "pipeline/errc.hpp"

namespace td {

/// One row of the table that says what a server's error means to us. The longest prefix wins.
struct sqlstate_row {
  std::string_view prefix{};  ///< of the five characters; a class has two
  errc code{};
  std::string_view why{};
};

/// The only place where SQLSTATEs are judged. What no row matches is `internal`: stop, loudly.
/// Codes: PostgreSQL 15 documentation, appendix A.
std::span<const sqlstate_row> sqlstate_table() noexcept;

/// The meaning of one SQLSTATE. Any thread.
errc errc_of_sqlstate(std::string_view sqlstate) noexcept;

}  // namespace td
