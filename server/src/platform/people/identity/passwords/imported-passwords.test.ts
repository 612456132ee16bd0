import { expect, test } from 'vitest';
import { readForeignHash } from './foreign-hashes.ts';
import { importedPassword, isImported, matchesImported } from './imported-passwords.ts';

const PASSWORD = 'lètmein';

/** Each made by the system that writes this form: Django 4.2 to 5.2, Werkzeug 3, passlib 1.7, bcrypt 4, argon2-cffi 23, Firebase. */
const MADE: Readonly<Record<string, string>> = {
  'Argon2id in PHC':
    '$argon2id$v=19$m=65536,t=3,p=4$xpvqJVEE6OU3rY62svh21g$/jBPC3DrIIb87+YxGKR/MuJTZ5wffaEIxo5NRdKPjtk',
  'Argon2i in PHC':
    '$argon2i$v=19$m=8192,t=2,p=2$HYXzX5W7v9hDJyuKtGVh+w$bGd3JJQfn439Rgd6d6uIbPPcaOedIQ6tO60iypOU7Os',
  'Argon2id of Django':
    'argon2$argon2id$v=19$m=102400,t=2,p=8$c2Vhc2FsdHNlYXNhbHQ$5X8M3A6KY2o98xsl1DnfJpaxc9OdBrgUbl3HjifV1qo',
  'bcrypt $2a$': '$2a$05$Hki4gGGHJRzeJLsSNBkpa.FX8AAJKOia26SUl0ZAw3pY8QZi0Oci6',
  'bcrypt $2b$': '$2b$05$0fAQvkvsAcZS4ACcPXaDEe.SMu2vcTwcaXUCHhsSqYw6oS9t/lrDO',
  'bcrypt $2y$': '$2y$05$0fAQvkvsAcZS4ACcPXaDEe.SMu2vcTwcaXUCHhsSqYw6oS9t/lrDO',
  'bcrypt of Django': 'bcrypt$$2b$05$DU92FMljs4ojmRLgx.t1h.Z/vGtB/XHx7Wk9WM7n9yGrKyePRrMRu',
  'bcrypt of SHA-256 of Django': 'bcrypt_sha256$$2b$05$wbfnOfwd7S2qIdPAuvaYxOQzluKbv6OXI6266fg7WK8hqjutV5dWO',
  'scrypt in PHC': '$scrypt$ln=14,r=8,p=1$FeL8fy+lVKqVMqb0npPyHg$gZ4MIzpO8rvsblP850Xj0w2Ct0q9youYOzg87pjEv54',
  'scrypt of Django':
    'scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==',
  'scrypt of Werkzeug':
    'scrypt:16384:8:1$36nhgH3Gg1Q0tbSC$0af8254bd3f3d0dc20b6ebda6b77f652d884144a063137661ef5a338e76f3390d824708e037a497f5e1eaa6f38bbe39e5d07505cf0abdbbff2b6d2bb505d6421',
  'PBKDF2 of passlib':
    '$pbkdf2-sha256$20000$HyOkNKbUujdG6F2LUQrBmA$caLoKHjXaQlPryjdj1GNdk.SQ/TTFcFE6iaur.LX6iA',
  'PBKDF2 in PHC':
    '$pbkdf2-sha256$i=20000$HyOkNKbUujdG6F2LUQrBmA$caLoKHjXaQlPryjdj1GNdk+SQ/TTFcFE6iaur+LX6iA',
  'PBKDF2-SHA-256 of Django': 'pbkdf2_sha256$100000$seasalt2$Tl4GMr+Yt1zzO1sbKoUaDBdds5NkR3RxaDWuQsliFrI=',
  'PBKDF2-SHA-1 of Django': 'pbkdf2_sha1$260000$seasalt2$wAibXvW6jgvatCdONi6SMJ6q7mI=',
  'PBKDF2-SHA-512 of Werkzeug':
    'pbkdf2:sha512:50000$XYSd5ngrxYP9J47H$4e3838b9b6a548e4ac51b24a12c0d4fdd351e4b1b009a0841d4f4e5c3fe1ec6e1d9cc56df98112afa1f2077b3ce01923b01a7b937e6e06f2b6ad2cea913dd721',
};

const FIREBASE = {
  password: 'user1password',
  hash: '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
};

/** For what is not to be said. */
const quiet = {
  warn(): void {
    throw new Error('it was not checked');
  },
};

const ALL = [
  ...Object.entries(MADE).map(([name, hash]) => ({ name, hash, password: PASSWORD })),
  { name: 'scrypt of Firebase', ...FIREBASE },
];

test.for(ALL)('a password lets in by its hash in $name, and no other does', async ({ hash, password }) => {
  const taken = importedPassword(hash);
  if (typeof taken === 'string') throw new Error(taken);
  expect(isImported(taken.stored)).toBe(true);
  expect(await matchesImported(taken.stored, password, quiet)).toBe(true);
  expect(await matchesImported(taken.stored, `${password} `, quiet)).toBe(false);
});

const [costly, salt] = ['A'.repeat(22), 'c29tZXNhbHQ'];

