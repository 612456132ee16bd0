#!/bin/sh
# One command: makes what secrets are missing in deploy/secrets, builds the image, migrates, starts. Run again it upgrades: volumes and
# secrets stay, the new version's migrations run before its processes, and each process ends its calls before it goes.
set -eu
umask 077
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$here/secrets"
cd "$here/secrets"
# The folder is its owner's alone; a container's user reads the files that are mounted out of it.
keep() { [ -s "$1" ] || { cat > "$1" && chmod 0444 "$1"; }; }
word() { openssl rand -hex 24; }
for name in glitchtip_password postgres_password owner_password app_password worker_password metrics_token s3_secret_access_key glitchtip_key grafana_password; do
  word | keep "$name"
done
openssl rand -hex 10 | keep s3_access_key_id
printf 'first:%s\n' "$(openssl rand -base64 32)" | keep master_keys
printf 'postgres://plinth:%s@postgres:5432/plinth\n' "$(cat owner_password)" | keep direct_url
printf 'postgres://plinth_app:%s@postgres:5432/plinth\n' "$(cat app_password)" | keep database_url
printf 'postgres://plinth_worker:%s@postgres:5432/plinth\n' "$(cat worker_password)" | keep system_database_url
printf 'postgres://glitchtip:%s@postgres:5432/glitchtip\n' "$(cat glitchtip_password)" | keep glitchtip_database_url
printf '{"identities":[{"name":"plinth","credentials":[{"accessKey":"%s","secretKey":"%s"}],"actions":["Admin","Read","Write","List"]}]}\n' \
  "$(cat s3_access_key_id)" "$(cat s3_secret_access_key)" | keep s3_config
[ "${1:-}" = --secrets ] || exec docker compose -p plinth -f "$here/compose.yaml" up --detach --build --wait "$@"
