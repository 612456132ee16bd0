import { execFileSync } from 'node:child_process';
import { cpSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import { ROOT } from '@plinth/testkit/house/source';
import { fileOf } from './uploads-fixture.ts';

/** Reads what comes by standard input, as the document that it is given the name of, and answers how that ended. */
const READ = `
  import { buffer } from 'node:stream/consumers';
  import { Readable } from 'node:stream';
  const { createReader } = await import('./products/documents/reading/reader.ts');
  const bytes = await buffer(process.stdin);
  const end = await createReader().read({
    declared: process.argv[1],
    bytes: bytes.length,
    open: async () => Readable.from([bytes]),
    signal: new AbortController().signal,
    take() {},
  });
  process.stdout.write(JSON.stringify(end));`;

test('a PDF and a DOCX are read where the folder of packages is a link, as some package managers make it', () => {
  const folder = temporaryFolder();
  for (const part of ['server', 'products', 'package.json'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(folder, 'node_modules'), 'dir');
  const read = (type: string) => {
    const words = ['--input-type=module', '--eval', READ, type];
    const said = execFileSync(process.execPath, words, { cwd: folder, input: fileOf(`brief.${type}`) });
    return JSON.parse(said.toString('utf8')) as unknown;
  };
  for (const type of ['pdf', 'docx']) expect(read(type), type).toEqual({ kind: 'read', pages: 2 });
});
