#include "http/identity.hpp"

namespace td {

problem identity::unopened() const {
  if (required_) return still_starting();
  return {&problems::sign_in_off,
          "this service runs without sign-in; an operator can set identity.secret_file",
          {},
          {},
          {}};
}

requester requester_of(const request& r) {
  return {.address = r.address, .request_id = r.id};
}

acting acting_of(const request& r) {
  return acting_of(r.who.value(), requester_of(r));
}

}  // namespace td
