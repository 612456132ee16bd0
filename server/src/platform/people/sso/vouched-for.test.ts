import { describe, expect, test } from 'vitest';
import './index.ts';
import { vouchedFor } from './provision-user.ts';

const GOOGLE = 'https://accounts.google.com';
const OWN = 'https://login.acme.test';
const email = 'ada@acme.test';
const ada = { subject: '1', email, emailVerified: true, name: 'Ada Lovelace' };
const refused = expect.objectContaining({ code: 'sso_refused' });

const nameVouched = (name: string) => vouchedFor(OWN, { ...ada, name }).fullName;

describe('a provider vouches for an address', () => {
  test('that it says is verified, or about which it says nothing', () => {
    const vouched = { subject: '1', email, domain: 'acme.test', fullName: 'Ada Lovelace' };
    expect(vouchedFor(OWN, ada)).toEqual(vouched);
    expect(vouchedFor(OWN, { ...ada, emailVerified: undefined })).toEqual(vouched);
    expect(() => vouchedFor(OWN, { ...ada, emailVerified: false })).toThrow(refused);
  });

  test.each([
    undefined,
    '',
    'ada',
    'ada@',
    'ada@localhost',
    'ada@acme.test/x',
    'ada@[10.0.0.1]',
    'acme.test@',
    'ada@other.test@acme.test',
    'ada\0@acme.test',
    'ada lovelace@acme.test',
  ])('and not for what is none: %s', (none) =>
    expect(() => vouchedFor(OWN, { ...ada, email: none })).toThrow(refused),
  );

  test('at Google only where its organization is that of the address: anybody can have a private account with it', () => {
    expect(() => vouchedFor(GOOGLE, ada)).toThrow(refused);
    expect(() => vouchedFor(GOOGLE, { ...ada, hostedDomain: 'other.test' })).toThrow(refused);
    expect(vouchedFor(GOOGLE, { ...ada, hostedDomain: 'acme.test' })).toMatchObject({ domain: 'acme.test' });
  });

  test.each([
    'https://accounts.google.com/',
    'https://ACCOUNTS.google.com',
    'https://accounts.google.com:443',
    'https://accounts.google.com.',
    'https:accounts.google.com',
  ])('and at Google however its address is written: %s', (issuer) =>
    expect(() => vouchedFor(issuer, ada)).toThrow(refused),
  );

  test('of somebody with a name of one line, and a subject that can be stored', () => {
    expect(nameVouched(' Ada\0\r\nLovelace ')).toBe('Ada Lovelace');
    expect(nameVouched('\n')).toBeUndefined();
    expect(nameVouched('\ud800')).toBe('\ufffd');
    for (const subject of ['a\0', '\udfff'])
      expect(() => vouchedFor(OWN, { ...ada, subject })).toThrow(refused);
  });
});
