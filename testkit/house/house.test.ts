import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { idleExceptions, objections, RULES } from './rules.ts';
import { projectFiles, ROOT, type SourceFile, sourceFile } from './source.ts';

const files = projectFiles();
const Packages = z.record(z.string(), z.string());
const Manifest = z.object({
  dependencies: Packages.default({}),
  devDependencies: Packages.default({}),
  optionalDependencies: Packages.default({}),
});
const ruleNames = [...RULES.keys()];

function filesOf(texts: Readonly<Record<string, string>>): SourceFile[] {
  return Object.entries(texts).map(([path, text]) => sourceFile(path, text));
}

test.each(ruleNames)('the whole house keeps the rule: %s', (rule) => {
  expect(objections(rule, files)).toEqual([]);
});

test('every exception from a rule is still needed', () => {
  expect(idleExceptions(files)).toEqual([]);
});

/** For each rule: a file, a text that breaks the rule there, and one beside it that does not. */
const BROKEN: readonly (readonly [rule: string, path: string, broken: string, fine: string])[] = [
  [
    'arrows',
    'server/src/platform/limits/a.ts',
    `import { a } from '#platform/jobs';`,
    `import { a } from '#platform/db';`,
  ],
  [
    'arrows',
    'server/src/platform/limits/a.ts',
    `import type { A } from '#products';`,
    `import type { A } from '#platform/kernel';`,
  ],
  [
    'arrows',
    'server/src/platform/limits/a.ts',
    `export { a } from '#server';`,
    `export { a } from './b.ts';`,
  ],
  [
    'arrows',
    'server/src/platform/limits/a.ts',
    `type A = import('#platform/ai').A;`,
    `type A = import('#platform/db').A;`,
  ],
  [
    'arrows',
    'server/src/platform/limits/a.ts',
    `await import('#platform/ai');`,
    `await import('#platform/db');`,
  ],
  [
    'namesNoProduct',
    'server/src/platform/limits/a.ts',
    `export const prismUrl = 'https://example.com';`,
    `/** As Prism does. */ export const freely = 'https://example.com';`,
  ],
  ['arrows', 'server/src/server/a.ts', `import { a } from '../app.ts';`, `import { a } from '#products';`],
  [
    'arrows',
    'products/orbit/a.ts',
    `import { a } from '../prism/index.ts';`,
    `import { a } from '@plinth/documents';`,
  ],
  ['arrows', 'products/memory/a.ts', `import { a } from '@plinth/licences';`, `import { a } from './b.ts';`],
  ['arrows', 'products/reel/a.ts', `import { a } from '#platform/db';`, `import { a } from './b.ts';`],
  [
    'arrows',
    'products/reel/a.ts',
    `import { a } from '@plinth/sandboxes/src/openai';`,
    `import { a } from './b.ts';`,
  ],
  [
    'arrows',
    'sandboxes/src/openai/a.ts',
    `import { a } from 'plinth/internal/platform/kernel';`,
    `import { a } from '../listen.ts';`,
  ],
  [
    'arrows',
    'sandboxes/src/openai/a.test.ts',
    `import { a } from '@plinth/testkit/services';`,
    `import 'vitest';`,
  ],
  ['arrows', 'sandboxes/src/openai/a.ts', `import '../stripe/index.ts';`, `import './b.ts';`],
  ['faces', 'sandboxes/src/openai/a.ts', `import '../../../src/app.ts';`, `import '../listen.ts';`],
  [
    'arrows',
    'server/src/platform/limits/a.ts',
    `import { a } from '@plinth/testkit/services';`,
    `import { a } from 'node:fs';`,
  ],
  [
    'arrows',
    'products/prism/a.ts',
    `import { a } from '@plinth/safety';`,
    `import { a } from 'plinth/product';`,
  ],
  [
    'arrows',
    'safety/src/a.ts',
    `import { a } from 'plinth/internal/platform/http';`,
    `import { a } from './b.ts';`,
  ],
  ['arrows', 'server/src/platform/unheard-of/a.ts', `export const a = 1;`, ``],
  [
    'arrows',
    'server/src/platform/messages/mail/a.ts',
    `import { a } from '#platform/jobs';`,
    `import { a } from '#platform/queue';`,
  ],
  [
    'faces',
    'server/src/platform/limits/a.ts',
    `import { a } from '../base/db/pool.ts';`,
    `import { a } from '#platform/db';`,
  ],
  [
    'faces',
    'server/src/platform/limits/store/a.ts',
    `import { a } from '../../base/db/index.ts';`,
    `import { a } from '../b.ts';`,
  ],
  [
    'faces',
    'server/src/platform/limits/a.ts',
    `import { a } from '#platform/base/db/pool.ts';`,
    `import { a } from '#platform/db';`,
  ],
  [
    'faces',
    'server/src/platform/limits/a.ts',
    `new Worker(new URL('../base/db/a.ts', import.meta.url));`,
    `new URL('/v1', base);`,
  ],
  [
    'faces',
    'server/src/app.ts',
    `import { a } from './platform/base/db/pool.ts';`,
    `import { a } from './main.ts';`,
  ],
  [
    'faces',
    'server/src/products/index.ts',
    `import { a } from '../platform/base/db/pool.ts';`,
    `import { a } from '../products/reel/test/index.ts';`,
  ],
  [
    'arrows',
    'server/src/platform/limits/a.ts',
    `import { a } from '@plinth/sdk';`,
    `import { a } from 'pino';`,
  ],
  ['standalone', 'sdk/src/a.ts', `import { a } from 'node:http';`, `import { a } from './b.ts';`],
  ['standalone', 'sdk/src/a.ts', `import { a } from '../../src/app.ts';`, `import { a } from './b.ts';`],
  ['standalone', 'sdk/src/a.ts', `import { a } from './licenses/b.ts';`, `import { a } from './b.ts';`],
  ['standalone', 'sdk/src/a.ts', `import { a } from './vault/b.ts';`, `import { a } from './b.ts';`],
  [
    'standalone',
    'sdk/src/vault/a.ts',
    `import { a } from '@noble/hashes/blake1.js';`,
    `const { a } = await import('@noble/hashes/argon2.js');`,
  ],
  ['standalone', 'sdk/src/licenses/a.ts', `import { a } from 'pino';`, `import { a } from 'node:fs';`],
  [
    'standalone',
    'sdk/src/licenses/a.ts',
    `import { a } from '../../../src/app.ts';`,
    `import { a } from '../errors.ts';`,
  ],
  ['vendors', 'server/src/platform/limits/a.ts', `import pg from 'pg';`, `import { a } from 'pino';`],
  [
    'vendors',
    'server/src/platform/work/jobs/a.ts',
    `import { vector } from '@electric-sql/pglite/vector';`,
    `import 'zod';`,
  ],
  [
    'vendors',
    'server/src/platform/limits/a.ts',
    `import { Redis } from 'ioredis';`,
    `import { a } from '#platform/redis';`,
  ],
  ['vendors', 'products/reel/a.ts', `import OpenAI from 'openai';`, `import { z } from 'zod';`],
  [
    'vendors',
    'products/reel/a.ts',
    `import { a } from '@ai-sdk/openai-compatible';`,
    `import { a } from 'ai';`,
  ],
  [
    'vendors',
    'server/src/platform/base/http/a.ts',
    `import { request } from 'undici';`,
    `import { a } from 'node:http';`,
  ],
  [
    'systemUses',
    'server/src/platform/limits/a.ts',
    `await db.system('limits.swept', []);`,
    `await db.system('limits.sweep', []);`,
  ],
  [
    'systemUses',
    'server/src/platform/limits/a.ts',
    `await db.system('jobs.queue', []);`,
    `await db.system('admin.grants', []);`,
  ],
  [
    'systemUses',
    'products/reel/a.ts',
    `await parts.db.system('limits.sweep', []);`,
    `await parts.db.tenant(accountId, []);`,
  ],
  ['names', 'server/src/platform/limits/utils.ts', '', ''],
  ['names', 'server/src/platform/limits/string-helpers.ts', '', ''],
  ['names', 'server/src/platform/common/index.ts', '', ''],
  ['fileSizes', 'server/src/platform/limits/a.ts', '// a line\n'.repeat(401), '// a line\n'.repeat(400)],
  [
    'functionSizes',
    'server/src/app.ts',
    `function a() {${'\n'.repeat(60)}}`,
    `function a() {${'\n'.repeat(59)}}`,
  ],
  [
    'functionSizes',
    'server/src/app.ts',
    `const a = () => {${'\n'.repeat(60)}};`,
    `describe('a', () => {${'\n'.repeat(60)}});`,
  ],
  [
    'functionSizes',
    'server/src/app.ts',
    `function a() {${'\n'.repeat(50)} const b = () => {${'\n'.repeat(9)}};${'\n'.repeat(11)}}`,
    `function a() {${'\n'.repeat(50)} const b = () => {${'\n'.repeat(50)}};\n}`,
  ],
  ['honestTypes', 'server/src/app.ts', `const a = b as any;`, `const a = b as unknown;`],
  ['honestTypes', 'server/src/app.ts', `const a = b!.c;`, `const a = !b.c && b !== c;`],
  ['passedIn', 'server/src/platform/limits/a.ts', `const a = Date.now();`, `const a = clock.now();`],
  [
    'passedIn',
    'server/src/platform/limits/a.ts',
    `const a = new Date();`,
    `const a = new Date(clock.now());`,
  ],
  ['passedIn', 'server/src/platform/limits/a.ts', `const a = Math.random();`, `const a = Math.round(1);`],
  ['writtenNumbers', 'products/reel/a.ts', `z.coerce.number();`, `wholeNumber(1, 100);`],
  ['honestTests', 'test/a.test.ts', `vi.mock('#platform/db');`, `vi.waitFor(a, 120_000);`],
  ['honestTests', 'test/a.test.ts', `vi.waitFor(a);`, `vi.waitFor(a, SOON);`],
  ['honestTests', 'test/a.test.ts', `expect.poll(a, { timeout: 5 });`, `expect.poll(a, { interval: 5 });`],
  ['honestTests', 'test/a.test.ts', `await setTimeout(100);`, `setTimeout(() => fail('too late'), 100);`],
  [
    'honestTests',
    'test/a.test.ts',
    `await new Promise((resolve) => setTimeout(resolve, 1));`,
    `await soon();`,
  ],
  ['databaseTime', 'server/src/platform/limits/a.sql', `select now();`, `select app.now(); -- never now()`],
  [
    'databaseTime',
    'server/src/platform/limits/store.ts',
    'sql`select clock_timestamp()`;',
    'sql`select app.now()`; clock.now();',
  ],
  [
    'databaseTime',
    'server/src/platform/limits/store.ts',
    `statement('select current_timestamp');`,
    `statement('select 1');`,
  ],
];

