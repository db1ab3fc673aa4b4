# cmake -D OUT=file.cpp -D FILES=a.sql;b.sql -P embed.cmake: the migrations as one table in a .cpp.
set(rows "")
set(texts "")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME_WE)
  if(NOT name MATCHES "^([0-9][0-9][0-9])_[a-z_]+$")
    message(FATAL_ERROR "migration ${file}: the name must be NNN_words.sql")
  endif()
  math(EXPR number "1${CMAKE_MATCH_1} - 1000")
  file(READ ${file} text)
  string(APPEND texts "constexpr char text_${number}[] = R\"migration(${text})migration\";\n")
  string(APPEND rows "    {${number}, \"${name}\", text_${number}},\n")
endforeach()
file(WRITE ${OUT} "#include \"storage/migrations.hpp\"

namespace td {

namespace {
${texts}
constexpr migration table[] = {
${rows}};
}  // namespace

std::span<const migration> migrations() noexcept { return table; }

}  // namespace td
")
