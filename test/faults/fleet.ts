import { type Program, startProgram } from '@plinth/testkit/program';
import { type CommitCutter, startCommitCutter } from '@plinth/testkit/services/commit-cutter';
import type { Chance } from './chance.ts';
import type { DatabaseWay } from './services.ts';
import { type Link, openLink } from './link.ts';
import type { Outages } from './outages.ts';

/** What a process under test depends on, each over a link of its own. */
export interface Upstreams {
  /** For a process, which says by it which one it is. */
  databaseFor(member: string): DatabaseWay;
  readonly redis: URL | undefined;
  readonly provider: URL;
}

/** A process of the real program, and its links: it is started again whenever it ends, as a supervisor would. */
export interface Member {
  readonly name: string;
  readonly verb: 'serve' | 'worker';
  readonly database: Link;
  /** Between that link and the database: it loses answers of commits. */
  readonly commits: CommitCutter;
  readonly redis: Link | undefined;
  readonly provider: Link;
  /** Where callers reach it; a worker has no callers. */
  readonly front: Link;
  /** Sends a signal to the process that runs now. */
  signal(signal: NodeJS.Signals): void;
  /** Waits until it runs and says so. */
  ready(): Promise<void>;
  /** Ends it in good order, for good. */
  stop(): Promise<void>;
  /** What processes said that ended in a way that no supervisor expects: neither asked to, nor for their lease. */
  readonly defects: string[];
  /** The lines of its log that hold these words, of all the times it ran. */
  saidOf(words: string): string[];
  readonly starts: number;
}

export interface FleetOptions {
  readonly upstreams: Upstreams;
  readonly folder: string;
  readonly chance: Chance;
  /** Told of each time in which the process does not run. */
  readonly outages: Outages;
  /** Further settings of the process. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
}

export async function openMember(verb: Member['verb'], name: string, options: FleetOptions): Promise<Member> {
  const { upstreams, say, outages } = options;
  const chance = options.chance.for(name);
  const way = upstreams.databaseFor(name);
  const commits = await startCommitCutter(way.url.href, () => chance.next());
  const database = await openLink(commits.port, chance);
  const provider = await openLink(Number(upstreams.provider.port), chance);
  const redis =
    upstreams.redis === undefined ? undefined : await openLink(Number(upstreams.redis.port), chance);
  const front = await openLink(undefined, chance);
  const environment = {
    ...environmentOf({ ...upstreams, way }, { database, redis, provider }),
    ...options.settings,
  };
  const defects: string[] = [];
  let isStopping = false;
  /** Told to stop. A process told twice ends at once without a word, as it should. */
  let wasAsked = false;
  const programs: Program[] = [];
  let program: Program;
  let isUp: (() => void) | undefined;
  let ready: Promise<void>;
  let over: Promise<void>;

  function start(): void {
    wasAsked = false;
    isUp = outages.begin('process', name);
    const mine = startProgram([verb], { cwd: options.folder, environment });
    program = mine;
    programs.push(mine);
    ready = mine.url().then(
      (url) => {
        front.target = Number(new URL(url).port);
        isUp?.();
      },
      () => {},
    );
    over = mine.ended.then(({ code, signal }) => {
      front.target = undefined;
      isUp?.();
      if (isDefect({ said: mine.said(), code, wasAsked })) defects.push(`${name}: ${mine.said()}`);
      if (isStopping) return;
      say(`${name} ended (${signal ?? code}) and is started again`);
      start();
    });
  }
  start();
  return {
    name,
    verb,
    database,
    commits,
    redis,
    provider,
    front,
    defects,
    signal(signal) {
      wasAsked ||= signal === 'SIGTERM';
      program.kill(signal);
    },
    ready: async () => {
      // The one that is started next may be another than the one that was waited for.
      for (let seen = -1; seen !== programs.length; ) {
        seen = programs.length;
        await ready;
      }
    },
    async stop() {
      isStopping = true;
      program.kill('SIGCONT');
      program.kill('SIGTERM');
      await over;
      await Promise.all([database, redis, provider, front, commits].map(async (link) => link?.close()));
    },
    saidOf: (words) =>
      programs.flatMap((each) =>
        each
          .said()
          .split('\n')
          .filter((line) => line.includes(words)),
      ),
    get starts() {
      return programs.length;
    },
  };
}

function environmentOf(
  upstreams: Upstreams & { readonly way: DatabaseWay },
  links: Readonly<Record<'database' | 'provider', Link>> & { readonly redis: Link | undefined },
): Record<string, string> {
  const provider = {
    name: 'sandbox',
    base_url: urlThrough(upstreams.provider, links.provider),
    api_key: 'sk-sandbox',
    models: ['sandbox-small', 'sandbox-large', 'sandbox-reasoning'],
  };
  return {
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: 'error',
    ...upstreams.way.settings,
    DATABASE_URL: urlThrough(upstreams.way.url, links.database),
    ...(upstreams.redis === undefined || links.redis === undefined
      ? {}
      : { REDIS_URL: urlThrough(upstreams.redis, links.redis) }),
    // Its oracle reads as customers do what calls cost.
    SHOW_MODEL_COST: 'true',
    AI_UPSTREAMS: JSON.stringify([provider]),
    SHUTDOWN_GRACE_SECONDS: '5',
  };
}

function urlThrough(url: URL, link: Link): string {
  const way = new URL(url);
  way.port = String(link.port);
  return way.href;
}

interface End {
  readonly said: string;
  readonly code: number | null;
  readonly wasAsked: boolean;
}

/** A process that was killed says nothing, one that lost its lease says so, and one that can't begin comes again. */
function isDefect({ said, code, wasAsked }: End): boolean {
  if (/that nobody caught/.test(said)) return true;
  const hadBegun = / at http:/.test(said);
  return hadBegun && !wasAsked && code !== null && code !== 0 && !/this process ends/.test(said);
}
