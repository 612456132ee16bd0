import { cpus } from 'node:os';
import type { Figures } from './figures.ts';

type Bench = (say: (line: string) => void, flags: readonly string[]) => Promise<Figures>;

/** Each bench's code is loaded when it is asked for. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  auth: async () => (await import('./auth.ts')).benchAuth,
  bodies: async () => (await import('./bodies.ts')).benchBodies,
  chat: async () => (await import('./chat.ts')).benchChat,
  console: async () => (await import('./console.ts')).benchConsole,
  doors: async () => (await import('./doors.ts')).benchDoors,
  enumeration: async () => (await import('./enumeration.ts')).benchEnumeration,
  fairness: async () => (await import('./fairness.ts')).benchFairness,
  gateway: async () => (await import('./gateway.ts')).benchGateway,
  inbox: async () => (await import('./inbox.ts')).benchInbox,
  library: async () => (await import('./library.ts')).benchLibrary,
  jobs: async () => (await import('./jobs.ts')).benchJobs,
  licences: async () => (await import('./licences.ts')).benchLicences,
  limits: async () => (await import('./limits.ts')).benchLimits,
  'login-flood': async () => (await import('./login-flood.ts')).benchLoginFlood,
  marketplace: async () => (await import('./marketplace.ts')).benchMarketplace,
  memory: async () => (await import('./memory.ts')).benchMemory,
  graph: async () => (await import('./graph.ts')).benchGraph,
  orbit: async () => (await import('./orbit.ts')).benchOrbit,
  'orbit-ai': async () => (await import('./orbit-ai.ts')).benchOrbitAi,
  safety: async () => (await import('./safety.ts')).benchSafety,
  scale: async () => (await import('./scale.ts')).benchScale,
  start: async () => (await import('./start.ts')).benchStart,
  packs: async () => (await import('./packs.ts')).benchPacks,
  'orbit-exports': async () => (await import('./orbit-exports.ts')).benchOrbitExports,
  reel: async () => (await import('./reel.ts')).benchReel,
  vault: async () => (await import('./vault.ts')).benchVault,
  'vector-stores': async () => (await import('./vector-stores.ts')).benchVectorStores,
  vectors: async () => (await import('./vectors.ts')).benchVectors,
  walk: async () => (await import('./walk.ts')).benchWalk,
};

const [name = '', ...flags] = process.argv.slice(2);
const load = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (load === undefined) {
  process.stderr.write(`Usage: npm run bench -- <${Object.keys(BENCHES).join('|')}> [--json]\n`);
  process.exit(2);
}
const asJson = flags.includes('--json');
const bench = await load();
const figures = await bench((line) => process.stderr.write(`${line}\n`), flags);
const machine = { cpus: cpus().length, cpu: cpus()[0]?.model ?? 'unknown', node: process.version };
process.stdout.write(
  `${asJson ? JSON.stringify({ bench: name, machine, ...figures }) : JSON.stringify(figures, null, 2)}\n`,
);
