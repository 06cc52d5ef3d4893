# Names and places as in Slicer 5.10 (CMake/SlicerDirectories.cmake, CMake/UseSlicer.cmake.in).
set(Slicer_QTSCRIPTEDMODULES_LIB_DIR "lib/Slicer-5.10/qt-scripted-modules")
set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR "${Slicer_QTSCRIPTEDMODULES_LIB_DIR}")
set(Slicer_LAUNCHER_EXECUTABLE ${SLICER_STANDIN_PYTHON} "${CMAKE_CURRENT_LIST_DIR}/application.py")
enable_testing()

# As CMake/SlicerMacroBuildScriptedModule.cmake: copies scripts and resources into the build tree's folder of modules, each
# below the folder it is named with, and installs the same. Nothing else gets there. Stops at files that do not exist.
macro(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(SCRIPTED "WITH_GENERIC_TESTS;WITH_SUBDIR;VERBOSE" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(SCRIPTED_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "slicerMacroBuildScriptedModule does not know ${SCRIPTED_UNPARSED_ARGUMENTS}")
  endif()
  set(commands)
  foreach(file IN LISTS SCRIPTED_SCRIPTS SCRIPTED_RESOURCES)
    if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
      message(FATAL_ERROR "${SCRIPTED_NAME} lists ${file}, which does not exist")
    endif()
    get_filename_component(folder "${file}" DIRECTORY)
    set(target "${CMAKE_BINARY_DIR}/${Slicer_QTSCRIPTEDMODULES_LIB_DIR}/${folder}")
    list(APPEND commands COMMAND ${CMAKE_COMMAND} -E make_directory "${target}")
    list(APPEND commands COMMAND ${CMAKE_COMMAND} -E copy "${CMAKE_CURRENT_SOURCE_DIR}/${file}" "${target}")
    install(FILES "${file}" DESTINATION "${Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR}/${folder}")
  endforeach()
  add_custom_target(${SCRIPTED_NAME} ALL ${commands})
  if(BUILD_TESTING AND SCRIPTED_WITH_GENERIC_TESTS)
    # As CMake/SlicerMacroConfigureGenericPythonModuleTests.cmake, with the tests of qSlicerModuleGenericTest.py.in.
    set(MODULENAME ${SCRIPTED_NAME})
    string(TOLOWER ${MODULENAME} MODULENAME_LC)
    configure_file("${Slicer_DIR}/generic_test.py.in"
      "${CMAKE_CURRENT_BINARY_DIR}/qSlicer${MODULENAME}ModuleGenericTest.py" @ONLY)
    slicer_add_python_unittest(SCRIPT qSlicer${MODULENAME}ModuleGenericTest.py TESTNAME_PREFIX nomainwindow_
      SLICER_ARGS --no-main-window)
  endif()
endmacro()

# As CMake/SlicerMacroPythonTesting.cmake: starts the application with the build tree's modules.
macro(slicer_add_python_unittest)
  cmake_parse_arguments(MY "" "SCRIPT;TESTNAME_PREFIX" "SLICER_ARGS" ${ARGN})
  get_filename_component(test_name ${MY_SCRIPT} NAME_WE)
  add_test(NAME py_${MY_TESTNAME_PREFIX}${test_name}
    COMMAND ${Slicer_LAUNCHER_EXECUTABLE} --no-splash --testing ${MY_SLICER_ARGS}
    --additional-module-paths "${CMAKE_BINARY_DIR}/${Slicer_QTSCRIPTEDMODULES_LIB_DIR}"
    --python-code "import slicer.testing; slicer.testing.runUnitTest(['${CMAKE_CURRENT_BINARY_DIR}', '${CMAKE_CURRENT_SOURCE_DIR}'], '${test_name}')")
endmacro()
