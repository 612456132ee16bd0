import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Member } from '@plinth/testkit/factories';
import { type CommitCutter, startCommitCutter } from '@plinth/testkit/services/commit-cutter';
import type { Chance } from '../chance.ts';
import { type Link, openLink } from '../link.ts';
import type { Orders } from './messages.ts';

/** What every decision came to, by the start of the process that took it: a letter for each, in order. */
export type Verdicts = Map<string, string[]>;

/** A process that decides, over a link of its own; it is started again whenever it ends. */
export interface Decider {
  readonly name: string;
  readonly link: Link;
  /** Between the link and the database: it loses answers of commits. */
  readonly commits: CommitCutter;
  readonly defects: string[];
  readonly starts: number;
  /** Whether the process that runs now has decided anything yet: one that is killed while it starts does nothing but start. */
  readonly isAtWork: boolean;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export interface DeciderOptions {
  readonly urlFor: (name: string) => URL;
  readonly seed: string;
  readonly members: readonly Member[];
  readonly chance: Chance;
  readonly verdicts: Verdicts;
  readonly callers: number;
}

export async function openDecider(name: string, options: DeciderOptions): Promise<Decider> {
  const url = options.urlFor(name);
  const chance = options.chance.for(name);
  const commits = await startCommitCutter(url.href, () => chance.next());
  const link = await openLink(commits.port, chance);
  url.port = String(link.port);
  const defects: string[] = [];
  let isStopping = false;
  let starts = 0;
  let child: ChildProcess;
  let told: string[] = [];
  let over: Promise<void>;

  function start(): void {
    starts += 1;
    const { seed, members, callers } = options;
    const orders: Orders = { url: url.href, seed, name: `${name}.${starts}`, members, callers };
    const mine = spawn(process.execPath, [join(import.meta.dirname, 'decider.ts'), JSON.stringify(orders)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child = mine;
    const lines: string[] = [];
    told = lines;
    options.verdicts.set(orders.name, lines);
    let said = '';
    mine.stderr?.on('data', (data: Buffer) => {
      said += data.toString();
    });
    if (mine.stdout !== null) {
      createInterface({ input: mine.stdout }).on('line', (line) => void lines.push(line.split(' ')[1] ?? ''));
    }
    over = once(mine, 'close').then(([code]: unknown[]) => {
      if (code !== null && code !== 0 && lines.length > 0 && !said.includes('this process ends')) {
        defects.push(`${name}: ${said}`);
      }
      if (!isStopping) start();
    });
  }
  start();
  const end = () => void child.kill('SIGKILL');
  process.once('exit', end);
  return {
    name,
    link,
    commits,
    defects,
    signal: (signal) => void child.kill(signal),
    async stop() {
      isStopping = true;
      process.off('exit', end);
      end();
      await over;
      await Promise.all([link.close(), commits.close()]);
    },
    get starts() {
      return starts;
    },
    get isAtWork() {
      return told.length > 0;
    },
  };
}
