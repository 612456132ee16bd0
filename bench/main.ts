import { cpus } from 'node:os';
import type { Figures } from './figures.ts';
import { benchReel } from './reel.ts';

const BENCHES: Readonly<Record<string, (say: (line: string) => void) => Promise<Figures>>> = {
  reel: benchReel,
};

const [name = '', ...flags] = process.argv.slice(2);
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (bench === undefined) {
  process.stderr.write(`Usage: npm run bench -- <${Object.keys(BENCHES).join('|')}> [--json]\n`);
  process.exit(2);
}
const asJson = flags.includes('--json');
const figures = await bench((line) => process.stderr.write(`${line}\n`));
const machine = { cpus: cpus().length, cpu: cpus()[0]?.model ?? 'unknown', node: process.version };
process.stdout.write(
  `${asJson ? JSON.stringify({ bench: name, machine, ...figures }) : JSON.stringify(figures, null, 2)}\n`,
);
