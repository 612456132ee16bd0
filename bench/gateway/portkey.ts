import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@plinth/testkit/services/ports';
import { type Child, startChild } from './child.ts';

const PACKAGE = '@portkey-ai/gateway';
const VERSION = '1.15.2';
/** With a newer one, which its range lets in, it answers every streamed call with 500. */
const OVERRIDES = { '@hono/node-server': '1.3.3' };
/** Milliseconds that npm may take. */
const PATIENCE = 120_000;

export interface Portkey {
  readonly pid: number;
  readonly origin: string;
  stop(): Promise<void>;
}

/** Fetches it into a folder that is thrown away, and starts it; or says why that was not to be had. */
export async function startPortkey(): Promise<Portkey | string> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-portkey-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, overrides: OVERRIDES }));
    await install(folder);
    const port = await freePort();
    const file = join(folder, 'node_modules', PACKAGE, 'build/start-server.js');
    const child: Child = await startChild('portkey-process.ts', {
      words: [file, String(port)],
      environment: { NODE_ENV: 'production' },
    });
    return {
      pid: child.pid,
      origin: `http://127.0.0.1:${port}`,
      async stop() {
        await child.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    return `${PACKAGE} ${VERSION} could not be started: ${String(error).split('\n', 2).join(' ')}`;
  }
}

/** No script of a package is run: this one has none that it needs. */
async function install(folder: string): Promise<void> {
  const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${PACKAGE}@${VERSION}`];
  await promisify(execFile)('npm', words, { cwd: folder, timeout: PATIENCE });
}
