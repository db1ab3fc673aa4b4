#pragma once

#include <string>
#include <string_view>

#include <boost/system/result.hpp>

namespace td {

/// One sentence for a person.
struct complaint {
  std::string text{};
};

/// What a standalone instance says about itself while it is ready: a variable (HTTP_URL,
/// DATABASE_URL) of `data_dir`/run/env, or why it can't be told.
boost::system::result<std::string, complaint> instance_variable(const std::string& data_dir,
                                                                std::string_view name);

/// The value of a shell assignment in such a file's text; empty when it is not in there.
std::string variable_in(std::string_view text, std::string_view name);

}  // namespace td
