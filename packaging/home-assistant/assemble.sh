#!/usr/bin/env bash
# Makes the folder of the add-on: packaging/home-assistant/assemble.sh FOLDER
# The Supervisor sees nothing but this folder when it builds, so the sources of the program go into it.
set -euo pipefail
folder=${1:?write the folder to make, for example /tmp/kaco_ardexa}
here=$(dirname "$(readlink -f "$0")")
project=$(dirname "$(dirname "$here")")

mkdir "$folder"
cp -r "$here"/{config.yaml,DOCS.md,run.sh,translations} "$folder"
# The repository does not go along, and --version tells the commit.
commit=
[[ ! -e $project/.git ]] || commit=$(git -C "$project" rev-parse HEAD) || true
sed "s/^ARG KACO_ARDEXA_COMMIT=.*/ARG KACO_ARDEXA_COMMIT=\"$commit\"/" "$here/Dockerfile" >"$folder/Dockerfile"
cp "$project/docs/changelog.md" "$folder/CHANGELOG.md"
mkdir -p "$folder/source/packaging"
cp "$project/packaging/notices.sh" "$folder/source/packaging/"
for part in Cargo.toml Cargo.lock LICENSE README.md benches src; do
    [[ ! -e $project/$part ]] || cp -r "$project/$part" "$folder/source/"
done
echo "now copy $folder to the folder addons of Home Assistant"
