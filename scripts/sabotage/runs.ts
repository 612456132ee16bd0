import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Outcome, reportSchema } from '../suite/outcomes.ts';
import type { Asked } from './runner.ts';

export type Engine = 'postgres' | 'pglite';

const LONGEST_RUN_MS = 300_000;

/** Runs of tests in a copy, one after the other, by a process that is kept between them (runner.ts). */
export interface Runs {
  /** Has the process begun, with the services of the copy as it is now. */
  ready(engine: Engine): Promise<void>;
  run(engine: Engine, asked: Asked): Promise<readonly Outcome[]>;
  /** Ends the process: the next run begins with another one. */
  renew(): void;
}

export function startRuns(folder: string): Runs {
  let kept:
    | { readonly engine: Engine; readonly runner: ChildProcess; readonly begun: Promise<unknown> }
    | undefined;

  function renew(): void {
    if (kept !== undefined) end(kept.runner);
    kept = undefined;
  }

  async function ready(engine: Engine): Promise<ChildProcess> {
    if (kept?.engine !== engine || kept.runner.exitCode !== null) {
      renew();
      const runner = start(folder, engine);
      kept = { engine, runner, begun: told(runner) };
    }
    const { runner, begun } = kept;
    await begun;
    return runner;
  }

  return {
    async ready(engine) {
      await ready(engine);
    },
    async run(engine, asked) {
      try {
        const runner = await ready(engine);
        const answered = told(runner);
        runner.send(asked);
        return reportSchema.parse(await answered).outcomes;
      } catch (error) {
        renew();
        throw error;
      }
    },
    renew,
  };
}

function start(folder: string, engine: Engine): ChildProcess {
  return fork(join(folder, 'scripts/sabotage/runner.ts'), {
    cwd: folder,
    // A group of its own, so that what its tests have started ends with it. Its PostgreSQL ends by itself.
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, TEST_POSTGRES: '', TEST_ENGINE: engine === 'pglite' ? 'pglite' : '' },
    serialization: 'advanced',
  });
}

/** The next message of a process; throws when it ends first, or takes too long. */
async function told(runner: ChildProcess): Promise<unknown> {
  const listening = new AbortController();
  const signal = AbortSignal.any([listening.signal, AbortSignal.timeout(LONGEST_RUN_MS)]);
  const said = once(runner, 'message', { signal });
  const ended = once(runner, 'exit', { signal }).then(([code]) => {
    throw new Error(`it ended with ${String(code)}`);
  });
  try {
    const [message]: unknown[] = await Promise.race([said, ended]);
    return message;
  } finally {
    listening.abort();
    // Whichever lost is told so, and nobody waits for it.
    await Promise.allSettled([said, ended]);
  }
}

function end(runner: ChildProcess): void {
  try {
    if (runner.pid !== undefined) process.kill(-runner.pid, 'SIGKILL');
  } catch {
    // It has ended by itself, with all of its group.
  }
}
