#pragma once

#include <memory>
#include <string_view>

#include "pipeline/batch.hpp"

namespace td::test {

/// A body in memory of its own with the padding that parsers need, so that AddressSanitizer sees
/// every read past it.
class padded_body {
 public:
  explicit padded_body(std::string_view body) { batch_.add({}, body, {}); }

  std::string_view view() const { return batch_.body(batch_.messages()[0]); }

 private:
  batch batch_;
};

}  // namespace td::test
