import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type Config, nearestOf, readConfig, teamConfig } from '#platform/config';
import { abandonStore, beginStore } from './main/early-store.ts';
import { VERBS } from './main/verbs.ts';
import { quoteWord, type Verb } from './main/verb.ts';
import { sentenceOf } from './main/operator-error.ts';

const LAST_MOMENT = 2_000;
/** Files of this process are its user's alone, whichever module makes them. */
const OWNERS_ALONE = 0o077;

/** Verbs that need no product. */
const ANYWHERE = new Set(['mcp', 'health']);
/** Verbs that read no product's settings: they load no product, or load it later. */
const WITHOUT_PRODUCTS = new Set([...ANYWHERE, 'prepare', 'new']);

const USAGE = `Usage: plinth <verb>

  start           migrate, serve, and run jobs: everything in one process, on embedded defaults where nothing is set (start --sample: a sample shop beside it)
  serve           answer calls
  worker          run jobs
  migrate up      bring the database up to date
  migrate down    undo the newest migration (migrate down 3: the newest three)
  migrate status  say what migrate up would apply
  move            take everything from the embedded database to PostgreSQL (move --to postgres://…)
  backup          write a backup of the embedded database into a file, while a server runs or not (backup <file>)
  restore         put a backup into an empty data folder (restore <file>: see docs/backup.md)
  console         print a link that signs the local owner in, at a server that runs (not in production)
  admin invite    make a link by which somebody becomes a platform admin (admin list|revoke: see docs/identity.md)
  budget list     what model calls may cost the operator a day (budget set|close|open: change it)
  usage verify    compare the sums of the reports with the ledger's rows (--repair: put them right; bill=: a provider's bill)
  keys list       show the keys that sign and seal (keys rotate|reseal|new: change them)
  stripe sync     tell Stripe what is sold and where its messages go (stripe check|reconcile|replay: see docs/billing.md)
  plans push      put a plans file into effect at a server that runs (plans check|diff: see docs/plans-file.md)
  import users    take people from another system, with their hashed passwords (import subscriptions: what they bought; litellm: a proxy's settings)
  seed            fill a demo workspace of your products, at a server that runs (seed url=… key=…: another one)
  sample          fill a month of a sample shop beside a development server that runs, and print a link to it (sample remove)
  mcp             serve a product to an MCP client on standard input and output (see docs/memory.md)
  mail preview    write what each mail looks like into DATA_DIR/mail-preview (mail preview verify_email: that one)
  config          show the settings in effect, secrets hidden (config check [file]: look for faults in AI_CONFIG, AI_UPSTREAMS and the plans file)
  doctor          look at everything that the program stands on
  health          ask the server of these settings whether it is ready (health live: whether it answers at all)
  smoke           try a server as a customer of your products uses it (smoke https://api.example.com)
  prepare         build the program, and make the empty database that a first start copies (npm ci does both; a package has them)
  new product     write a product to begin with (new product <name>), into products/<name>
  generate        write the API's document and the client's types anew, in a checkout all of docs/generated

Settings are environment variables; a .env file in the working folder is read too. See docs/generated/config.md.
`;

async function main(called: readonly string[]): Promise<number> {
  // `npx plinth --sample`.
  const [name = '', ...words] = called[0] === '--sample' ? ['start', ...called] : called;
  if (['help', '--help', '-h'].includes(name)) {
    process.stdout.write(USAGE);
    return 0;
  }
  const version = versionOf();
  if (['version', '--version', '-v'].includes(name)) {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const load = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (load === undefined) {
    const nearest = nearestOf(name, Object.keys(VERBS));
    const meant = nearest === undefined ? '' : ` Do you mean "plinth ${nearest}"?`;
    process.stderr.write(
      name === '' ? USAGE : `There is no verb ${quoteWord(name)}.${meant}\n"plinth help" lists all.\n`,
    );
    return 2;
  }
  // npm runs it with an environment of its own (NODE_ENV=production at "npm ci --omit=dev"), and it needs no setting.
  // An MCP client starts `mcp` in a folder of its user's, whose settings are another program's.
  const variables = name === 'prepare' || name === 'mcp' ? {} : environment();
  const store = beginStore(name, words, variables);
  let config: Config;
  let verb: Verb;
  try {
    // A product that is loaded has declared its settings.
    if (!WITHOUT_PRODUCTS.has(name)) await import('#products');
    config = readConfig(variables);
    // Before anything is made in a folder that is no team's.
    if (!ANYWHERE.has(name)) teamConfig();
    verb = await load();
  } catch (error) {
    await abandonStore(store);
    throw error;
  }
  return verb({ config, version, words, store });
}

/** The environment goes before .env. */
function environment(): NodeJS.ProcessEnv {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

function versionOf(): string {
  const file = join(import.meta.dirname, '../../package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** An expected failure is said in its own sentence; only an unforeseen one has a stack. */
function say(error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
  process.stderr.write(`${sentenceOf(error) ?? stack}\n`);
}

// The reader of the output may stop (`plinth config | head`): that is no failure of ours.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
process.umask(OWNERS_ALONE);
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(error);
  process.exitCode = 1;
}
// Everything is closed by now, and the process ends by itself; if something was forgotten, it ends all the same.
setTimeout(() => process.exit(), LAST_MOMENT).unref();
