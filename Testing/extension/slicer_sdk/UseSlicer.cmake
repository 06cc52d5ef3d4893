# Names and places as in Slicer 5.10.
set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR "lib/Slicer-5.10/qt-scripted-modules")

# Installs scripts and resources, each below the folder it is named with; stops at files that do not exist.
macro(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(SCRIPTED "WITH_GENERIC_TESTS;WITH_SUBDIR;VERBOSE" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(SCRIPTED_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "slicerMacroBuildScriptedModule does not know ${SCRIPTED_UNPARSED_ARGUMENTS}")
  endif()
  foreach(file IN LISTS SCRIPTED_SCRIPTS SCRIPTED_RESOURCES)
    if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
      message(FATAL_ERROR "${SCRIPTED_NAME} lists ${file}, which does not exist")
    endif()
    get_filename_component(folder "${file}" DIRECTORY)
    install(FILES "${file}" DESTINATION "${Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR}/${folder}")
  endforeach()
endmacro()

# Registers a test that starts the real application; there is none here, so that it exists is all that is checked.
macro(slicer_add_python_unittest)
  cmake_parse_arguments(UNITTEST "" "SCRIPT;TESTNAME_PREFIX" "SLICER_ARGS" ${ARGN})
  if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${UNITTEST_SCRIPT}")
    message(FATAL_ERROR "the test ${UNITTEST_SCRIPT} does not exist")
  endif()
endmacro()
