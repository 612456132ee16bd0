import { createCipheriv, createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Scanner, Verdict } from '#platform/files';
import {
  developerKey,
  manifest,
  manifestEntry,
  packageOf,
  unlisted,
  zipOf,
  zipOfNames,
} from '@plinth/testkit/fixtures/marketplace/packages';
import { hostOf, isPermission } from '../lists.ts';
import { checkPackage, type PackageReport, type PackageToCheck } from './check-package.ts';
import type { Check } from './checks.ts';
import { checkManifest } from './manifest.ts';

const key = developerKey();
const stranger = developerKey();
const scannerOf = (verdict: Verdict): Scanner => ({ scan: () => Promise.resolve(verdict) });
const clean = scannerOf({ kind: 'clean' });

async function check(
  zip: Buffer,
  { scanner = clean, ...of }: Partial<PackageToCheck> & { readonly scanner?: Scanner | null } = {},
): Promise<PackageReport> {
  const request = { zip, manifest, signature: key.sign(zip), publicKey: key.pem, ...of };
  return checkPackage(request, { scanner: scanner ?? undefined, signal: new AbortController().signal });
}

/** Findings of a check: where, and by which code. */
const findings = ({ checklist }: PackageReport, ...of: readonly Check[]) =>
  checklist
    .filter((item) => of.length === 0 || of.includes(item.check))
    .flatMap((item) => item.findings)
    .map(({ file, line, code }) => [file, line, code].filter((part) => part !== undefined).join(' '));

const hard = ({ checklist }: PackageReport) =>
  checklist.filter((item) => item.hard && !item.passed).map((item) => item.check);

/** Refusals of a hostile package: codes of its failed hard checks, without those that were not made. */
const refusal = async (...of: Parameters<typeof check>) => {
  const { checklist } = await check(...of);
  const failed = checklist.filter((item) => item.hard && !item.passed);
  return failed
    .flatMap((item) => item.findings.map(({ code }) => code))
    .filter((code) => code !== 'not_checked');
};

describe('a package', () => {
  test('passes all checks as a developer should make it, and lists its files', async () => {
    const zip = packageOf(
      { name: 'lib/', mode: 0o40_755 },
      {
        name: 'lib/main.js',
        content: 'export const plan = (tasks) => fetch("https://api.example.org/v1");\n',
        streamed: 'right',
      },
    );
    const report = await check(zip, { sha256: createHash('sha256').update(zip).digest('hex') });
    expect(findings(report)).toEqual([]);
    expect(report.checklist.every(({ passed }) => passed)).toBe(true);
    expect(report.files.map(({ path }) => path)).toEqual(['manifest.json', 'lib/main.js']);
    expect(report.files[0]).toMatchObject({
      sha256: createHash('sha256').update(JSON.stringify(manifest)).digest('hex'),
    });
    expect(report.changedFiles).toMatchObject([{ change: 'added' }, { change: 'added' }]);
  });

  test('is compared to the version before: files, permissions, and a number that rises', async () => {
    const first = await check(packageOf({ name: 'a.js', content: '1' }, { name: 'b.js', content: '2' }));
    const previous = { manifest: { ...manifest, permissions: ['read_tasks'] }, files: first.files };
    const again = await check(packageOf({ name: 'a.js', content: '3' }, { name: 'c.js' }), { previous });
    expect(again.changedFiles).toEqual([
      { path: 'a.js', change: 'changed' },
      { path: 'b.js', change: 'removed' },
      { path: 'c.js', change: 'added' },
    ]);
    expect(findings(again)).toEqual(['version_not_above', 'permission_new']);
    expect(hard(again)).toEqual(['version']);
    const next = { ...manifest, version: '1.10.0', id: 'another' };
    const other = await check(zipOf([manifestEntry(next)]), { previous, manifest: next });
    expect(findings(other, 'version')).toEqual(['plugin_differs']);
  });

  test('is read for what reviewers should see, with file and line; that alone refuses nothing', async () => {
    const code = [
      '// eval("in a comment")',
      'const run = eval("1 + 1");',
      'const make = new Function("return 1");',
      "import { exec } from 'node:child_process';",
      'const part = await import(name);',
      'fetch(`https://api.example.org/v1`); fetch("wss://tracker.example.net:8443/x");',
      `${' '.repeat(200_000)}eval(x)`,
    ].join('\n');
    const report = await check(
      packageOf(
        { name: 'main.js', content: code },
        { name: 'README.md', content: 'See "https://docs.example.net".' },
        { name: 'fast.bin', content: Buffer.from('0061736d01000000', 'hex') },
        { name: 'more.dat', content: zipOf([]) },
        { name: 'inner.dat', content: zipOf([{ name: 'a' }]) },
      ),
    );
    expect(findings(report, 'static')).toEqual([
      'main.js 2 eval',
      'main.js 3 new_function',
      'main.js 4 child_process',
      'main.js 5 computed_import',
      'main.js 6 host_not_permitted',
      'main.js 7 eval',
      'fast.bin webassembly',
      'inner.dat nested_archive',
    ]);
    const text = report.checklist.flatMap((item) => item.findings).map((finding) => finding.text);
    expect(text).toContainEqual(expect.stringContaining('tracker.example.net'));
    expect(hard(report)).toEqual([]);
  });

  test('is scanned where a scanner is set up', async () => {
    const zip = packageOf();
    expect(findings(await check(zip, { scanner: null }))).toEqual(['virus_scanner_off']);
    const refusedBy = (verdict: Verdict) => refusal(zip, { scanner: scannerOf(verdict) });
    expect(await refusedBy({ kind: 'infected', name: 'Eicar' })).toEqual(['virus_found']);
    expect(await refusedBy({ kind: 'refused', reason: 'It is large.' })).toEqual(['virus_not_scanned']);
  });
});

