#include <algorithm>

#include "http/problem.hpp"
#include "pipeline/log.hpp"

namespace td {
namespace {

http_headers retry_after(unsigned seconds) {
  return {{"Retry-After", std::to_string(seconds)}};
}

problem surroundings(const problem_kind& kind, std::string_view detail, unsigned seconds) {
  return {&kind, std::string{detail}, {}, retry_after(seconds), {}};
}

/// RFC 6750, section 3.1.
problem refused_token(const problem_kind& kind, const failure& why) {
  return {&kind,
          why.detail,
          "Authorization",
          {{"WWW-Authenticate", "Bearer realm=\"taylordash\", error=\"invalid_token\""}},
          {}};
}

}  // namespace

problem still_starting() {
  return surroundings(problems::starting, "the service is starting; try again in a second", 1);
}

problem problem_of(const failure& why) {
  switch (why.code) {
    case errc::not_found:
      return {&problems::not_found, why.detail, why.pointer, {}, {}};
    case errc::conflict:
    case errc::event_conflict:
      return {&problems::conflict, why.detail, why.pointer, {}, {}};
    case errc::version_conflict:
      return {&problems::precondition_failed, why.detail, why.pointer, {}, {}};
    case errc::dependency_cycle:
      return {&problems::dependency_cycle, why.detail, why.pointer, {}, {}};
    case errc::value_invalid:
      return {&problems::body_invalid, why.detail, why.pointer, {}, {}};
    case errc::credentials_invalid:
      return {&problems::credentials_invalid, why.detail, why.pointer, {}, {}};
    case errc::second_factor_required:
      return {&problems::second_factor_required, why.detail, "/code", {}, {}};
    case errc::locked_out:
      return surroundings(problems::locked_out, why.detail,
                          std::max(1u, static_cast<unsigned>(why.wait.count())));
    case errc::token_invalid:
      return refused_token(problems::token_invalid, why);
    case errc::token_expired:
      return refused_token(problems::token_expired, why);
    case errc::token_revoked:
    case errc::token_reused:
      return refused_token(problems::token_revoked, why);
    case errc::password_unfit:
      return {&problems::password_unfit, why.detail, why.pointer, {}, {}};
    case errc::body_too_large:
      return {&problems::body_too_large, why.detail, {}, {}, {}};
    case errc::refused_by_database:
      log_warning("database refused what a request brought", {kv("reason", why.detail)});
      return {&problems::body_invalid, "the database can't hold one of the values", {}, {}, {}};
    case errc::database_away:
    case errc::database_refused:
      return surroundings(problems::database_away,
                          "PostgreSQL can't be reached at the moment; nothing was done", 1);
    case errc::database_conflict:
    case errc::database_busy:
    case errc::overloaded:
      return surroundings(problems::busy, "no more work is taken at the moment; nothing was done",
                          1);
    case errc::timed_out:
      return surroundings(problems::timed_out, "the database did not answer in time", 1);
    case errc::stopping:
      return surroundings(problems::stopping, "the service is stopping", 5);
    default:
      break;
  }
  if (disposition_of(why.code) == disposition::dead_letter) {
    return {&problems::body_invalid, why.detail, why.pointer, {}, {}};
  }
  log_error("http request met a failure", {kv("reason", to_string(why))});
  return {&problems::internal, "this is a fault of ours; the log says more", {}, {}, {}};
}

}  // namespace td