/** For each rule of all files together: files that break it, what is said of them, and files beside them that keep it. */
const BROKEN_TOGETHER: readonly {
  readonly rule: string;
  readonly what: string;
  readonly broken: Readonly<Record<string, string>>;
  readonly said: string;
  readonly fine: Readonly<Record<string, string>>;
}[] = [
  {
    rule: 'circles',
    what: 'two files import values of each other',
    broken: {
      'server/src/platform/limits/a.ts': `import './c.ts';\nimport { b } from './b.ts';`,
      'server/src/platform/limits/b.ts': `export * from './a.ts';`,
      'server/src/platform/limits/c.ts': ``,
    },
    said: 'server/src/platform/limits/a.ts:2 server/src/platform/limits/a.ts, server/src/platform/limits/b.ts import each other in a circle',
    fine: {
      'server/src/platform/limits/a.ts': `import { b } from './b.ts';`,
      'server/src/platform/limits/b.ts': `import type { A } from './a.ts';`,
    },
  },
  {
    rule: 'circles',
    what: 'a file imports itself',
    broken: { 'bench/a.ts': `await import('./a.ts');` },
    said: 'bench/a.ts:1 bench/a.ts import each other in a circle',
    fine: { 'bench/a.ts': `type A = import('./a.ts').A;` },
  },
  {
    rule: 'circles',
    what: 'faces lead round',
    broken: {
      'server/src/platform/base/db/index.ts': `export { a } from './a.ts';`,
      'server/src/platform/base/db/a.ts': `import { type B, b } from '#platform/limits';`,
      'server/src/platform/limits/index.ts': `import { a } from '#platform/db';`,
    },
    said: 'server/src/platform/base/db/a.ts:1 server/src/platform/base/db/a.ts, server/src/platform/base/db/index.ts, server/src/platform/limits/index.ts import each other in a circle',
    fine: {
      'server/src/platform/base/db/index.ts': `export { a } from './a.ts';`,
      'server/src/platform/base/db/a.ts': `import { b } from './b.ts';`,
      'server/src/platform/limits/index.ts': `import { a } from '#platform/db';`,
    },
  },
  {
    rule: 'circles',
    what: 'three files know the types of each other',
    broken: {
      'sdk/src/a.ts': `import { b } from './b.ts';`,
      'sdk/src/b.ts': `import { type C } from './c.ts';`,
      'sdk/src/c.ts': `export type { A } from './a.ts';`,
    },
    said: 'sdk/src/a.ts:1 sdk/src/a.ts, sdk/src/b.ts, sdk/src/c.ts import each other in a circle, by their types',
    fine: {
      'sdk/src/a.ts': `import { b } from './b.ts';`,
      'sdk/src/b.ts': `import { type A } from './a.ts'; import { c } from './c.ts';`,
      'sdk/src/c.ts': `export {};`,
    },
  },
  {
    rule: 'folderCircles',
    what: 'folders import values of each other',
    broken: {
      'server/src/platform/limits/keys/a.ts': `import { b } from '../windows/b.ts';`,
      'server/src/platform/limits/windows/c.ts': `import { d } from '../keys/deep/d.ts';`,
    },
    said: 'server/src/platform/limits:1 has folders that import each other in a circle: keys, windows',
    fine: {
      'server/src/platform/limits/keys/a.ts': `import { b } from '../windows/b.ts'; import { e } from '../e.ts';`,
      'server/src/platform/limits/e.ts': `import { a } from './keys/a.ts';`,
      'server/src/platform/limits/windows/c.ts': `import type { D } from '../keys/deep/d.ts';`,
      'server/src/platform/limits/windows/c.test.ts': `import { d } from '../keys/deep/d.ts';`,
    },
  },
];

