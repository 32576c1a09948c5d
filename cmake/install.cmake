# What `cmake --install` and CPack put where. Components: library (libentail.so.1), development (headers, static library,
# CMake and pkg-config files), command (the program entail).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS entail EXPORT entail ARCHIVE COMPONENT development)
install(TARGETS entail_shared EXPORT entail LIBRARY COMPONENT library NAMELINK_COMPONENT development)
install(DIRECTORY core/include/entail DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/entail)
install(EXPORT entail NAMESPACE entail:: DESTINATION ${package_dir} COMPONENT development FILE entail-targets.cmake)
configure_package_config_file(cmake/entail-config.cmake.in ${PROJECT_BINARY_DIR}/entail-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/entail-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/entail-config.cmake ${PROJECT_BINARY_DIR}/entail-config-version.cmake
        DESTINATION ${package_dir} COMPONENT development)

# pkg-config entail: libentail.so; entail-static: libentail.a and what it needs. They go by where they lie, so that the
# prefix may be chosen at installation.
file(RELATIVE_PATH pc_to_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
foreach(name entail entail-static)
  configure_file(cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endforeach()

# Debian packages: tools/package. The preset "package" builds for every processor of the architecture; packages of the
# preset "release" ask for AVX2.
foreach(package IN ITEMS "library libentail1" "development libentail-dev" "command entail")
  separate_arguments(package)
  list(GET package 0 component)
  list(GET package 1 name)
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} COMPONENT ${component} RENAME copyright)
endforeach()
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The Entail authors <entail@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL library development command)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "libentail.so, which gives out the C interface of Entail.")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Headers for C and C++, the static library, CMake and pkg-config files of Entail.")
set(CPACK_COMPONENT_COMMAND_DESCRIPTION "The command entail: samples files of traces, and explains every decision.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libentail1)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libentail-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "libentail1 (= ${PROJECT_VERSION}), libxxhash-dev, libre2-dev, libsimdjson-dev, libyaml-cpp-dev, pkg-config")
set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME entail)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION utils)
include(CPack)
