import { execFile } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '#test/services';
import { newProduct, NewProductRefused } from '../../src/main/new-product.ts';
import { ROOT } from '../house/source.ts';

const run = promisify(execFile);
const SMALL = ['src/products', 'docs/examples/product', 'docs/generated/openapi.json'];
const WHOLE =
  'bin src sandboxes test scripts sdk docs package.json tsconfig.json vitest.config.ts biome.json .oxlintrc.json';

/** A checkout of its own, with what is needed of the tree. */
function checkout(paths: readonly string[]): string {
  const root = temporaryFolder();
  for (const path of paths.filter((one) => existsSync(join(ROOT, one))))
    cpSync(join(ROOT, path), join(root, path), {
      recursive: true,
      filter: (source) => !source.includes('node_modules'),
    });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return root;
}

function small(): string {
  const root = checkout(SMALL);
  cpSync(join(ROOT, 'src/platform/kernel'), join(root, 'src/platform/kernel'), { recursive: true });
  return root;
}

const everything = (root: string) =>
  ['src', 'docs'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).toSorted(),
  );

describe('a new product', () => {
  test('compiles, keeps to the format and the lint, and its tests ask its metered call over HTTP', async () => {
    const root = checkout(WHOLE.split(' '));
    const program = await run(process.execPath, [join(root, 'bin/plinth.js'), 'new', 'product', 'notes'], {
      cwd: root,
    });
    expect(program.stdout).toContain('wrote src/products/notes/index.ts\n');
    const folder = 'src/products/notes';
    writeFileSync(
      join(root, 'tsconfig.notes.json'),
      JSON.stringify({
        extends: './tsconfig.json',
        include: [folder, 'test/services/global-setup.ts'],
        exclude: [],
      }),
    );
    const bin = (name: string) => join(root, 'node_modules/.bin', name);
    const steps: readonly (readonly [string, readonly string[]])[] = [
      [process.execPath, [bin('tsc'), '-p', 'tsconfig.notes.json']],
      [bin('biome'), ['format', folder, 'src/products/index.ts']],
      [process.execPath, [bin('oxlint'), '--deny-warnings', folder]],
      [process.execPath, ['scripts/test.ts', folder]],
    ];
    for (const [command, args] of steps)
      await run(command, args, { cwd: root, env: { ...process.env, VITEST: '' } });
    // A type check and a run of the suite's own: half a minute where nothing else runs.
  }, 300_000);

  test.each([
    ['Notes', 'name_invalid'],
    ['a', 'name_invalid'],
    ['../notes', 'name_invalid'],
    ['my-notes', 'name_invalid'],
    ['class', 'name_reserved'],
    ['order', 'name_reserved'],
    ['kernel', 'name_reserved'],
    ['drafts', 'name_reserved'],
    ['caller', 'name_reserved'],
    ['sample', 'name_reserved'],
    ['reel', 'name_taken'],
  ])('of the name %s is refused (%s), and nothing is written', (name, code) => {
    const root = small();
    const before = everything(root);
    let refusal: unknown;
    try {
      newProduct(root, name);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(NewProductRefused);
    expect(refusal).toMatchObject({ code });
    expect(everything(root)).toEqual(before);
  });

  test('is not written over a page that is there, nor into a list that it does not know', () => {
    const root = small();
    writeFileSync(join(root, 'docs/notes.md'), 'mine');
    expect(() => newProduct(root, 'notes')).toThrow('docs/notes.md is there already');
    expect(readFileSync(join(root, 'docs/notes.md'), 'utf8')).toBe('mine');
    writeFileSync(join(root, 'src/products/index.ts'), 'export const products = [];\n');
    expect(() => newProduct(root, 'letters')).toThrow('add the product by hand');
    expect(existsSync(join(root, 'src/products/letters'))).toBe(false);
  });
});