describe('each rule can fail', () => {
  test.each(BROKEN)('%s at %s: %s', (...[rule, path, broken, fine]) => {
    expect(objections(rule, [sourceFile(path, broken)])).not.toEqual([]);
    const named = rule === 'names' || path.includes('unheard-of');
    expect(objections(rule, [sourceFile(named ? 'server/src/app.ts' : path, fine)])).toEqual([]);
  });

  test.each(BROKEN_TOGETHER)('$rule where $what', ({ rule, broken, said, fine }) => {
    expect(objections(rule, filesOf(broken))).toEqual([said]);
    expect(objections(rule, filesOf(fine))).toEqual([]);
  });

  test('no rule is without an example', () => {
    const shown = [...BROKEN.map(([rule]) => rule), ...BROKEN_TOGETHER.map(({ rule }) => rule)];
    expect(ruleNames.filter((rule) => !shown.includes(rule))).toEqual([]);
  });
});

describe('every dependency has a line that says what it saves us', () => {
  const manifests = globSync(
    '{,{console,server,sandboxes,safety,sdk,site,testkit}/,products/*/}package.json',
    {
      cwd: ROOT,
    },
  ).map((path) => Manifest.parse(JSON.parse(readFileSync(join(ROOT, path), 'utf8'))));
  const documented = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');
  const installed = manifests
    .flatMap((one) => Object.values(one))
    .flatMap((packages) => Object.keys(packages))
    .filter((name) => !name.startsWith('@plinth/'));
  const lines = [...documented.matchAll(/^\| `([^`]+)` \| \S/gm)].map((line) => line[1]);

  test('none is missing', () => {
    expect(installed.filter((name) => !lines.includes(name))).toEqual([]);
  });

  test('none is listed that is gone', () => {
    expect(lines.filter((name) => name === undefined || !installed.includes(name))).toEqual([]);
  });
});
