# Where the repository is. Set with SetRepository.cmake at a release (docs/release.md): the Extensions Index reads the
# addresses in CMakeLists.txt as text, so they cannot be variables there. Its name must begin with "Slicer".
set(HERMES_REPOSITORY_OWNER "OWNER")
set(HERMES_REPOSITORY_NAME "SlicerHermes")
