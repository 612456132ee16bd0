import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, verifyLicenseFile } from '@plinth/sdk/licenses';
import { createHash, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';

const folder = temporaryFolder();
const pathOf = (name: string) => join(folder, name);
const openssl = (...words: readonly string[]) =>
  execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });

/** A key of each kind, made by openssl, and named as the server names them. */
function pair(name: string, algorithm: readonly string[]) {
  openssl('genpkey', ...algorithm, '-out', `${name}.key`);
  openssl('pkey', '-in', `${name}.key`, '-pubout', '-out', `${name}.pem`);
  const pem = readFileSync(pathOf(`${name}.pem`), 'utf8');
  const key = createPublicKey(pem);
  const id = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return { name, pem, id, jwk: { ...key.export({ format: 'jwk' }), kid: id } };
}

const rsa = pair('rsa', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']);
const ed = pair('ed', ['-algorithm', 'ED25519']);
const NOW = new Date('2026-05-01T00:00:00Z');
const LICENSE = {
  format: 'coditect-license-1',
  key_ids: { 'rsa-4096': rsa.id, ed25519: ed.id },
  license_id: '01932c07-1f6e-7d0a-8b9a-2f6d3c1e5a44',
  version: 3,
  organization: 'Analytical Engines, Köln ☃',
  tier: 'pro',
  features: { sharing: true, calls: 3000 },
  max_seats: 10,
  max_machines: 30,
  issued_at: '2026-04-01T00:00:00.000Z',
  expires_at: '2026-06-08T00:00:00.000Z',
};

/** The file, signed by openssl over the canonical bytes. */
function signFile(license: object, { ids = [rsa.id, ed.id] }: { readonly ids?: readonly string[] } = {}) {
  writeFileSync(pathOf('bytes'), canonicalJson(license));
  openssl('dgst', '-sha256', '-sign', 'rsa.key', '-out', 'rsa.sig', 'bytes');
  openssl('pkeyutl', '-sign', '-rawin', '-inkey', 'ed.key', '-in', 'bytes', '-out', 'ed.sig');
  const [first, second] = [rsa, ed].map(({ name }) => readFileSync(pathOf(`${name}.sig`)).toString('base64'));
  return {
    license,
    signatures: [
      { key_id: ids[0], algorithm: 'RS256', signature: first },
      { key_id: ids[1], algorithm: 'EdDSA', signature: second },
    ],
  };
}

const publicKeys = [rsa.jwk, ed.jwk];
const verdict = (file: unknown, more: object = {}) =>
  verifyLicenseFile(typeof file === 'string' ? file : JSON.stringify(file, null, 2), {
    publicKeys,
    now: NOW,
    ...more,
  });
const FORGED = { valid: false, problem: 'forged' };

describe('a licence file that openssl has signed', () => {
  const file = signFile(LICENSE);

  it('is verified without asking anybody, by keys as JWK or as PEM', () => {
    expect(verdict(file)).toMatchObject({
      valid: true,
      license: {
        licenseId: LICENSE.license_id,
        tier: 'pro',
        maxSeats: 10,
        organization: LICENSE.organization,
      },
    });
    expect(verdict(file, { publicKeys: [ed.pem, rsa.pem] })).toMatchObject({ valid: true });
  });

  it('is the same file in any order of fields and with any blanks', () => {
    const license = Object.fromEntries(Object.entries(LICENSE).toReversed());
    const written = `\n${JSON.stringify({ signatures: file.signatures, license }, null, '\t')}  `;
    expect(verdict(written)).toMatchObject({ valid: true });
  });

  it.each([
    { what: 'seats', license: { ...LICENSE, max_seats: 11 } },
    { what: 'end', license: { ...LICENSE, expires_at: '2036-06-08T00:00:00.000Z' } },
    {
      what: 'organization, by one letter',
      license: { ...LICENSE, organization: 'Analytical Engines, Köln ☄' },
    },
    { what: 'features', license: { ...LICENSE, features: { ...LICENSE.features, more: 1 } } },
  ])('is refused with other $what', ({ license }) => {
    expect(verdict({ ...file, license })).toEqual(FORGED);
  });

  it('is refused with one signature only, or with one twice', () => {
    const [first, second] = file.signatures;
    expect(verdict({ ...file, signatures: [first] })).toEqual(FORGED);
    expect(verdict({ ...file, signatures: [second, second] })).toEqual(FORGED);
    expect(verdict({ ...file, signatures: [] })).toEqual(FORGED);
  });

  it('is refused when any bit of a signature is another one', () => {
    for (const [place, one] of file.signatures.entries()) {
      const bytes = Buffer.from(String(one.signature), 'base64');
      for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
        const changed = Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));
        const signatures = file.signatures.map((same, index) =>
          index === place ? { ...same, signature: changed.toString('base64') } : same,
        );
        expect(verdict({ ...file, signatures })).toEqual(FORGED);
      }
    }
  });

  it('is refused where one of the keys is not known, or another one has its name', () => {
    expect(verdict(file, { publicKeys: [ed.jwk] })).toEqual(FORGED);
    expect(verdict(file, { publicKeys: [] })).toEqual(FORGED);
    expect(verdict(file, { publicKeys: [rsa.jwk, { ...rsa.jwk, kid: ed.id }] })).toEqual(FORGED);
    expect(verdict(signFile(LICENSE, { ids: [ed.id, rsa.id] }))).toEqual(FORGED);
  });

  it('holds until its end, and not where it is revoked', () => {
    const end = new Date(LICENSE.expires_at);
    expect(verdict(file, { now: new Date(end.getTime() - 1) })).toMatchObject({ valid: true });
    expect(verdict(file, { now: end })).toMatchObject({ valid: false, problem: 'expired' });
    const revocation = (version: number) => ({ revocations: [{ license_id: LICENSE.license_id, version }] });
    expect(verdict(file, revocation(3))).toMatchObject({ valid: false, problem: 'revoked' });
    expect(verdict(file, revocation(4))).toMatchObject({ problem: 'revoked' });
    expect(verdict(file, revocation(2))).toMatchObject({ valid: true });
    expect(verdict(signFile({ ...LICENSE, expires_at: null }))).toMatchObject({ valid: true });
  });

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a licence alone', JSON.stringify({ license: LICENSE })],
    ['another format', JSON.stringify({ ...file, license: { ...LICENSE, format: 'coditect-license-2' } })],
    ['an end that is no time', JSON.stringify({ ...file, license: { ...LICENSE, expires_at: 'never' } })],
    ['half a character', JSON.stringify({ ...file, license: { ...LICENSE, organization: '\ud800' } })],
  ])('is unreadable as %s', (_, text) => {
    expect(verdict(text)).toEqual({ valid: false, problem: 'unreadable' });
  });
});