/** The importer takes what the libraries take: each of these at the edge of what it may be. */
test.for([
  `$argon2id$v=19$m=64,t=1,p=1$xpvqJVEE6OU3rY62svh21g==$/jBPC3DrIIb87+YxGKR/MuJTZ5wffaEIxo5NRdKPjtk=`,
  `$argon2id$v=19$m=0064,t=01,p=08$${salt}$${costly}`,
  `$argon2i$v=19$m=8,t=1,p=1$${'A'.repeat(171)}$${'A'.repeat(171)}`,
  `$scrypt$ln=15,r=1,p=1$${salt}$${costly}`,
  `$scrypt$ln=17,r=8,p=1$${salt}$${costly}`,
  `$scrypt$ln=1,r=262144,p=1$${salt}$${costly}`,
  `$2b$04$${'z'.repeat(53)}`,
])('an imported hash that is taken can be checked at the log-in: %s', async (hash) => {
  const taken = importedPassword(hash);
  if (typeof taken === 'string') throw new Error(taken);
  expect(await matchesImported(taken.stored, PASSWORD, quiet)).toBe(false);
});

test('an imported hash that can not be checked lets nobody in, and the log says so without it', async () => {
  const said: string[] = [];
  const log = { warn: (...line: readonly unknown[]) => said.push(line.map(String).join(' ')) };
  const stored = `imported:$scrypt$ln=17,r=1,p=1$${salt}$${costly}`;
  expect(await matchesImported(stored, PASSWORD, log)).toBe(false);
  expect(said).toEqual([expect.stringContaining('an imported hash can not be checked')]);
  expect(said.join('')).not.toMatch(/AAAA|c29t/);
});

const long = 'A'.repeat(43);

test.for([
  ['hash_too_costly', `$argon2id$v=19$m=10485760,t=1,p=1$c29tZXNhbHQ$${long}`],
  ['hash_too_costly', `$argon2id$v=19$m=65536,t=4294967295,p=1$c29tZXNhbHQ$${long}`],
  ['hash_too_costly', `$2b$31$${'a'.repeat(53)}`],
  ['hash_too_costly', `$scrypt$ln=30,r=8,p=1$c29tZXNhbHQ$${long}`],
  ['hash_too_costly', `$scrypt$ln=999,r=8,p=1$c29tZXNhbHQ$${long}`],
  ['hash_too_costly', `scrypt$16384$salt$8$1000$${long}`],
  ['hash_too_costly', `$scrypt$ln=1,r=524288,p=1$c29tZXNhbHQ$${long}`],
  ['hash_too_costly', `pbkdf2_sha256$1000000000$salt$${long}`],
  ['hash_too_costly', FIREBASE.hash.replace('n=14', 'n=40')],
] as const)('a hash that asks for too much is refused before anything is computed: %s %s', ([code, hash]) => {
  expect(readForeignHash(hash)).toBe(code);
});

test.for([
  ['hash_unknown', ''],
  ['hash_unknown', 'lètmein'],
  ['hash_unknown', '5f4dcc3b5aa765d61d8327deb882cf99'],
  ['hash_unknown', '$1$abc$def'],
  ['hash_unknown', '$2x$05$0fAQvkvsAcZS4ACcPXaDEe.SMu2vcTwcaXUCHhsSqYw6oS9t/lrDO'],
  ['hash_malformed', '$2b$03$0fAQvkvsAcZS4ACcPXaDEe.SMu2vcTwcaXUCHhsSqYw6oS9t/lrDO'],
  ['hash_malformed', '$2b$05$short'],
  ['hash_malformed', '$argon2id$v=16$m=65536,t=3,p=4$c29tZXNhbHQ$AAAA'],
  ['hash_malformed', `$argon2id$v=19$m=8,t=1,p=4$c29tZXNhbHQ$${long}`],
  ['hash_malformed', `$argon2id$v=19$m=65536,t=0,p=1$c29tZXNhbHQ$${long}`],
  // Bits that belong to no byte: Argon2's library throws at them.
  ['hash_malformed', `$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHR$${long}`],
  ['hash_malformed', `$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$${long.slice(1)}B`],
  ['hash_malformed', `$argon2id$v=19$m=64,t=1,p=1$c29t=XNhbHQ$${long}`],
  ['hash_malformed', `$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ==$${long}`],
  // OpenSSL takes no N of 2 to the 16 r or more.
  ['hash_malformed', `$scrypt$ln=16,r=1,p=1$c29tZXNhbHQ$${long}`],
  ['hash_malformed', `$scrypt$ln=17,r=1,p=1$c29tZXNhbHQ$${long}`],
  // One that is three bytes long lets in every 16 millionth password.
  ['hash_malformed', '$scrypt$ln=14,r=8,p=1$c29tZXNhbHQ$AAAA'],
  ['hash_malformed', `$scrypt$ln=0,r=8,p=1$c29tZXNhbHQ$${long}`],
  ['hash_malformed', `scrypt$16383$salt$8$1$${long}`],
  ['hash_malformed', `scrypt$16384$salt$0$1$${long}`],
  ['hash_malformed', `pbkdf2_sha256$0$salt$${long}`],
  ['hash_malformed', `pbkdf2_sha256$1000$salt$${'A'.repeat(4_000)}`],
  ['hash_malformed', FIREBASE.hash.replace('sk=jxsp', 'sk=')],
] as const)('what is no hash, or none that could hold, is refused: %s %s', ([code, hash]) => {
  expect(readForeignHash(hash)).toBe(code);
});
