#!/bin/sh
# run.sh SOURCE BUILD FOLDER: builds the binding against the build folder and runs its tests; 77 (skipped) where Python lacks what
# that takes. `./dev python` makes one that does not.
set -eu
source=$1; build=$2; folder=$3
for python in "$build/python/bin/python" python3; do
  "$python" -c 'import nanobind, numpy, pytest' 2>/dev/null && break
  python=
done
[ -n "$python" ] || { echo "needs nanobind, numpy and pytest"; exit 77; }
python=$("$python" -c 'import sys; print(sys.executable)')
cmake -S "$source/bindings/python" -B "$folder" -DCMAKE_BUILD_TYPE=Release -DPython_EXECUTABLE="$python" -Dricci_DIR="$build" >/dev/null
cmake --build "$folder"
rm -rf "$folder/packages"
cmake --install "$folder" --prefix "$folder/packages" >/dev/null
cp "$source"/bindings/python/ricci/*.py "$folder/packages/ricci/"
PYTHONPATH="$folder/packages" exec "$python" -m pytest -q -p no:cacheprovider "$source/bindings/python/tests"
