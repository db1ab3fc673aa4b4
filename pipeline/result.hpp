#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include <boost/system/result.hpp>

#include "pipeline/errc.hpp"

namespace td {

/// An expected failure as a value: what happened, where in the document (RFC 6901 JSON pointer,
/// empty where no document is concerned or for its root) and a sentence with the particulars.
struct failure {
  errc code{errc::internal};
  std::string detail{};
  std::string pointer{};
  std::chrono::seconds wait{};  ///< until it makes sense to try again; 0: nobody knows

  bool operator==(const failure&) const = default;
};

/// "not_json: expected a value at byte 12 (at /payload)": for logs and terminals.
std::string to_string(const failure& f);

/// Either a T or the failure that stood in its way. Check with `if (r)`, read with `*r`,
/// `r.error()`.
template <class T>
using result = boost::system::result<T, failure>;

/// Success without a value.
inline result<void> ok() {
  return {};
}

/// Called by `value()` on a failure: using it is a bug of ours, hence the logic error.
[[noreturn]] inline void throw_exception_from_error(const failure& f,
                                                    const boost::source_location&) {
  throw std::logic_error("value of a failed result taken: " + to_string(f));
}

}  // namespace td
