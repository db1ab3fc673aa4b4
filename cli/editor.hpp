#pragma once

#include <string>
#include <string_view>

#include "pipeline/result.hpp"

namespace td {

/// A text in a file of its own (mode 0600, below TMPDIR), for a person's editor. Gone at the end,
/// unless it is to be kept.
class edited_file {
 public:
  /// `name` becomes part of the file's name. internal: the file can't be written.
  static result<edited_file> make(std::string_view name, std::string_view text);

  edited_file(edited_file&& other) noexcept;
  edited_file& operator=(edited_file&&) = delete;
  ~edited_file();

  /// Opens $VISUAL or $EDITOR on it, waits for its end, and returns what the file holds then. A
  /// line break that the editor has put behind the last line does not count. configuration_invalid:
  /// no editor is named; internal: it could not be run, or ended with a failure.
  result<std::string> let_edit();

  /// Leaves the file where it is; its path.
  const std::string& keep() noexcept;

 private:
  edited_file(std::string path, std::string_view text) : path_{std::move(path)}, before_{text} {}

  std::string path_;
  std::string before_;
  bool kept_{};
};

/// All of a file, or of standard input where the name is "-", up to `max_bytes`. internal: it can't
/// be read; configuration_invalid: it is larger.
result<std::string> read_whole(const std::string& file, std::size_t max_bytes);

}  // namespace td
