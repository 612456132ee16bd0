import type { Patch } from './patch.ts';

const SEALING = 'src/platform/secrets/secrets.test.ts ::';
const RESEALING = 'src/platform/secrets/resealing.test.ts ::';
const ROTATION = 'src/platform/identity/signing-keys/signing-keys.test.ts :: a rotation >';
const AT_REST = 'test/secrets/at-rest.test.ts ::';
const LOGINS = 'src/platform/db/logins.test.ts :: of two logins >';

/** Secrets at rest, the keys that sign and seal, and the logins of the database. */
export const SECRETS: readonly Patch[] = [
  {
    name: 'sealed-secret-opens-anywhere',
    file: 'src/platform/secrets/secrets.ts',
    find: '`${FORMAT}.${keyId}.${context}`',
    replace: '`${FORMAT}.${keyId}`',
    expects: `${SEALING} a secret > opens at its own place alone`,
  },
  {
    name: 'key-file-read-by-all',
    file: 'src/platform/secrets/key-file.ts',
    find: "openSync(path, 'wx', 0o600)",
    replace: "openSync(path, 'wx', 0o644)",
    expects:
      'src/platform/secrets/key-file.test.ts :: a first start makes a master key that nobody else on the machine reads; later ones find it',
  },
  {
    name: 'each-process-its-own-key',
    file: 'src/platform/secrets/key-file.ts',
    find: '      linkSync(aside, path);',
    replace: '      rmSync(path, { force: true });\n      linkSync(aside, path);',
    expects:
      'src/platform/secrets/key-file.test.ts :: a process that finds another one’s key when it gives its own a name has that one',
  },
  {
    name: 'other-master-key-taken-for-the-one',
    file: 'src/platform/secrets/proofs.ts',
    find: '  const wrong = secrets && known.find((proof) => !isOpenedBy(secrets, proof));',
    replace:
      '  const wrong = secrets && known.find((proof) => secrets.keyIds.length > 9 && !isOpenedBy(secrets, proof));',
    expects: `${RESEALING} a process with master keys of its own > is refused by a database whose secrets are sealed under others, whichever way`,
  },
  {
    name: 'two-first-keys-at-once',
    file: 'src/platform/secrets/proofs.ts',
    find: '  const known = await tx.run(PROOFS);\n  compare(known, secrets);\n',
    replace: '',
    expects: `${RESEALING} a process with master keys of its own > that starts with another at once: one begins, and the other is refused`,
  },
  {
    name: 'resealing-overwrites',
    file: 'src/platform/secrets/resealing.ts',
    find: '${isRow} and ${column} = $2 returning',
    replace: '${isRow} and $2::text is not null returning',
    expects: `${RESEALING} resealing > does not undo what is written meanwhile, and an old key that still seals is kept and told of`,
  },
  {
    name: 'old-master-key-retired-too-early',
    file: 'src/platform/secrets/proofs.ts',
    find: 'id !== current && !used.includes(id)',
    replace: 'id !== current',
    expects: `${RESEALING} resealing > does not undo what is written meanwhile, and an old key that still seals is kept and told of`,
  },
  {
    name: 'one-secret-that-does-not-open-stops-resealing',
    file: 'src/platform/secrets/resealing.ts',
    find: 'UNREADABLE.has(error.code)) return undefined;',
    replace: "UNREADABLE.has(error.code) && context === '') return undefined;",
    expects: `${RESEALING} resealing > goes on past what was never sealed, or was changed, and names each`,
  },
  {
    name: 'start-without-a-key-that-still-seals',
    file: 'src/platform/secrets/proofs.ts',
    find: '  for (const { key_id } of sealed) if (key_id !== null) assertHere(key_id, secrets);\n',
    replace: '  if (sealed.length > 9_999) assertHere(String(sealed.length), secrets);\n',
    expects: `${RESEALING} a process with master keys of its own > is refused for a key that was forgotten, when a process went on to seal under it`,
  },
  {
    name: 'new-key-signs-before-it-is-known',
    file: 'src/platform/identity/signing-keys/signing-key-store.ts',
    find: 'const AHEAD_S = 900;',
    replace: 'const AHEAD_S = 60;',
    expects: `${ROTATION} leaves no verifier with a key that it does not know, and no token without its key`,
  },
  {
    name: 'former-key-dropped-before-its-last-token',
    file: 'src/platform/identity/signing-keys/signing-key-store.ts',
    find: 'const AFTER_S = LIFETIME_S + 300;',
    replace: 'const AFTER_S = LIFETIME_S - 300;',
    expects: `${ROTATION} leaves no verifier with a key that it does not know, and no token without its key`,
  },
  {
    name: 'rotations-at-once-make-two-keys',
    file: 'src/platform/identity/signing-keys/signing-key-rotation.ts',
    find: '    await tx.run(lockSigningKeys);\n',
    replace: '',
    expects: `${ROTATION} that comes at once with others makes one key with them`,
  },
  {
    name: 'signing-keys-known-for-ever',
    file: 'src/platform/identity/signing-keys/signing-keys.ts',
    find: 'clock.monotonic() - startedAt < RELOAD_MS',
    replace: 'clock.monotonic() > 0',
    expects:
      'src/platform/identity/signing-keys/signing-keys.test.ts :: a rotation at once, of a key that somebody else has, > ends every token of it on every node, even where no signal arrives, and new ones are good',
  },
  {
    name: 'private-key-stored-as-it-is',
    file: 'src/platform/identity/signing-keys/signing-key-rotation.ts',
    find: 'sealed: secrets.seal(privateJwk, placeOfPrivateKey(kid)),',
    replace: 'sealed: privateJwk,',
    expects:
      'src/platform/identity/signing-keys/signing-keys.test.ts :: a private key > is in the database sealed, and in no JWKS',
  },
  {
    name: 'webhook-secret-stored-as-it-is',
    file: 'src/platform/webhooks/endpoints.ts',
    find: 'insertEndpoint({ id, url, types, description, sealed })',
    replace: 'insertEndpoint({ id, url, types, description, sealed: secret })',
    expects: `${AT_REST} no secret that the server can read stands in the database as it is, and all are under the master key`,
  },
  {
    name: 'mail-facts-stored-as-they-are',
    file: 'src/platform/mail/sealed-facts.ts',
    find: 'return secrets.seal(JSON.stringify(contents), FACTS.context(accountId, id));',
    replace: 'return JSON.stringify([contents, secrets.current, accountId, id]);',
    expects: `${AT_REST} no secret that the server can read stands in the database as it is, and all are under the master key`,
  },
  {
    name: 'sealed-column-out-of-reach-of-resealing',
    file: 'src/platform/webhooks/store.ts',
    find: "sealedColumn({ ...SECRET, column: 'former_secret', field: 'secret' });\n",
    replace: '',
    expects: `${AT_REST} what is sealed stands in declared columns alone, so that a new master key reaches all of it`,
  },
  {
    name: 'tenant-login-by-way-of-a-role',
    file: 'src/platform/db/logins.ts',
    find: 'union select m.roleid from pg_catalog.pg_auth_members m join reach on m.member = reach.oid',
    replace:
      'union select m.roleid from pg_catalog.pg_auth_members m join reach on m.member = reach.oid where false',
    expects: `${LOGINS} a membership counts through any number of roles, inherited or not`,
  },
  {
    name: 'system-login-that-inherits-nothing',
    file: 'src/platform/db/logins.ts',
    find: '    ...(system?.may === true && !system.inherits ? [notInheriting(system.login)] : []),\n',
    replace: '',
    expects: `${LOGINS} a system login that does not inherit what it is granted is refused: some statements take nothing on`,
  },
  {
    name: 'tenants-work-by-the-system-login',
    file: 'src/platform/db/postgres.ts',
    find: "return role === 'plinth_system' ? system : tenants;",
    replace: "return role === 'plinth_system' ? system : system;",
    expects: `${LOGINS} a tenant’s transaction can not become the system, nor what the login may do besides`,
  },
];