const tree = [manifestEntry(), { name: 'a.js', content: 'x' }];
const hidden = unlisted({ name: 'hidden.js', content: 'eval(1)' });
const extraField = (id: number) => Buffer.from([id & 0xff, id >> 8, 1, 0, 0]);

function onAnotherDisk(zip: Buffer): Buffer {
  zip.writeUInt16LE(1, zip.lastIndexOf('PK\u0001\u0002') + 34);
  return zip;
}

describe('a hostile package ends with a code:', () => {
  test.for<readonly [string, Buffer, readonly string[]]>([
    ['a path out of the folder', packageOf({ name: '../../etc/cron.d/x' }), ['path_outside']],
    ['an absolute path', packageOf({ name: '/etc/passwd' }), ['path_outside']],
    ['a path of Windows', packageOf({ name: 'C:/x' }, { name: '..\\x' }), ['path_outside', 'path_outside']],
    [
      'names that no system takes',
      packageOf({ name: 'a\u0000.js' }, { name: 'nul.txt' }),
      ['path_invalid', 'path_invalid'],
    ],
    ['names in no encoding', packageOf({ name: Buffer.from([0xe9]), flags: 0 }), ['path_invalid']],
    ['one name twice, by case', packageOf({ name: 'a.js' }, { name: 'A.js' }), ['path_duplicate']],
    ['one name twice, to macOS', packageOf({ name: 'ß.js' }, { name: 'ss.js' }), ['path_duplicate']],
    ['a file where a folder is', packageOf({ name: 'a/b.js' }, { name: 'A' }), ['path_duplicate']],
    ['a folder where a file is', packageOf({ name: 'a' }, { name: 'a/b.js' }), ['path_duplicate']],
    [
      'sizes, and a name, that are said once more',
      packageOf({ name: 'a.js', extra: extraField(1) }, { name: 'b.js', extra: extraField(0x70_75) }),
      ['path_invalid', 'path_invalid'],
    ],
    ['an extra field without an end', packageOf({ name: 'a.js', extra: Buffer.alloc(3) }), ['path_invalid']],
    ['two manifests', packageOf(manifestEntry({ ...manifest, price_cents: 0 })), ['path_duplicate']],
    ['a link', packageOf({ name: 'a', content: '/etc/passwd', mode: 0o120_777 }), ['link']],
    ['a device', packageOf({ name: 'a', mode: 0o20_666 }), ['special_file']],
    ['an encrypted entry', packageOf({ name: 'a', content: 'x', flags: 0x801 }), ['archive_encrypted']],
    ['an unknown method', packageOf({ name: 'a', content: 'x', method: 93 }), ['archive_method']],
    ['another name in its own header', packageOf({ name: 'a.js', localName: 'b.js' }), ['archive_damaged']],
    ['fewer entries than there are', zipOf(tree, { count: 1 }), ['archive_damaged']],
    ['bytes before it', zipOf(tree).subarray(1), ['archive_damaged']],
    ['bytes behind it', Buffer.concat([packageOf(), Buffer.from('more')]), ['archive_damaged']],
    ['an entry that is not listed, at the beginning', zipOf(tree, { prefix: hidden }), ['archive_damaged']],
    ['an entry that is not listed, at the end', zipOf(tree, { gap: hidden }), ['archive_damaged']],
    [
      'another file of a name that is listed',
      zipOf(tree, { prefix: unlisted({ name: 'a.js', content: 'eval(1)' }) }),
      ['archive_damaged'],
    ],
    ['bytes of nothing before its directory', zipOf(tree, { gap: Buffer.alloc(1) }), ['archive_damaged']],
    [
      'another length in its own header',
      packageOf({ name: 'a.js', content: 'good();evil();', localDeclared: 7 }),
      ['archive_damaged'],
    ],
    [
      'other sums behind an entry than in the directory',
      packageOf({ name: 'a.js', content: 'x', streamed: 'wrong' }),
      ['archive_damaged'],
    ],
    [
      'an entry within the bytes of another, whose header has no length',
      packageOf({ name: 'a.js', content: hidden, method: 0, streamed: 'right' }),
      ['archive_damaged'],
    ],
    ['an entry of another disk', onAnotherDisk(packageOf({ name: 'a.js' })), ['archive_damaged']],
    ['no archive', Buffer.from('echo hello'), ['archive_damaged']],
    ['no bytes', Buffer.alloc(0), ['package_empty']],
    ['a bomb that says so', packageOf({ name: 'a', content: Buffer.alloc(60_000_000) }), ['archive_bomb']],
    [
      'a bomb that lies',
      packageOf({ name: 'a', content: Buffer.alloc(60_000_000), declared: 9 }),
      ['archive_damaged'],
    ],
    [
      'much in all',
      packageOf(...Array.from({ length: 70 }, (_, n) => ({ name: `${n}`, content: Buffer.alloc(1e6) }))),
      ['archive_bomb'],
    ],
    ['one place for all entries', zipOfNames(1_000), ['archive_damaged']],
    ['300,000 names', zipOfNames(300_000), ['archive_too_many_entries']],
    ['a million names', zipOfNames(1_000_000), ['package_too_large']],
    ['no manifest', zipOf([{ name: 'sub/manifest.json' }]), ['manifest_missing']],
    [
      '10 MB of manifest',
      zipOf([manifestEntry({ ...manifest, description: noise(10e6) })]),
      ['manifest_too_large'],
    ],
    ['a manifest that is no JSON', zipOf([{ name: 'manifest.json', content: '{' }]), ['manifest_not_json']],
    [
      'another manifest inside',
      zipOf([manifestEntry({ ...manifest, price_cents: 0 })]),
      ['manifest_differs'],
    ],
    [
      'a field of the manifest twice',
      zipOf([{ name: 'manifest.json', content: JSON.stringify(manifest).replace('{', '{"price_cents":0,') }]),
      ['manifest_differs'],
    ],
    ['a program of Linux', packageOf({ name: 'a.txt', content: '\u007fELF' }), ['native_code']],
    ['a program of Windows', packageOf({ name: 'a', content: 'MZ\u0000' }), ['native_code']],
    [
      'a program of macOS',
      packageOf({ name: 'a', content: Buffer.from('cffaedfe07', 'hex') }),
      ['native_code'],
    ],
    ['an addon', packageOf({ name: 'build/addon.node', content: '?' }), ['native_code']],
  ])('%s', async ([, zip, codes]) => expect(await refusal(zip)).toEqual(codes));

  test('other bytes than declared, another’s signature, no key, and no signature', async () => {
    const zip = packageOf();
    expect(await refusal(zip, { sha256: 'f'.repeat(64) })).toEqual(['digest_mismatch']);
    expect(await refusal(zip, { signature: stranger.sign(zip) })).toEqual(['signature_invalid']);
    expect(await refusal(zip, { signature: key.sign(packageOf({ name: 'a' })) })).toEqual([
      'signature_invalid',
    ]);
    expect(await refusal(zip, { publicKey: undefined })).toEqual(['signature_key_missing']);
    expect(await refusal(zip, { signature: undefined })).toEqual(['signature_missing']);
  });

  test('what could not be looked at has not passed', async () => {
    const report = await check(Buffer.from('echo hello'));
    expect(hard(report)).toEqual(['archive', 'paths', 'links', 'manifest_inside', 'native_code']);
    expect(report.changedFiles).toEqual([]);
  });

  test('as much as may be in it is read below the limit of the process', async () => {
    const zip = packageOf({ name: 'a.js', content: `eval(1);\n${noise(48e6)}` });
    expect(zip.length).toBeGreaterThan(12e6);
    expect(findings(await check(zip))).toEqual(['a.js 1 eval']);
  });
});

