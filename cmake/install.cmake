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

configure_file(cmake/entail.pc.in ${PROJECT_BINARY_DIR}/entail.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/entail.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

# Debian packages: cd build/release && cpack
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The Entail authors <entail@localhost>")
set(CPACK_PACKAGE_HOMEPAGE_URL "https://entail.dev")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL library development command)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libentail1)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libentail-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "libentail1 (= ${PROJECT_VERSION}), libxxhash-dev, libre2-dev, libsimdjson-dev, libyaml-cpp-dev, pkg-config")
set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME entail)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION utils)
include(CPack)
