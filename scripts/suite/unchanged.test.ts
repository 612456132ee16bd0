import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../testkit/house/source.ts';
import { digestOf, digestOfInputs, filesOf, inputsOf, SETTLED, unchangedGroups } from './unchanged.ts';

const on = '2026-11-21';
const read = (path: string) => readFileSync(join(ROOT, path));
const recorded = Object.fromEntries(SETTLED.map((group) => [group.name, { on, digest: digestOf(group) }]));

test('a group is left out exactly when what it reads is what its last passed run read', () => {
  expect(unchangedGroups({})).toEqual([]);
  expect(unchangedGroups(recorded).map(({ name }) => name)).toEqual(SETTLED.map(({ name }) => name));
  const [first] = SETTLED;
  const otherwise = { ...recorded, [first?.name ?? '']: { on, digest: 'of something else' } };
  expect(unchangedGroups(otherwise).map(({ name }) => name)).not.toContain(first?.name);
});

test.each(SETTLED)('$name is run again when any of its inputs has changed', (group) => {
  expect(filesOf(group)).not.toEqual([]);
  const inputs = inputsOf(group);
  expect(digestOfInputs(inputs, read)).toBe(digestOf(group));
  // Each is changed in turn, in a short text of its own: the real ones have megabytes.
  const digestWith = (changed?: string) =>
    digestOfInputs(inputs, (path) => Buffer.from(path === changed ? 'changed' : path));
  const before = digestWith();
  for (const changed of inputs) expect(digestWith(changed), changed).not.toBe(before);
});

const ofProgram = SETTLED.filter(({ alone }) => alone !== undefined);
test.each(ofProgram)('$name reads of the program what it names, and not what its helpers open', (group) => {
  const named = ['server/package.json', ...(group.alone ?? [])];
  const others = inputsOf(group)
    .filter((path) => /^(console|products|sandboxes|sdk|server)\//.test(path))
    .filter(
      (path) => !named.some((name) => posix.matchesGlob(path, name) || posix.matchesGlob(path, `${name}/**`)),
    );
  expect(others).toEqual([]);
});

test('the inputs are what the tests reach by imports of every kind, the data that lies with it or is named, and the packages', () => {
  const [sandboxes, prepared, , model, reading, making] = SETTLED.map(inputsOf);
  expect(sandboxes).toEqual(
    expect.arrayContaining([
      'package-lock.json',
      expect.stringMatching(/stripe\/published\.test\.ts$/),
      expect.stringMatching(/stripe\/testing\/published\.json$/),
      expect.stringMatching(/stripe\/testing\/\w+\.ts$/),
    ]),
  );
  expect(prepared).toEqual(
    expect.arrayContaining([
      // A worker that is named by its URL, an import by a name of package.json, and SQL.
      'server/src/platform/base/db/pglite-worker.ts',
      'server/src/platform/base/kernel/index.ts',
      'server/src/platform/base/db/migrations/0001_app.up.sql',
    ]),
  );
  // What is read by its path alone, a program that is started by its URL, and a thread.
  expect(model).toEqual(
    expect.arrayContaining(['safety/sentences/dev/en.jsonl', 'safety/src/model/weights.json']),
  );
  expect(reading).toEqual(
    expect.arrayContaining([
      'products/documents/test/files/brief.pdf',
      'server/src/platform/base/files/process/entry.ts',
      'products/documents/reading/process/read-document.ts',
    ]),
  );
  expect(making).toContain('products/documents/exports/making/thread.ts');
});
