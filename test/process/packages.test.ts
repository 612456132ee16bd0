import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { ROOT } from '@plinth/testkit/house/source';
import { endAll, startProgram } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'plinth-packages-'));
afterEach(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Our dependencies that are loaded later, that build the program, and that have types alone. */
const LATER = [
  '@ai-sdk/openai-compatible',
  '@ai-sdk/provider',
  '@apple/app-store-server-library',
  '@aws-sdk/client-s3',
  '@aws-sdk/s3-request-presigner',
  '@expo-google-fonts/inter',
  '@googleapis/androidpublisher',
  '@modelcontextprotocol/server',
  '@napi-rs/canvas',
  '@node-rs/bcrypt',
  '@scalar/fastify-api-reference',
  '@sentry/core',
  '@simplewebauthn/server',
  '@tesseract.js-data/eng',
  '@zxcvbn-ts/language-common',
  'ai',
  'docx',
  'fflate',
  'fractional-indexing',
  'google-auth-library',
  'gpt-tokenizer',
  'htmlparser2',
  'ioredis',
  'mammoth',
  'nodemailer',
  'pdfjs-dist',
  'pdfmake',
  'rolldown',
  'stripe',
  'tesseract.js',
];

const LOADED = join(folder, 'loaded');
/** Writes down what is loaded, in the main thread and in others. */
const WRITING = `import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    appendFileSync(${JSON.stringify(LOADED)}, url + '\\n');
    return next(url, context);
  },
});`;

test('a server that nobody has called has loaded no package that only a later call asks for', async () => {
  const program = startProgram(['start'], {
    cwd: folder,
    environment: { PORT: '0' },
    flags: [`--import=data:text/javascript,${encodeURIComponent(WRITING)}`],
  });
  await program.url();
  program.kill('SIGTERM');
  expect(await program.ended, program.said()).toEqual({ code: 0, signal: null });
  const loaded = readFileSync(LOADED, 'utf8');
  const manifests = globSync(['server/package.json', 'products/*/package.json'], { cwd: ROOT });
  const packages = manifests.flatMap((path) => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    return Object.keys(dependencies).filter((name) => !name.startsWith('@plinth/'));
  });
  const isLoaded = (name: string) => loaded.includes(`/node_modules/${name}/`);
  expect([...new Set(packages)].filter((name) => !isLoaded(name)).toSorted()).toEqual(LATER);
});
