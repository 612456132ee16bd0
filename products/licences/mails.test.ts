import { mailTemplates } from '#platform/mail';
import { expect, test } from 'vitest';
// They add theirs.
import './index.ts';

/** The kinds of coditect.md, each with the template that says it and the files that go with it. */
const KINDS = [
  ['welcome', 'welcome', []],
  [
    'licence issued',
    'coditect.license_issued',
    ['license.json', 'license.rsa-4096.sig', 'license.ed25519.sig'],
  ],
  ['confirmed', 'coditect.subscription_confirmed', []],
  [
    'renewed',
    'coditect.subscription_renewed',
    ['license.json', 'license.rsa-4096.sig', 'license.ed25519.sig'],
  ],
  ['canceled', 'subscription_canceled', []],
  ['payment warning', 'payment_failed', []],
  ['urgent', 'payment_failed_again', []],
  ['suspended', 'subscription_suspended', []],
  ['reset', 'reset_password', []],
] as const;

test.each(KINDS)(
  'the mail of the kind “%s” is one that is previewed, with its files',
  (...[, name, files]) => {
    const template = mailTemplates().find((one) => one.name === name);
    expect(template?.attachments.map((file) => file.name)).toEqual(files);
  },
);
