import { join } from 'node:path';
import { localOwner } from '#platform/owner';
import { OperatorError } from './operator-error.ts';
import { createCaller } from './server-caller.ts';
import { runningServer } from './server-file.ts';
import { printUsage, type Verb } from './verb.ts';

const USAGE = `Usage: plinth seed [url=http://127.0.0.1:6174] [key=pl_…]

Fills the workspace of a key with what the products of plinth.config.ts have to show (seed), at a server that runs: by itself the one of
this DATA_DIR, with the key of its owner.json. Rows that are there already stay as they are.
`;

/** `seed`: a demo workspace, by the calls that any client makes. */
export const seed: Verb = async ({ config, words }) => {
  const asked = readWords(words);
  if (asked.wrong !== undefined) return printUsage(asked.wrong, USAGE);
  const url = (asked.url ?? runningServer(config.dataDir) ?? config.baseUrl).replace(/\/+$/, '');
  const server = createCaller(url, asked.key ?? ownKey(config.dataDir));
  const { products } = await import('#products');
  for (const { seed: fill } of products.flatMap(({ parts }) => parts))
    await fill?.(server, (line) => void process.stdout.write(`${line}\n`));
  return 0;
};

function readWords(words: readonly string[]): {
  readonly url?: string;
  readonly key?: string;
  readonly wrong?: string;
} {
  const wrong = words.find((word) => !/^(url=https?:\/\/\S+|key=\S+)$/.test(word));
  if (wrong !== undefined) return { wrong };
  return Object.fromEntries(words.map((word) => [word.slice(0, 3), word.slice(4)]));
}

/** The key of the local owner. */
function ownKey(dataDir: string): string {
  const { api_key: key } = localOwner(dataDir);
  if (key !== undefined) return key;
  const path = join(dataDir, 'owner.json');
  throw new OperatorError(`There is no key in ${path}: start the server first, or name one (seed key=…).`);
}
