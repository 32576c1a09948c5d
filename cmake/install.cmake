# What `cmake --install` puts where. Components: library (libentail.so.1), development (headers, static library, CMake and
# pkg-config files), command (the program entail). packaging/debian takes these files into packages.
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
