import type { Patch } from './patch.ts';

const FOLDER = 'src/platform/db/private-folder.test.ts ::';
const TRACKER = 'src/platform/telemetry/error-tracker.test.ts :: a tracker of errors >';
const ADMINS = 'src/platform/identity/admins/admins.test.ts ::';

/** Who runs the server, and on what machine: live signs, the data folder, its log, platform admins. */
export const OPERATING: readonly Patch[] = [
  {
    name: 'last-lines-lost-at-an-exit',
    file: 'src/platform/telemetry/output.ts',
    find: "  process.once('exit', () => output.flush());\n",
    replace: '',
    expects:
      'src/platform/telemetry/output.test.ts :: a process that ends by process.exit has written all its lines',
  },
  {
    name: 'public-host-in-development',
    file: 'src/platform/config/live-signs.ts',
    find: '      !isThisMachine(host),',
    replace: "      host === 'nowhere',",
    expects:
      'src/platform/config/live-signs.test.ts :: where others reach a server, or pay on it, without NODE_ENV=production > HOST=0.0.0.0 stops the start with one line that says what to set',
  },
  {
    name: 'name-that-begins-like-the-loopback',
    file: 'src/platform/config/is-this-machine.ts',
    find: '  if (family === 0) return ',
    replace: "  if (family === 0) return name.startsWith('127.') || ",
    expects:
      'src/platform/config/live-signs.test.ts :: where others reach a server, or pay on it, without NODE_ENV=production > HOST=127.marker.example.com stops the start with one line that says what to set',
  },
  {
    name: 'metrics-open-on-the-loopback',
    file: 'src/server/operations.ts',
    find: 'if (metricsToken === undefined && metricsPort === undefined)',
    replace:
      "if (metricsToken === undefined && metricsPort === undefined && parts.settings.host !== '127.0.0.1')",
    expects:
      'src/server/operations.test.ts :: metrics without a token are told on a port of their own alone: whatever is reached on this machine, a proxy passes on',
  },
  {
    name: 'sandbox-speaks-for-admins',
    file: 'src/platform/identity/federation/federation.ts',
    find: "if (parts.providers.isSandbox === true && found.user.role === 'admin')",
    replace:
      "if (parts.providers.isSandbox === true && found.user.role !== 'admin' && found.user.role !== 'user')",
    expects:
      'test/identity/linking.test.ts :: the sandbox, which believes whatever anybody says > lets in nobody as a platform admin: neither by their address, nor where it was linked before',
  },
  {
    name: 'production-makes-an-owner',
    file: 'src/main/serve.ts',
    find: 'owner: !isProduction(invocation)',
    replace: 'owner: true',
    expects:
      'test/process/admins.test.ts :: in production a start makes nobody; an operator invites the first admin by a link that works once',
  },
  {
    name: 'files-left-open-to-others',
    file: 'src/platform/db/private-folder.ts',
    find: 'return narrow(root, stats) + narrowBelow(root, user);',
    replace: 'return narrow(root, stats);',
    expects: `${FOLDER} a data folder that others could come by > is its owner’s alone afterwards, at any depth, and it is told how much was wider`,
  },
  {
    name: 'files-made-for-everybody',
    file: 'src/main.ts',
    find: 'process.umask(OWNERS_ALONE);',
    replace: 'process.umask(0);',
    expects:
      'src/main.test.ts :: doctor says what passkeys are bound to and whether mails can leave, and preview what they look like',
  },
  {
    name: 'shared-folder-narrowed',
    file: 'src/platform/db/private-folder.ts',
    find: '(mode & STICKY) !== 0 || ',
    replace: '',
    expects: `${FOLDER} a data folder that is not this program’s alone is refused in a sentence, and stays as it is: > one that all users share`,
  },
  {
    name: 'link-followed-out-of-the-data-folder',
    file: 'src/platform/db/private-folder.ts',
    find: ' || stats.isSymbolicLink()',
    replace: '',
    expects: `${FOLDER} a data folder that others could come by > has no effect outside: what a link leads to stays as it is`,
  },
  {
    name: 'admin-link-good-twice',
    file: 'src/platform/identity/admins/admin-store.ts',
    find: '`delete from identity.admin_invitations where ${GOOD} returning id, email, expires_at`',
    replace: '`select id, email, expires_at from identity.admin_invitations where ${GOOD}`',
    expects: `${ADMINS} an invitation of an admin > is good once, also where two come at once`,
  },
  {
    name: 'admin-link-good-for-ever',
    file: 'src/platform/identity/admins/admin-store.ts',
    find: "const GOOD = 'token_hash = $1 and expires_at > app.now()';",
    replace: "const GOOD = 'token_hash = $1';",
    expects: `${ADMINS} an invitation of an admin > is good for a day, and deleted some time after that`,
  },
  {
    name: 'admin-link-stored-as-it-is',
    file: 'src/platform/identity/admins/admins.ts',
    find: 'tokenHash: sha256(token) })',
    replace: "tokenHash: sha256(token) + token.replace('pla_', ' ') })",
    expects: `${ADMINS} an invitation of an admin > rests nowhere as it is, and is in no event of the audit; nor is the address`,
  },
  {
    name: 'keys-of-before-act-for-an-admin',
    file: 'src/platform/identity/admins/acceptance.ts',
    find: '    revokeKeysOf(userId),\n',
    replace: '',
    expects: `${ADMINS} an invitation of an admin for an address that has an account > lets nobody in by what let in before: password, sessions, keys, providers, second factors; and a mail says so`,
  },
  {
    name: 'tracker-hears-what-the-log-hides',
    file: 'src/platform/telemetry/logger.ts',
    find: '    tell?.(fit, says);',
    replace: '    tell?.({ ...bound, ...fields }, message);',
    expects: `${TRACKER} of secrets and of people’s texts hears nothing`,
  },
  {
    name: 'tracker-hears-of-each-call-of-an-outage',
    file: 'src/platform/telemetry/error-tracker.ts',
    find: '      known.repeats += 1;\n      return undefined;',
    replace: '      known.repeats += 1;\n      return 0;',
    expects: `${TRACKER} hears of an outage once, and not of each call that it fails`,
  },
  {
    name: 'tracker-learns-the-folder',
    file: 'src/platform/telemetry/error-tracker.ts',
    find: 'frames(stack).map(withoutFolder)',
    replace: 'frames(stack)',
    expects: `${TRACKER} is told of an error with its causes, where it was thrown, and what it was about`,
  },
  {
    name: 'defect-not-told',
    file: 'src/main/serve.ts',
    find: '    telemetry.flushErrors(LAST_REPORT).then(endNow, endNow);',
    replace: '    process.exit(1);',
    expects:
      'test/process/defects.test.ts :: a defect that nobody caught ends the process, and is told to the tracker of errors',
  },
];
