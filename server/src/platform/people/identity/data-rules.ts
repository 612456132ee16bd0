import { type DataRule, erased } from '#platform/db';

/** How erasure and export treat people, and their ways to prove who they are. */
export const identityDataRules: DataRule[] = [
  { table: 'identity.users', user: erased(), withheld: ['password_hash', 'password_version'] },
  { table: 'identity.sessions', user: erased() },
  { table: 'identity.refresh_tokens', user: erased(), withheld: 'hashes of tokens' },
  { table: 'identity.email_tokens', user: erased(), withheld: ['token_hash'] },
  { table: 'identity.api_keys', account: erased(), user: erased(), withheld: ['token_hash'] },
  { table: 'identity.guesses', nobodys: 'digests of what was typed, deleted within minutes or hours' },
  { table: 'identity.totp', user: erased(), withheld: ['secret', 'pending'] },
  { table: 'identity.code_misses', user: erased() },
  { table: 'identity.recovery_codes', user: erased(), withheld: 'hashes of codes' },
  { table: 'identity.passkeys', user: erased(), withheld: ['credential_id', 'public_key'] },
  { table: 'identity.mfa_challenges', user: erased(), withheld: ['token_hash', 'password_version'] },
  { table: 'identity.passkey_ceremonies', nobodys: 'random bytes that wait to be signed, for five minutes' },
  { table: 'identity.identities', user: erased() },
  { table: 'identity.sign_in_codes', user: erased(), withheld: ['code_hash', 'code_challenge'] },
  { table: 'identity.admin_invitations', nobodys: 'addresses that an operator invited, for a day' },
  { table: 'identity.sign_in_states', nobodys: 'hashes of browsers that are at a provider, for ten minutes' },
  { table: 'identity.used_id_tokens', nobodys: 'hashes of ID tokens, until those are too old' },
  {
    table: 'identity.mail_sign_ins',
    user: erased('t.owner_id = $1::uuid or lower(t.email) = lower($2)'),
    withheld: ['code_challenge', 'code_hash', 'link_hash'],
  },
  { table: 'identity.signing_keys', nobodys: 'the server’s own keys' },
];
