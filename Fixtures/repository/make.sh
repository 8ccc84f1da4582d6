#!/bin/bash
# Fixtures/repository/make.sh
# Writes repodata/ for the packages of Fixtures/rpm, as createrepo_c does; of its lists only that of packages is kept.
set -euo pipefail
cd "$(dirname "$0")"
createrepo_c --quiet --no-database --simple-md-filenames --outputdir . ../rpm
rm -f repodata/{filelists,other}.xml.gz
