# Copies what the Slicer module needs of the library from SOURCE into TARGET: no training, no evaluation, no research.
file(REMOVE_RECURSE "${TARGET}/HermesLib")
file(COPY "${SOURCE}/HermesLib" DESTINATION "${TARGET}"
  PATTERN "__pycache__" EXCLUDE
  REGEX "/HermesLib/(research|training|evaluation)$" EXCLUDE)
file(COPY "${SOURCE}/Resources/Presets" "${SOURCE}/Resources/Weights" DESTINATION "${TARGET}/HermesLib/resources")
