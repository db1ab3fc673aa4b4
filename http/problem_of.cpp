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
