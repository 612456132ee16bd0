// Writes the console as files for Vercel into deploy/vercel/out: `npm ci` has built it into console/dist; here is its page. A page that is a
// file has no nonce of its own: styles are allowed by vercel.json instead.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const OUT = join(import.meta.dirname, 'out');
const BUILT = join(import.meta.dirname, '../../console/dist');
const { script, style, imports, files } = JSON.parse(readFileSync(join(BUILT, 'built.json'), 'utf8'));
const assets = join(OUT, 'app/assets');

rmSync(OUT, { recursive: true, force: true });
mkdirSync(assets, { recursive: true });
for (const name of Object.keys(files)) cpSync(join(BUILT, name), join(assets, name));
writeFileSync(
  join(OUT, 'index.html'),
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Plinth</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/app/assets/${style}">
${imports.map((name) => `<link rel="modulepreload" href="/app/assets/${name}">`).join('\n')}
<script type="module" src="/app/assets/${script}"></script>
</head>
<body><div id="console"></div></body>
</html>
`,
);
