import { exampleOf } from '#platform/http';
import { createHash } from 'node:crypto';
import { statement } from '#platform/db';
import { sha256, type UserId } from '#platform/kernel';
import type { TestApp } from '@plinth/testkit/services/app';
import { isRecord } from '@plinth/testkit/walkers/calls';

/** Lets browsers be sent back to where the examples say. */
export const RETURNS = { SIGN_IN_RETURN_TO: 'https://app.example.com/signed-in' };

/** A user's identity at a provider, and a sign-in there that they did not go through with. */
export async function makeIdentities({ app, db }: TestApp, userId: UserId): Promise<void> {
  const { ids } = app.modules;
  await db.asMigrator(
    statement(
      `with codes as (insert into identity.sign_in_codes (user_id, code_hash, method, code_challenge, expires_at)
         values ($1, 'of a code that nobody has', 'google', '', app.now() + interval '1 hour'))
       insert into identity.identities (user_id, id, provider, subject, email)
         values ($1, $2, 'google', $3, 'elsewhere@example.com')`,
      [userId, ids.next(), ids.next()],
    ),
  );
}

/** The one-time codes that examples are exchanged by: each for a user of its own. */
export async function makeCodes(
  { app, db }: TestApp,
  somebody: () => Promise<{ readonly userId: UserId }>,
): Promise<void> {
  const exchanges = app.server.routes.filter(({ name }) => name === 'POST /v1/auth/exchange');
  for (const { body } of exchanges.map(exampleOf)) {
    if (!isRecord(body)) continue;
    const { userId } = await somebody();
    const challenge = createHash('sha256').update(String(body['code_verifier'])).digest('base64url');
    const sql = `insert into identity.sign_in_codes (user_id, code_hash, method, code_challenge, expires_at)
      values ($1, $2, 'google', $3, app.now() + interval '1 hour')`;
    await db.asMigrator(statement(sql, [userId, sha256(String(body['code'])), challenge]));
  }
}
