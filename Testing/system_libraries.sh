#!/bin/sh
# Libraries of the system that drawing views off screen needs on Linux: installed where that is allowed, else named.
set -eu
[ "$(uname -s)" = Linux ] || exit 0
missing=""
for pair in libGL.so.1=libgl1 libEGL.so.1=libegl1 libxkbcommon.so.0=libxkbcommon0 libdbus-1.so.3=libdbus-1-3 libfontconfig.so.1=libfontconfig1; do
  ldconfig -p 2>/dev/null | grep -q "${pair%%=*}" || missing="$missing ${pair##*=}"
done
# Mesa draws in software where there is no graphics card.
set -- /usr/lib/*/dri/*swrast* /usr/lib/*/dri/libdril_dri.so /usr/lib*/dri/*swrast* /usr/lib/*/libgallium*.so
software=no
for file in "$@"; do [ ! -e "$file" ] || software=yes; done
[ $software = yes ] || missing="$missing libgl1-mesa-dri"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  # shellcheck disable=SC2086
  (apt-get update -q && apt-get install -q -y --no-install-recommends $missing) >/dev/null && exit 0
fi
echo "The tests of the Slicer views need:$missing (Debian and Ubuntu: sudo apt install$missing)" >&2
