# cmake -D OUT=file.cpp -D DIR=config/schemas -P embed_shipped.cmake: the shipped schemas as one table in a .cpp.
file(STRINGS ${DIR}/index.txt lines)
set(rows "")
set(texts "")
foreach(line ${lines})
  if(line MATCHES "^#")
    continue()
  endif()
  string(REGEX REPLACE " +" ";" words "${line}")
  list(POP_FRONT words file)
  if(NOT file MATCHES "^([a-z_]+)\\.v([0-9]+)\\.json$")
    message(FATAL_ERROR "${DIR}/index.txt: \"${file}\" must be NAME.vVERSION.json")
  endif()
  set(name "${CMAKE_MATCH_1}_${CMAKE_MATCH_2}")
  set(version ${CMAKE_MATCH_2})
  file(READ ${DIR}/${file} text)
  string(APPEND texts "constexpr char ${name}[] = R\"schema(${text})schema\";\n")
  foreach(kind ${words})
    string(APPEND rows "    {\"${kind}\", ${version}, ${name}},\n")
  endforeach()
endforeach()
file(WRITE ${OUT} "#include \"schema/shipped.hpp\"

namespace td {

namespace {
${texts}
constexpr shipped_schema table[] = {
${rows}};
}  // namespace

std::span<const shipped_schema> shipped_schemas() noexcept { return table; }

}  // namespace td
")