describe('a manifest', () => {
  test.for<readonly [string, object, readonly string[]]>([
    ['a field that there is not', { homepage: 'x' }, ['manifest_invalid']],
    ['an unknown category', { category: 'games' }, ['manifest_invalid']],
    ['a price in fractions', { price_cents: 99.5 }, ['manifest_invalid']],
    ['a price of which the provider’s fee would leave nothing', { price_cents: 149 }, ['manifest_invalid']],
    ['a price above 100,000 cents', { price_cents: 100_001 }, ['manifest_invalid']],
    ['a version of two numbers', { version: '1.2' }, ['manifest_invalid']],
    [
      'an unknown permission',
      { permissions: ['root', 'network:*'] },
      ['permission_unknown', 'permission_unknown'],
    ],
    ['a permission twice', { permissions: ['notify', 'notify'] }, ['permission_unknown']],
    ['a name of Greek letters', { name: 'Ρlаnnеr' }, ['manifest_look_alike']],
    ['a name with a Cherokee letter', { name: 'Ꭺctive notes' }, ['manifest_look_alike']],
    ['a name with a sign that nobody sees', { name: 'Day\u200f planner' }, ['manifest_look_alike']],
    ['a text that is turned', { description: '\u202Ereverof eerF' }, ['manifest_binary']],
    ['an image in a field', { description: 'data:image/png;base64,iVBORw0KGgo=' }, ['manifest_binary']],
    ['a run of digits', { description: 'a1'.repeat(200) }, ['manifest_binary']],
  ])('is refused with %s', async ([, change, codes]) => {
    const of = { ...manifest, ...change };
    const found = await refusal(zipOf([manifestEntry(of)]), { manifest: of });
    expect(found.filter((code) => code !== 'manifest_differs')).toEqual(codes);
  });

  test('has names in any one alphabet, and of East Asia beside Latin letters', () => {
    for (const name of ['計画 Planner', 'ﺕﻘﻮﻴﻣ', 'תכנון', 'Žluťoučký plán', '일정 3'])
      expect([name, checkManifest({ ...manifest, name }).found]).toEqual([name, []]);
  });

  test('names a host by its name in DNS', () => {
    expect(
      ['network:api.example.org', 'network:xn--bcher-kva.example', 'read_tasks'].every(isPermission),
    ).toBe(true);
    const wrong = [
      'network',
      'network:',
      'network:localhost',
      'network:10.0.0.1',
      'network:*.a.org',
      'network:a.org:80',
      'toString',
    ];
    expect(wrong.filter(isPermission)).toEqual([]);
    expect(hostOf('network:a.org')).toBe('a.org');
  });
});

/** Letters of two bits each, which deflate finds nothing in. */
function noise(length: number): string {
  const random = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(
    Buffer.alloc(length),
  );
  return random.map((byte) => 97 + (byte & 3)).toString();
}
