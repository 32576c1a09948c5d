# Builds web/ in the folder BUILD and writes SOURCE, a C++ file with the page as bytes; run with cmake -P by
# cmake/page.cmake. Packages come from the npm registry, as package-lock.json has them; if they cannot be fetched, the
# command is built without a page. Errors in web/ itself are errors of the build.
set(page "")
if(WITH_PAGE)
  file(MAKE_DIRECTORY ${BUILD})
  file(REMOVE_RECURSE ${BUILD}/src ${BUILD}/dist)
  file(COPY ${WEB}/src ${WEB}/index.html ${WEB}/package.json ${WEB}/package-lock.json ${WEB}/vite.config.ts
       DESTINATION ${BUILD})
  file(SHA256 ${WEB}/package-lock.json wanted)
  set(installed "")
  if(EXISTS ${BUILD}/installed)
    file(READ ${BUILD}/installed installed)
  endif()
  set(failed 0)
  if(NOT installed STREQUAL wanted)
    execute_process(COMMAND ${NPM} ci --omit=dev --ignore-scripts --no-audit --no-fund WORKING_DIRECTORY ${BUILD}
                    OUTPUT_QUIET ERROR_VARIABLE errors RESULT_VARIABLE failed)
    if(failed EQUAL 0)
      file(WRITE ${BUILD}/installed ${wanted})
    else()
      message(WARNING "npm ci failed, so entail report is built without its page (ENTAIL_WITH_WEB=OFF skips it):\n${errors}")
    endif()
  endif()
  if(failed EQUAL 0)
    execute_process(COMMAND ${NPM} run --silent build WORKING_DIRECTORY ${BUILD}
                    OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE failed)
    if(NOT failed EQUAL 0)
      message(FATAL_ERROR "the page could not be built from web/:\n${output}")
    endif()
    set(page ${BUILD}/dist/index.html)
  endif()
endif()

set(bytes "")
if(page)
  file(READ ${page} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes
                       "${bytes}")
endif()
file(WRITE ${SOURCE} "#include \"report/page.hpp\"

namespace entail::cli::report {
namespace {

constexpr unsigned char kPage[] = {
${bytes}0};

}  // namespace

std::string_view page_template() noexcept { return {reinterpret_cast<const char*>(kPage), sizeof kPage - 1}; }

}  // namespace entail::cli::report
")
