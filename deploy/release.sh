#!/bin/sh
# Rolls a version out, the same steps wherever it runs: check, build, scan, push, migrate, roll out, smoke; and back by itself when a step
# after the migration fails. Migrations hold for the version before (docs/upgrading.md), so that going back needs none.
#
#   release.sh systemd    URL            one machine: run it in the folder of the new version (docs/deploying.md)
#   release.sh kubernetes URL IMAGE      deploy/kubernetes, with kubectl and kustomize
#   release.sh cloud-run  URL IMAGE      deploy/cloud-run, with gcloud; PROJECT and REGION in the environment
#   release.sh processes  URL COMMAND…   whatever COMMAND does with the words migrate, roll-out and roll-back: for other places, and for tests
#
# SMOKE_EMAIL and SMOKE_PASSWORD(_FILE) say who `plinth smoke` signs in as. RELEASE_SKIP=check,build,scan,push leaves out what CI has done.
set -eu
cd "$(dirname "$0")/.."
place=${1:?systemd, kubernetes, cloud-run or processes}
url=${2:?the address that is tried}
shift 2
image=${1:-}
plinth=${PLINTH:-node server/bin/plinth.js}

say() { printf '== %s\n' "$*"; }
skips() { case ",${RELEASE_SKIP:-}," in *",$1,"*) return 0 ;; *) return 1 ;; esac; }
step() { # step NAME COMMAND…
  name=$1
  shift
  if skips "$name"; then say "$name: left out"; else say "$name"; "$@"; fi
}

case $place in
  systemd)
    plinth=${PLINTH:-plinth}
    # Units start what this link leads to. What runs goes on in the folder that it began in.
    link=${PLINTH_LINK:-/opt/plinth}
    new=$(pwd -P)
    before=$(cd "$link" && pwd -P)
    [ "$new" != "$before" ] || { echo "$new is what runs: a new version has a folder of its own" >&2; exit 2; }
    lead_to() { ln -sfn "$1" "$link.next" && mv -fT "$link.next" "$link"; }
    migrate() { lead_to "$new" && systemctl start plinth-migrate || { lead_to "$before"; return 1; }; }
    # One after the other, each once the one before is ready.
    restart() {
      systemctl restart plinth-worker && systemctl restart plinth@6174 && ready 6174 &&
        systemctl restart plinth@6175 && ready 6175
    }
    ready() {
      tries=0
      until PORT=$1 $plinth health; do
        tries=$((tries + 1))
        [ "$tries" -lt 60 ] || return 1
        sleep 1
      done
    }
    roll_out() { restart; }
    roll_back() { lead_to "$before" && restart; }
    ;;
  kubernetes)
    : "${image:?the image, with its tag}"
    run() { kubectl -n plinth "$@"; }
    # Set in a copy: the tree stays what it is.
    tree=$(mktemp -d)
    trap 'rm -rf "$tree"' EXIT
    cp -r deploy/kubernetes/. "$tree"
    (cd "$tree" && kustomize edit set image "plinth=$image")
    apply() { kustomize build "$tree" | kubectl apply -f - -l "$1"; }
    watch() { run rollout status "deployment/plinth-$1" --timeout=600s; }
    # What the job needs is applied with it, and what serves stays as it is until it has ended.
    migrate() {
      run delete job plinth-migrate --ignore-not-found && apply step=before &&
        run wait --for=condition=complete --timeout=900s job/plinth-migrate
    }
    roll_out() { apply 'step!=before' && watch worker && watch server; }
    roll_back() {
      run rollout undo deployment/plinth-server && run rollout undo deployment/plinth-worker && watch server && watch worker
    }
    ;;
  cloud-run)
    : "${image:?the image, with its tag}" "${PROJECT:?}" "${REGION:?}"
    run() { gcloud run "$@" --project "$PROJECT" --region "$REGION" --quiet; }
    serving() { run services describe "$1" --format 'value(status.traffic[0].revisionName)'; }
    server=$(serving plinth-server)
    worker=$(serving plinth-worker)
    migrate() { run jobs update plinth-migrate --image "$image" && run jobs execute plinth-migrate --wait; }
    roll_out() {
      run services update plinth-worker --container worker --image "$image" &&
        run services update plinth-server --container server --image "$image"
    }
    roll_back() {
      run services update-traffic plinth-server --to-revisions "$server=100" &&
        run services update-traffic plinth-worker --to-revisions "$worker=100"
    }
    ;;
  processes)
    [ $# -gt 0 ] || { echo 'the command that migrates, rolls out and rolls back is missing' >&2; exit 2; }
    command="$*"
    migrate() { $command migrate; }
    roll_out() { $command roll-out; }
    roll_back() { $command roll-back; }
    RELEASE_SKIP=${RELEASE_SKIP:-check,build,scan,push}
    ;;
  *)
    echo "There is no place $place." >&2
    exit 2
    ;;
esac

check() { npm ci && npm run check; }
build() { docker build --tag "$image" .; }
scan() { trivy image --exit-code 1 --severity HIGH,CRITICAL --ignore-unfixed "$image"; }
push() { docker push "$image"; }
smoke() { $plinth smoke "$url"; }

if [ "$place" != systemd ]; then
  for name in check build scan push; do step "$name" "$name"; done
fi
step migrate migrate
say roll-out
if roll_out && { say smoke; smoke; }; then
  say 'rolled out'
  exit 0
fi
say 'roll-back: the roll-out or the smoke test failed'
roll_back && { say smoke; smoke; } && { say 'rolled back: the version before serves'; exit 1; }
say 'NOT rolled back: look at it now'
exit 3
