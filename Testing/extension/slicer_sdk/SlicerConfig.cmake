# A stand-in for Slicer's SDK: enough for `find_package(Slicer)`, and macros that install what the real ones would.
set(Slicer_FOUND TRUE)
set(Slicer_VERSION "5.10.0")
set(Slicer_USE_FILE "${CMAKE_CURRENT_LIST_DIR}/UseSlicer.cmake")
set(Slicer_EXTENSION_GENERATE_CONFIG "${CMAKE_CURRENT_LIST_DIR}/Nothing.cmake")
set(Slicer_EXTENSION_CPACK "${CMAKE_CURRENT_LIST_DIR}/Nothing.cmake")
