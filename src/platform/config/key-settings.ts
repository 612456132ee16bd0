import { count, setting, text, toggle } from './setting.ts';

/** What seals secrets at rest, and how long a key signs. */
export const KEY_SETTINGS = {
  MASTER_KEYS: setting(text.optional(), {
    group: 'Keys',
    says: 'What secrets at rest are sealed under (docs/keys.md): `id:key` entries, the key 32 random bytes in base64. The first seals, the others still open. Not set: a key in DATA_DIR, made at the first start.',
    secret: true,
    example: '2026-11:…',
  }),
  EMBEDDED_MASTER_KEY: setting(toggle.optional(), {
    group: 'Keys',
    says: 'true to keep the master key in DATA_DIR in production.',
  }),
  SIGNING_KEY_DAYS: setting(count(3_650).default(90), {
    group: 'Keys',
    says: 'Days after which another key signs access tokens; the former one verifies until its last token has ended.',
  }),
};
