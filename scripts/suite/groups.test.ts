import { expect, test } from 'vitest';
import { testFiles } from './groups.ts';

const groups = new Map(
  testFiles().flatMap(({ group, files }) => files.map((file) => [file, group] as const)),
);

test('what changes the program that a process has loaded is alone in it; what starts programs shares one', () => {
  const files = {
    'server/src/platform/base/secrets/reseal.test.ts': 'alone',
    'test/mail/sending.test.ts': 'alone',
    'test/selling/entitlement-changes.test.ts': 'alone',
    'test/crash/crash.test.ts': 'process',
    'test/launcher.test.ts': 'process',
    'test/organizations/invitations.test.ts': 'app',
    'scripts/suite/groups.test.ts': 'pure',
  };
  expect(Object.fromEntries(Object.keys(files).map((file) => [file, groups.get(file)]))).toEqual(files);
});
