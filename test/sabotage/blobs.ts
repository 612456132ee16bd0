import type { Patch } from './patch.ts';

const UPLOADS = 'test/blobs/uploads.test.ts ::';
const ATTACKS = 'test/blobs/attacks.test.ts ::';

/** Files of accounts: their storage, their signed requests, their ends. */
export const BLOBS: readonly Patch[] = [
  {
    name: 'upload-reserves-nothing',
    file: 'src/platform/blobs/uploads.ts',
    find: 'gauge === undefined ? [] : [limits.gauging(product, gauge, bytes)]',
    replace: 'gauge === undefined ? [] : [limits.gauging(product, gauge, 0)]',
    expects: `${UPLOADS} an upload > reserves what it declares: beyond the plan it is refused with the plan that has room, and takes nothing`,
  },
  {
    name: 'forgotten-twice-given-back-twice',
    file: 'src/platform/blobs/functions/blobs.sql',
    find: `t.id = p_id and t.status <> 'forgotten'`,
    replace: `t.id = p_id`,
    expects: `${UPLOADS} a file of the server’s own > counts and is read; forgotten, its storage is back at once and its bytes go`,
  },
  {
    name: 'signature-without-the-hash',
    file: 'src/platform/blobs/signing.ts',
    find: 'const rest = Object.entries(facts)',
    replace: `const rest = Object.entries({ ...facts, sha256: '' })`,
    expects: `${ATTACKS} a signed request > with another SHA-256 is none of this server`,
  },
  {
    name: 'signed-request-without-end',
    file: 'src/platform/blobs/transfers.ts',
    find: 'if (facts.expires * 1_000 < clock.now())',
    replace: 'if (facts.expires * 1_000_000 < clock.now())',
    expects:
      'test/blobs/downloads.test.ts :: a download > has the name that the product gives it, and ends with its link',
  },
  {
    name: 'completed-file-written-over',
    file: 'src/platform/blobs/transfers.ts',
    find: `if (row.status === 'stored') throw new AppError('upload_over');`,
    replace: '',
    expects: `${ATTACKS} a signed request > is over once the file is completed: a replay changes nothing`,
  },
  {
    name: 'hash-not-looked-at',
    file: 'src/platform/blobs/checked-bytes.ts',
    find: 'if (expected.sha256 !== undefined && sha256 !== expected.sha256)',
    replace: 'if (expected.sha256 !== undefined && sha256.length !== expected.sha256.length)',
    expects: `${ATTACKS} bytes > of another hash are not kept`,
  },
  {
    name: 'pages-served-as-pages',
    file: 'src/platform/blobs/naming.ts',
    find: `return HARMLESS.test(type) ? type : 'application/octet-stream';`,
    replace: 'return HARMLESS.test(type) ? type : type;',
    expects: 'test/blobs/downloads.test.ts :: a download > of text/html is bytes of no type',
  },
  {
    name: 'foreign-folder-taken',
    file: 'src/platform/blobs/marker.ts',
    find: '  if (owner !== undefined) throw foreign();',
    replace: '  if (owner !== undefined) return;',
    expects:
      'test/blobs/strays.test.ts :: a folder of another installation > takes no file, and nothing in it is deleted',
  },
  {
    name: 'late-bytes-stay',
    file: 'src/platform/blobs/store.ts',
    find: `         and (upload_until is null or upload_until + \${LATE} <= app.now())\`,`,
    replace: '`,',
    expects:
      'test/blobs/strays.test.ts :: bytes that are no file’s > of a request that came in after its file was forgotten go with the second sweep',
  },
  {
    name: 'erased-account-keeps-bytes',
    file: 'src/app/erasure.ts',
    find: `if (subject.kind === 'account') await blobs.forgetBytesOf(subject.id);`,
    replace: '',
    expects:
      'test/blobs/leaving.test.ts :: an account that is erased > loses its files, also where a process is killed at erasure.begun:after, and nobody else does',
  },
];
