# The page of `entail report`, built from web/ with Node.js and embedded into the command. Without Node.js, or with
# ENTAIL_WITH_WEB=OFF, the command is built without a page and says so when it is asked for one.
#
# entail_page(target): adds a source that defines page_template() (tools/entail/report/page.hpp).
set(ENTAIL_NODE_VERSION_MIN 20.19)

function(entail_find_node result)
  set(${result} OFF PARENT_SCOPE)
  find_program(ENTAIL_NODE node)
  find_program(ENTAIL_NPM npm)
  if(NOT ENTAIL_NODE OR NOT ENTAIL_NPM)
    message(STATUS "Node.js not found: entail report is built without its page")
    return()
  endif()
  execute_process(COMMAND ${ENTAIL_NODE} --version OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REGEX REPLACE "^v" "" version "${version}")
  if(version VERSION_LESS ENTAIL_NODE_VERSION_MIN)
    message(STATUS "Node.js ${version} is older than ${ENTAIL_NODE_VERSION_MIN}: entail report is built without its page")
    return()
  endif()
  set(${result} ON PARENT_SCOPE)
endfunction()

function(entail_page target)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/page_data.cpp)
  set(has_node OFF)
  if(ENTAIL_WITH_WEB)
    entail_find_node(has_node)
  endif()
  set(web ${PROJECT_SOURCE_DIR}/web)
  set(inputs ${PROJECT_SOURCE_DIR}/cmake/build_page.cmake)
  if(has_node)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/*)
    list(APPEND inputs ${sources} ${web}/index.html ${web}/package.json ${web}/package-lock.json ${web}/vite.config.ts)
  endif()
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DWITH_PAGE=${has_node} -DWEB=${web} -DBUILD=${CMAKE_CURRENT_BINARY_DIR}/web
            -DNPM=${ENTAIL_NPM} -DSOURCE=${source} -P ${PROJECT_SOURCE_DIR}/cmake/build_page.cmake
    DEPENDS ${inputs}
    COMMENT "Building the page of entail report"
    VERBATIM)
  target_sources(${target} PRIVATE ${source})
endfunction()
