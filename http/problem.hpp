#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include "http/answer.hpp"
#include "pipeline/result.hpp"

namespace td {

/// One kind of RFC 9457 problem. All of them stand in `problem_kinds`; names are stable.
struct problem_kind {
  std::string_view code;
  unsigned status{};
  std::string_view title;
  std::string_view mend;  ///< for the API page: what a client does about it
};

namespace problems {
// -- the request cannot be read ---
extern const problem_kind bad_request, bad_target, body_too_large, header_too_large, not_json,
    unsupported_media_type, parameter_invalid, body_invalid, host_not_allowed;
// -- who asks, and how often ---
extern const problem_kind unauthenticated, credentials_invalid, second_factor_required,
    token_invalid, token_expired, token_revoked, csrf_token_invalid, sign_in_off, forbidden,
    locked_out, password_unfit, rate_limited;
// -- what is asked for ---
extern const problem_kind not_found, method_not_allowed, conflict, dependency_cycle,
    precondition_failed, precondition_required;
// -- the service ---
extern const problem_kind internal, overloaded, busy, database_away, timed_out, starting, stopping;
}  // namespace problems

/// The whole table.
std::span<const problem_kind* const> problem_kinds() noexcept;

/// One of several things that are wrong.
struct problem_item {
  std::string field{};
  std::string detail{};
};

/// Why a request is not answered with what it asks for. The detail says what, where and how to
/// mend it; no SQL, path of a file or text of an exception has a place in it.
struct problem {
  const problem_kind* kind{};
  std::string detail{};
  std::string field{};  ///< the parameter's or header's name, or the JSON pointer; empty: none
  http_headers headers{};
  std::vector<problem_item> items{};  ///< all that is wrong, where there may be more than one

  operator http_answer() const;  // NOLINT(google-explicit-constructor): `co_return problem{...}`
};

template <class T>
using http_result = boost::system::result<T, problem>;

/// Called by `value()` on a problem: using it is a bug of ours, hence the logic error.
[[noreturn]] void throw_exception_from_error(const problem& p, const boost::source_location&);

/// A failure of the parts below as a problem for the client. What a person can mend keeps its
/// sentence (not_found, conflict, whatever is wrong with a document); what concerns our
/// surroundings is named without particulars, with Retry-After; all else is `internal`, and logged.
problem problem_of(const failure& why);

/// What is asked before the service is there.
problem still_starting();

/// The body: {"type", "title", "status", "code", "detail", "field", "errors", "request_id"}, the
/// members that have nothing to say left out.
std::string to_json(const problem& p, std::string_view request_id);

}  // namespace td
