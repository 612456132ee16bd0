import { statement } from '#platform/db';
import { exampleOf, type Route } from '#platform/http';
import { sha256, type UserId } from '#platform/kernel';
import type { TestApp } from '@plinth/testkit/services/app';
import { isRecord } from '@plinth/testkit/walkers/calls';

/** What examples say as this field of their bodies. */
function saidAs(routes: readonly Route[], field: string): string[] {
  const said = routes.map((route) => exampleOf(route).body).filter(isRecord);
  return [...new Set(said.flatMap((body) => (typeof body[field] === 'string' ? [body[field]] : [])))];
}

/** An authenticator app and a passkey of a user, and the recovery code that examples show. */
export async function makeFactors({ app, db }: TestApp, userId: UserId): Promise<void> {
  const hashes = saidAs(app.server.routes, 'recovery_code').map((code) => sha256(code.replaceAll('-', '')));
  await db.asMigrator(
    statement(
      `with totp as (insert into identity.totp (user_id, secret, confirmed_at) values ($1, $2, app.now())),
       misses as (insert into identity.code_misses (user_id, place, misses) values ($1, 'elsewhere', 1)),
       codes as (insert into identity.recovery_codes (user_id, code_hash) select $1, unnest($3::text[]) on conflict do nothing),
       challenge as (insert into identity.mfa_challenges (user_id, token_hash, method, password_version, expires_at)
         values ($1, 'of a token that nobody has', 'password', 1, app.now() + interval '10 minutes'))
       insert into identity.passkeys (user_id, id, credential_id, public_key, counter, transports, synced, name)
         values ($1, $4, 'AAAA', 'AAAA', 0, '{}', false, 'Phone')`,
      [
        userId,
        app.modules.secrets.seal('GEZDGNBVGY3TQOJQ', `identity.totp.secret/${userId}`),
        `{${hashes.join()}}`,
        app.modules.ids.next(),
      ],
    ),
  );
}

/** The sign-ins that examples go on with: each was begun by a user with factors, of their own. */
export async function makeChallenges(
  { app, db }: TestApp,
  somebody: () => Promise<{ readonly userId: UserId }>,
): Promise<void> {
  for (const token of saidAs(app.server.routes, 'mfa_token')) {
    const { userId } = await somebody();
    await db.asMigrator(
      statement(
        `insert into identity.mfa_challenges (user_id, token_hash, method, password_version, expires_at)
         values ($1, $2, 'password', 1, app.now() + interval '1 hour')`,
        [userId, sha256(token)],
      ),
    );
  }
}
