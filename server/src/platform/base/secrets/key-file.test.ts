import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { systemRandom } from '#platform/kernel';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import { keysOfFile, readKeyFile } from './index.ts';

test('a first start makes a master key that nobody else on the machine reads; later ones find it', () => {
  const file = join(temporaryFolder(), 'new', 'master-keys');
  expect(readKeyFile(file)).toBeUndefined();
  const made = keysOfFile(file, systemRandom);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(keysOfFile(file, systemRandom)).toEqual(made);
  expect(made).toHaveLength(1);
});

test('a process that finds another one’s key when it gives its own a name has that one', () => {
  const file = join(temporaryFolder(), 'master-keys');
  let others: unknown;
  const late = keysOfFile(file, {
    ...systemRandom,
    bytes(size) {
      // After it has looked for the file and before it makes it.
      others ??= keysOfFile(file, systemRandom);
      return systemRandom.bytes(size);
    },
  });
  expect(late).toEqual(others);
  expect(keysOfFile(file, systemRandom)).toEqual(others);
});

test('of two processes that start at once both have the one key', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'master-keys');
  const flag = new SharedArrayBuffer(4);
  const workers = Array.from(
    { length: 4 },
    () => new Worker(RACER, { eval: true, workerData: { file, flag } }),
  );
  const answers = workers.map((worker) => new Promise<string>((resolve) => worker.on('message', resolve)));
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('online', resolve))));
  Atomics.store(new Int32Array(flag), 0, 1);
  Atomics.notify(new Int32Array(flag), 0);
  expect(new Set(await Promise.all(answers)).size).toBe(1);
  expect(readdirSync(folder)).toEqual(['master-keys']);
});

const RACER = `
const { randomBytes } = require('node:crypto');
const { workerData, parentPort } = require('node:worker_threads');
(async () => {
  const { keysOfFile } = await import(${JSON.stringify(new URL('./key-file.ts', import.meta.url).href)});
  Atomics.wait(new Int32Array(workerData.flag), 0, 0);
  parentPort.postMessage(keysOfFile(workerData.file, { bytes: randomBytes }).map((key) => key.id).join());
})();`;

test.each(['', 'garbage', 'a:c2hvcnQ='])(
  'a file that is no list of keys (%j) is refused, and not replaced',
  (text) => {
    const file = join(temporaryFolder(), 'master-keys');
    writeFileSync(file, text);
    expect(() => keysOfFile(file, systemRandom)).toThrow('Put back what it was');
    expect(existsSync(file)).toBe(true);
  },
);

test('a folder that can not be written is said by its path', () => {
  const file = join(temporaryFolder(), 'master-keys');
  writeFileSync(file, '');
  expect(() => keysOfFile(join(file, 'master-keys'), systemRandom)).toThrow(
    /can not be read or made \(\w+\)/,
  );
});
